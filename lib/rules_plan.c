/* Counting what other rules would do. */
#include "duban/rules_plan.h"

#include "duban/mem.h"

#include <string.h>

const int32_t plan_shift_least[PLAN_SHIFTS] = {INT32_MIN, -19, -9, -4, -2, -1, 0,
                                               0,         1,   2,  3,  5,  10, 20};

void rules_plan_init(struct rules_plan *plan, const struct config *config, wall_us now)
{
    *plan = (struct rules_plan){.config = config, .now = now};
}

void rules_plan_finish(struct rules_plan *plan)
{
    for (size_t i = 0; i < plan->largest_count; i++)
        free(plan->largest[i].case_no);
    for (size_t i = 0; i < plan->example_count; i++) {
        free(plan->examples[i].case_no);
        free(plan->examples[i].reason);
    }
    names_finish(&plan->levels);
    names_finish(&plan->departments);
    tally_finish(&plan->turns);
    free(plan->places);
    *plan = (struct rules_plan){0};
}

/* --- places and levels --- */

static struct plan_place *place_of(struct rules_plan *plan, const char *department)
{
    size_t number = names_number(&plan->departments, department);
    if (number >= plan->place_capacity) {
        size_t capacity = 2 * number + 16;
        plan->places = mem_grow(plan->places, capacity, sizeof *plan->places);
        memset(plan->places + plan->place_capacity, 0,
               (capacity - plan->place_capacity) * sizeof *plan->places);
        plan->place_capacity = capacity;
    }
    return &plan->places[number];
}

static uint64_t turn_key(size_t from, size_t to)
{
    return ((uint64_t)from << 32 | to) + 1;
}

int64_t rules_plan_turn(const struct rules_plan *plan, size_t from, size_t to)
{
    return tally_of(&plan->turns, turn_key(from, to));
}

/* One case's clock while it is looked at. */
struct look {
    struct rules_plan *plan;
    struct plan_place *place;
    const struct facts *facts;
    const struct config_clock *config;
    const struct plan_clock *stored; /* NULL: there is none */
    const struct case_clock *fresh;
};

static void count_turn(const struct look *look, const char *from, const char *to)
{
    size_t old = names_number(&look->plan->levels, from);
    size_t new = names_number(&look->plan->levels, to);
    ++*tally_at(&look->plan->turns, turn_key(old, new));
}

static void count_raised(const struct look *look)
{
    look->plan->raised++;
    look->place->raised++;
}

static void count_cleared(const struct look *look)
{
    look->plan->cleared++;
    look->place->cleared++;
}

/* --- due instants --- */

/* Working days from one due instant to the other; days where the calendar doesn't reach. */
static int32_t workdays_between(const struct calendar *calendar, wall_us from, wall_us to)
{
    day_number first = zone_day(calendar_zone(calendar), from);
    day_number last = zone_day(calendar_zone(calendar), to);
    int32_t workdays;
    return calendar_workdays_between(calendar, first, last, &workdays, NULL) ? workdays
                                                                             : last - first;
}

static size_t shift_of(int32_t workdays, bool later)
{
    size_t shift = PLAN_SHIFTS - 1;
    if (workdays == 0)
        return later ? PLAN_SHIFT_LATER : PLAN_SHIFT_EARLIER;
    while (plan_shift_least[shift] > workdays)
        shift--;
    return shift;
}

static span_us length_of(const struct plan_shift *shift)
{
    span_us length = shift->new_due - shift->old_due;
    return length < 0 ? -length : length;
}

static void keep_largest(struct rules_plan *plan, const char *case_no,
                         const struct plan_shift *shift)
{
    size_t at = plan->largest_count;
    if (at == PLAN_LARGEST && length_of(&plan->largest[at - 1]) >= length_of(shift))
        return;
    if (at == PLAN_LARGEST)
        free(plan->largest[--at].case_no);
    else
        plan->largest_count++;
    for (; at > 0 && length_of(&plan->largest[at - 1]) < length_of(shift); at--)
        plan->largest[at] = plan->largest[at - 1];
    plan->largest[at] = *shift;
    plan->largest[at].case_no = mem_text(case_no);
}

static void count_shift(const struct look *look)
{
    struct rules_plan *plan = look->plan;
    wall_us old_due = look->stored->due_at, new_due = look->fresh->state.due_at;
    bool later = new_due > old_due;
    const struct plan_shift shift = {
        .clock = look->config->name,
        .department = names_number(&plan->departments, look->facts->department_code),
        .old_due = old_due,
        .new_due = new_due,
        .workdays = workdays_between(look->fresh->rule.calendar, old_due, new_due),
    };
    plan->earlier += !later;
    plan->later += later;
    look->place->earlier += !later;
    look->place->later += later;
    plan->shifts[shift_of(shift.workdays, later)]++;
    keep_largest(plan, look->facts->case_no, &shift);
}

/* --- one clock --- */

static const char *fresh_level(const struct look *look)
{
    return case_clock_level(look->fresh, look->fresh->state.rank);
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)) != NULL; at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* A level that is another: told, unless the clock stands still or it was told before. */
static void count_level(const struct look *look)
{
    const struct case_clock *fresh = look->fresh;
    size_t old = policy_rank(fresh->rule.policy, look->stored->level);
    bool was_normal = strcmp(look->stored->level, "normal") == 0;
    bool lost = !was_normal && old == 0;
    count_turn(look, look->stored->level, fresh_level(look));
    if (lost || fresh->state.rank < old)
        count_cleared(look);
    if (fresh->state.rank > old && fresh->condition == CLOCK_RUNNING &&
        !has_word(look->stored->told, fresh_level(look)))
        count_raised(look);
}

