/* Levels under two configurations, paired. */
#include "duban/simulation_changes.h"

#include "duban/mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const char *const level_change_words[LEVEL_CHANGES] = {
    [LEVEL_SAME] = "same",       [LEVEL_APPEARS] = "appears", [LEVEL_GOES] = "disappears",
    [LEVEL_EARLIER] = "earlier", [LEVEL_LATER] = "later",
};

static bool is_level(const struct history_event *event)
{
    return event->rank > 0 && strcmp(event->kind, event->level) == 0;
}

static bool is_same_level(const struct history_event *a, const struct history_event *b)
{
    return strcmp(a->kind, b->kind) == 0 && strcmp(a->clock->name, b->clock->name) == 0;
}

/* --- counting --- */

static struct level_changes *changes_of(struct simulation_changes *changes,
                                        const struct history_event *event)
{
    for (size_t i = 0; i < changes->count; i++)
        if (strcmp(changes->levels[i].level, event->kind) == 0 &&
            strcmp(changes->levels[i].clock, event->clock->name) == 0)
            return &changes->levels[i];
    if (changes->count == changes->capacity) {
        changes->capacity = changes->capacity ? 2 * changes->capacity : 16;
        changes->levels = mem_grow(changes->levels, changes->capacity, sizeof *changes->levels);
    }
    changes->levels[changes->count] = (struct level_changes){
        .clock = event->clock->name, .level = event->kind, .severity = event->severity};
    return &changes->levels[changes->count++];
}

static uint64_t shift_of(const struct level_example *example)
{
    if (example->before == WALL_NONE || example->after == WALL_NONE)
        return 0;
    return (uint64_t)(example->before > example->after ? example->before - example->after
                                                       : example->after - example->before);
}

static bool goes_before(const struct level_example *a, const struct level_example *b)
{
    if (shift_of(a) != shift_of(b))
        return shift_of(a) > shift_of(b);
    int order = strcmp(a->case_no, b->case_no);
    if (order == 0)
        order = strcmp(a->clock, b->clock);
    if (order == 0)
        order = strcmp(a->level, b->level);
    return order ? order < 0 : a->before + a->after < b->before + b->after;
}

/* Keeps the example if it is among the greatest. */
static void keep_example(struct level_example *list, size_t *count,
                         const struct level_example *example)
{
    size_t place = *count;
    while (place > 0 && goes_before(example, &list[place - 1]))
        place--;
    if (place == EXAMPLES_MOST)
        return;
    if (*count == EXAMPLES_MOST)
        --*count;
    memmove(&list[place + 1], &list[place], (*count - place) * sizeof *list);
    list[place] = *example;
    ++*count;
}

static enum level_change change_of(const struct history_event *before,
                                   const struct history_event *after)
{
    if (before == NULL)
        return LEVEL_APPEARS;
    if (after == NULL)
        return LEVEL_GOES;
    if (before->at == after->at)
        return LEVEL_SAME;
    return after->at < before->at ? LEVEL_EARLIER : LEVEL_LATER;
}

/* Whether anything differs. */
static bool count_pair(struct simulation_changes *changes, const char *case_no,
                       const struct history_event *before, const struct history_event *after)
{
    const struct history_event *either = before ? before : after;
    enum level_change change = change_of(before, after);
    assert(either);
    changes_of(changes, either)->count[change]++;
    if (change == LEVEL_SAME)
        return false;
    struct level_example example = {.clock = either->clock->name,
                                    .level = either->kind,
                                    .before = before ? before->at : WALL_NONE,
                                    .after = after ? after->at : WALL_NONE};
    snprintf(example.case_no, sizeof example.case_no, "%s", case_no);
    keep_example(changes->examples[change], &changes->example_count[change], &example);
    return true;
}

/* --- pairing --- */

/* The turn-th event of a level in a list; NULL past the last. */
static const struct history_event *find_turn(const struct history_event *list, size_t count,
                                             const struct history_event *level, size_t turn)
{
    for (size_t i = 0; i < count; i++)
        if (is_level(&list[i]) && is_same_level(&list[i], level) && turn-- == 0)
            return &list[i];
    return NULL;
}

/* How often the level of list[index] came before. */
static size_t turn_of(const struct history_event *list, size_t index)
{
    size_t turn = 0;
    for (size_t i = 0; i < index; i++)
        turn += is_level(&list[i]) && is_same_level(&list[i], &list[index]);
    return turn;
}

void simulation_changes_add(struct simulation_changes *changes, const char *case_no,
                            const struct history_event *before, size_t before_count,
                            const struct history_event *after, size_t after_count)
{
    bool differs = false;
    for (size_t i = 0; i < before_count; i++)
        if (is_level(&before[i]))
            differs |= count_pair(changes, case_no, &before[i],
                                  find_turn(after, after_count, &before[i], turn_of(before, i)));
    for (size_t i = 0; i < after_count; i++)
        if (is_level(&after[i]) &&
            find_turn(before, before_count, &after[i], turn_of(after, i)) == NULL)
            differs |= count_pair(changes, case_no, NULL, &after[i]);
    changes->cases += differs;
}

static int by_clock(const void *left, const void *right)
{
    const struct level_changes *a = left, *b = right;
    int order = strcmp(a->clock, b->clock);
    if (order == 0)
        order = a->severity - b->severity;
    return order ? order : strcmp(a->level, b->level);
}

void simulation_changes_sort(struct simulation_changes *changes)
{
    if (changes->count > 0)
        qsort(changes->levels, changes->count, sizeof *changes->levels, by_clock);
}

void simulation_changes_finish(struct simulation_changes *changes)
{
    free(changes->levels);
    *changes = (struct simulation_changes){0};
}
