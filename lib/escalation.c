/* The decision at the heart of duban: which events a clock's new state calls for. */
#include "duban/escalation.h"

#include <string.h>

static void add(struct escalation *result, const char *kind, wall_us at, size_t rank,
                const char *told)
{
    result->events[result->count++] =
        (struct escalation_event){.kind = kind, .at = at, .rank = rank, .told = told};
}

bool escalation_is_new_deadline(enum clock_condition old_condition, wall_us old_due,
                                enum clock_condition new_condition, wall_us new_due)
{
    switch (new_condition) {
    case CLOCK_RUNNING:
        return old_condition != CLOCK_RUNNING || old_due != new_due;
    case CLOCK_SUSPENDED:
        return old_condition == CLOCK_STOPPED;
    case CLOCK_ABSENT:
    case CLOCK_STOPPED:
        break;
    }
    return false;
}

/* Raises the levels above `from` up to the clock's own. */
static void raise_levels(const struct case_clock *clock, size_t from, const char *told_of_last,
                         wall_us now, struct escalation *result)
{
    size_t top = clock->state.rank;
    for (size_t rank = from + 1; rank <= top; rank++) {
        wall_us reached = clock->state.reached_at[rank - 1];
        if (reached == WALL_NONE) /* a level that this clock leaves out */
            continue;
        const struct config_level *about = &clock->terms->policy->levels[rank - 1];
        const char *told = rank < top ? "no: passed on the way to a higher level" : told_of_last;
        wall_us when = reached < now ? reached : now;
        add(result, clock->rule.policy->levels[rank - 1].name, when, rank, told);
        result->events[result->count - 1].points = about->points;
        if (about->proposes && strcmp(told, TOLD_YES) == 0)
            add(result, PROPOSAL_KIND, when, rank, told);
    }
}

/* The rank above which levels have not been raised yet under the clock's deadline. */
static size_t raised_rank(const struct clock_row *row, size_t rank)
{
    if (row->raised_version != row->deadline_version || row->rank == RANK_LOST)
        return 0;
    return row->rank < rank ? row->rank : rank;
}

struct clock_row escalation_row(const struct clock_row *stored, const char *level,
                                const struct policy *policy)
{
    struct clock_row row = *stored;
    size_t rank = policy_rank(policy, level);
    if (row.rank > 0)
        row.rank = rank > 0 ? rank : RANK_LOST;
    return row;
}

void escalation_decide(const struct clock_row *row, const struct case_clock *clock, wall_us now,
                       wall_us tell_after, struct escalation *result)
{
    size_t rank = clock->state.rank;
    size_t from = raised_rank(row, rank);
    *result = (struct escalation){.rank = rank, .next_at = WALL_NONE};
    if (clock->condition == CLOCK_STOPPED) {
        raise_levels(clock, from, "no: the case had ended", now, result);
        add(result, clock->ending, clock->stopped_at, rank,
            clock->told_elsewhere            ? "no: told by another clock"
            : clock->stopped_at < tell_after ? "no: too long ago"
                                             : TOLD_YES);
        return;
    }
    if (rank < row->rank)
        add(result, "cleared", now, rank, TOLD_YES);
    bool suspended = clock->condition == CLOCK_SUSPENDED;
    raise_levels(clock, from, suspended ? "no: the clock is suspended" : TOLD_YES, now, result);
    result->next_at = clock->state.next_at;
}

void escalation_drop(const struct clock_row *row, wall_us now, struct escalation *result)
{
    *result = (struct escalation){.next_at = WALL_NONE};
    if (row->rank > 0)
        add(result, "cleared", now, 0, TOLD_YES);
}
