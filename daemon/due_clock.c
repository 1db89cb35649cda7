/* Due clocks: read, found by case, decided, written. */
#include "due_clock.h"

#include "duban/case_clock.h"
#include "duban/mem.h"

#include <string.h>

static int by_case(const void *left, const void *right)
{
    const struct due_clock *a = left, *b = right;
    return strcmp(a->case_no, b->case_no);
}

void due_clocks_read(struct due_clocks *clocks, const PGresult *result, const struct config *config)
{
    clocks->count = (size_t)PQntuples(result) - 1;
    clocks->items = mem_zero(clocks->count, sizeof *clocks->items);
    for (int row = 0; row < (int)clocks->count; row++) {
        const char *name = pg_text(result, row, 3);
        clocks->items[row] = (struct due_clock){
            .case_no = mem_text(pg_text(result, row, 2)),
            .name = mem_text(name),
            .config = config_clock_named(config, name),
            .row = {.rank = (size_t)pg_int(result, row, 4),
                    .deadline_version = (int32_t)pg_int(result, row, 5),
                    .raised_version = (int32_t)pg_int(result, row, 6)},
            .hash = pg_int(result, row, 7),
            .stored_level = mem_text(pg_text(result, row, 8)),
        };
    }
    qsort(clocks->items, clocks->count, sizeof *clocks->items, by_case);
}

void due_clocks_finish(struct due_clocks *clocks)
{
    for (size_t i = 0; i < clocks->count; i++) {
        free(clocks->items[i].case_no);
        free(clocks->items[i].name);
        free(clocks->items[i].stored_level);
    }
    free(clocks->items);
    *clocks = (struct due_clocks){0};
}

struct due_slice due_clocks_slice(const struct due_clocks *clocks, size_t from, size_t most)
{
    size_t end = clocks->count - from > most ? from + most : clocks->count;
    while (end < clocks->count && by_case(&clocks->items[end - 1], &clocks->items[end]) == 0)
        end++;
    return (struct due_slice){clocks->items + from, clocks->items + end};
}

struct due_slice due_slice_of_case(struct due_slice slice, const char *case_no)
{
    struct due_clock *low = slice.begin, *high = slice.end;
    while (low < high) {
        struct due_clock *middle = low + (high - low) / 2;
        if (strcmp(middle->case_no, case_no) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < slice.end && strcmp(high->case_no, case_no) == 0; high++)
        high->seen = true;
    return (struct due_slice){low, high};
}

/* The case doesn't have this clock any more: intake has said so, else it is told first. */
static bool drop(struct due_clock *due, wall_us now)
{
    if (due->hash != 0)
        return false;
    escalation_drop(&due->row, now, &due->escalation);
    due->level = "normal";
    due->severity = 0;
    return true;
}

static bool decide(struct due_clock *due, const struct facts *facts, wall_us now,
                   wall_us tell_after)
{
    struct case_clock clock = {.condition = CLOCK_ABSENT};
    if (due->config && !case_clock_replay(due->config, facts, now, &clock, NULL))
        return false;
    if (clock.condition == CLOCK_ABSENT)
        return drop(due, now);
    if (clock.hash != due->hash)
        return false;
    const struct clock_row row = escalation_row(&due->row, due->stored_level, clock.rule.policy);
    escalation_decide(&row, &clock, now, tell_after, &due->escalation);
    due->level = case_clock_level(&clock, clock.state.rank);
    due->severity = case_clock_severity(&clock, clock.state.rank);
    return true;
}

bool due_slice_decide(struct due_slice of_case, const struct facts *facts, wall_us now,
                      wall_us tell_after)
{
    for (struct due_clock *due = of_case.begin; due < of_case.end; due++) {
        due->decided = decide(due, facts, now, tell_after);
        if (!due->decided)
            return false;
    }
    return true;
}

bool due_slice_has_events(struct due_slice of_case)
{
    for (const struct due_clock *due = of_case.begin; due < of_case.end; due++)
        if (due->escalation.count > 0)
            return true;
    return false;
}

size_t due_slice_add_cases(struct due_slice slice, bool unseen, struct pg_params *params)
{
    size_t count = 0;
    pg_array_begin(params, PG_TEXT);
    for (const struct due_clock *due = slice.begin; due < slice.end; due++) {
        if ((unseen && due->seen) || (due > slice.begin && by_case(due, due - 1) == 0))
            continue;
        pg_array_text(params, due->case_no);
        count++;
    }
    pg_array_end(params);
    return count;
}

static void add_clocks(struct due_slice slice, struct pg_params *params)
{
    const struct due_clock *due;
#define ARRAY(type, add, value)                                                                    \
    pg_array_begin(params, type);                                                                  \
    for (due = slice.begin; due < slice.end; due++)                                                \
        if (due->decided)                                                                          \
            add(params, value);                                                                    \
    pg_array_end(params)
    ARRAY(PG_TEXT, pg_array_text, due->case_no);
    ARRAY(PG_TEXT, pg_array_text, due->name);
    ARRAY(PG_INT8, pg_array_int, due->hash);
    ARRAY(PG_INT8, pg_array_int, (int64_t)due->row.rank);
    ARRAY(PG_INT8, pg_array_int, due->row.deadline_version);
    ARRAY(PG_INT8, pg_array_int, (int64_t)due->escalation.rank);
    ARRAY(PG_TEXT, pg_array_text, due->level);
    ARRAY(PG_INT8, pg_array_int, due->severity);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, due->escalation.next_at);
#undef ARRAY
}

/* The name of the level that holds after an event. */
static const char *event_level(const struct due_clock *due, const struct escalation_event *event)
{
    if (event->rank == 0)
        return "normal";
    return event->rank == due->escalation.rank ? due->level : event->kind;
}

static void add_events(struct due_slice slice, struct pg_params *params)
{
    const struct due_clock *due;
    const struct escalation_event *event;
    int64_t row;
#define ARRAY(type, add, value)                                                                    \
    pg_array_begin(params, type);                                                                  \
    for (due = slice.begin, row = 0; due < slice.end; due++) {                                     \
        row += due->decided;                                                                       \
        for (event = due->escalation.events;                                                       \
             due->decided && event < due->escalation.events + due->escalation.count; event++)      \
            add(params, value);                                                                    \
    }                                                                                              \
    pg_array_end(params)
    ARRAY(PG_INT8, pg_array_int, row);
    ARRAY(PG_TEXT, pg_array_text, event->kind);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, event->at);
    ARRAY(PG_INT8, pg_array_int, (int64_t)event->rank);
    ARRAY(PG_TEXT, pg_array_text, event_level(due, event));
    ARRAY(PG_TEXT, pg_array_text, event->told);
    ARRAY(PG_INT8, pg_array_int, event->points);
#undef ARRAY
}

size_t due_slice_add_decisions(struct due_slice slice, struct pg_params *params)
{
    size_t count = 0;
    for (const struct due_clock *due = slice.begin; due < slice.end; due++)
        count += due->decided;
    add_clocks(slice, params);
    add_events(slice, params);
    return count;
}