static void count_added(const struct look *look)
{
    const struct case_clock *fresh = look->fresh;
    if (fresh->condition == CLOCK_STOPPED)
        return;
    look->plan->added++;
    look->place->added++;
    count_turn(look, "", fresh_level(look));
    if (fresh->state.rank > 0 && fresh->condition == CLOCK_RUNNING)
        count_raised(look);
}

static void count_stopped(const struct look *look)
{
    look->plan->frozen++;
    if (look->fresh->condition == CLOCK_STOPPED)
        return;
    look->plan->reopened++;
    if (look->fresh->state.rank > 0 && look->fresh->condition == CLOCK_RUNNING)
        count_raised(look);
}

/* Both are open, on the same facts. */
static void compare(const struct look *look)
{
    struct rules_plan *plan = look->plan;
    const struct plan_clock *stored = look->stored;
    const struct case_clock *fresh = look->fresh;
    bool was_running = stored->state == PLAN_RUNNING, runs = fresh->condition == CLOCK_RUNNING;
    bool moves = runs && stored->due_at != fresh->state.due_at;
    bool turns = strcmp(stored->level, fresh_level(look)) != 0;
    plan->clocks++;
    look->place->clocks++;
    plan->same += was_running == runs && !moves && !turns;
    plan->stops += was_running && !runs;
    plan->resumes += !was_running && runs;
    if (moves)
        count_shift(look);
    if (turns)
        count_level(look);
    else if (!was_running && runs && fresh->state.rank > 0)
        count_raised(look); /* as ever when a clock goes on */
}

static void count_clock(const struct look *look)
{
    const struct plan_clock *stored = look->stored;
    if (stored == NULL || stored->state == PLAN_GONE)
        count_added(look);
    else if (stored->state == PLAN_STOPPED)
        count_stopped(look);
    else if (!stored->settled ||
             (stored->has_rules && stored->basis_hash != look->fresh->basis_hash))
        look->plan->changed++;
    else if (look->fresh->condition == CLOCK_STOPPED)
        look->plan->ends++;
    else
        compare(look);
}

/* A stored clock that the case doesn't have by the new rules. */
static void count_dropped(const struct look *look)
{
    if (look->stored->state != PLAN_RUNNING && look->stored->state != PLAN_SUSPENDED)
        return;
    look->plan->dropped++;
    look->place->dropped++;
    count_turn(look, look->stored->level, "");
    if (strcmp(look->stored->level, "normal") != 0)
        count_cleared(look);
}

/* --- one case --- */

static void note_unusable(struct rules_plan *plan, const char *case_no, const char *reason,
                          bool was_bad)
{
    plan->unusable++;
    plan->newly_unusable += !was_bad;
    if (was_bad || plan->example_count == PLAN_EXAMPLES)
        return;
    plan->examples[plan->example_count++] =
        (struct plan_example){mem_text(case_no), mem_text(reason)};
}

void rules_plan_bad(struct rules_plan *plan, const char *case_no, const char *reason, bool was_bad)
{
    plan->cases++;
    note_unusable(plan, case_no, reason, was_bad);
}

static const struct plan_clock *stored_named(const struct plan_clock *stored, size_t count,
                                             const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(stored[i].clock, name) == 0)
            return &stored[i];
    return NULL;
}

/* All clocks of a case can be computed, or it is set aside. */
static bool replay(const struct rules_plan *plan, const struct facts *facts,
                   struct case_clock *clocks, struct error *error)
{
    for (size_t i = 0; i < plan->config->clock_count; i++)
        if (!case_clock_replay(&plan->config->clocks[i], facts, plan->now, &clocks[i], error))
            return false;
    return true;
}

static void count_case(struct rules_plan *plan, const struct facts *facts,
                       const struct case_clock *clocks, const struct plan_clock *stored,
                       size_t count)
{
    struct look look = {.plan = plan, .facts = facts};
    look.place = place_of(plan, facts->department_code);
    for (size_t i = 0; i < plan->config->clock_count; i++) {
        look.config = &plan->config->clocks[i];
        look.fresh = &clocks[i];
        look.stored = stored_named(stored, count, look.config->name);
        if (look.fresh->condition != CLOCK_ABSENT)
            count_clock(&look);
        else if (look.stored)
            count_dropped(&look);
    }
    for (size_t i = 0; i < count; i++) {
        look.stored = &stored[i];
        if (config_clock_named(plan->config, stored[i].clock) == NULL)
            count_dropped(&look);
    }
}

void rules_plan_case(struct rules_plan *plan, const struct facts *facts,
                     const struct plan_clock *stored, size_t count, bool was_bad)
{
    struct error error;
    AUTO_FREE struct case_clock *clocks = mem_zero(plan->config->clock_count, sizeof *clocks);
    if (!replay(plan, facts, clocks, &error)) {
        rules_plan_bad(plan, facts->case_no, error.text, was_bad);
        return;
    }
    plan->cases++;
    plan->mended += was_bad;
    count_case(plan, facts, clocks, stored, count);
}
