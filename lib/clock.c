/* Replaying a clock from its facts: it runs, stands still, runs again, and passes thresholds
 * while it runs. What was reached before a suspension stays reached. */
#include "duban/clock.h"

#include "clock_replay.h"

#define FOREVER INT64_MAX

/* The clock runs from `from` until `to`: which levels does it reach? */
static bool run_until(const struct replay *replay, wall_us from, wall_us to,
                      struct clock_state *state, struct error *error)
{
    for (size_t i = 0; i < replay->rule->policy->count; i++) {
        wall_us at;
        if (state->reached_at[i] != WALL_NONE)
            continue;
        if (!threshold_of(replay, i, &at, error))
            return false;
        if (at == WALL_NONE)
            continue;
        if (at < from)
            at = from;
        if (at <= to)
            state->reached_at[i] = at;
    }
    return true;
}

/* The clock stands still from `from` until `to`. Before due that moves due; after due it moves
 * the thresholds that count from due. */
static bool stand_still(struct replay *replay, wall_us from, wall_us to, struct error *error)
{
    const struct calendar *calendar = replay->rule->calendar;
    int64_t extra;
    if (from < replay->due.at)
        return due_measure(replay, from, to, &extra, error) && due_extend(replay, extra, error);
    day_number first, last;
    int32_t days;
    span_us open;
    if (!calendar_day_of(calendar, from, &first, error) ||
        !calendar_day_of(calendar, to, &last, error) ||
        !calendar_workdays_between(calendar, first, last, &days, error) ||
        !calendar_open_between(calendar, from, to, &open, error))
        return false;
    replay->late_days += days;
    replay->late_open += open;
    return true;
}

/* Goes through the suspensions in order. One without an end is taken to end at `now`, for the
 * due instant; the levels that come after it are not known. */
static bool go_along(struct replay *replay, const struct clock_facts *facts, wall_us now,
                     struct clock_state *state, struct error *error)
{
    bool stopped = facts->stopped_at != WALL_NONE;
    wall_us end = stopped ? facts->stopped_at : FOREVER;
    wall_us running_from = facts->started_at;
    for (size_t i = 0; i < facts->suspension_count; i++) {
        const struct suspension *suspension = &facts->suspensions[i];
        bool lasts = suspension->to == WALL_NONE;
        wall_us from = suspension->from > running_from ? suspension->from : running_from;
        wall_us to = lasts ? (now > from ? now : from) : suspension->to;
        if (from >= end)
            break;
        if (!lasts && to <= from)
            continue;
        if (to > end || (lasts && stopped))
            to = end;
        if (!run_until(replay, running_from, from, state, error) ||
            !stand_still(replay, from, to, error))
            return false;
        state->suspended |= !stopped && from <= now && (lasts || now < to);
        if (lasts)
            return true;
        running_from = to;
    }
    return run_until(replay, running_from, end, state, error);
}

/* The level at `at`, and the next one that is known. What ends at the very instant of a threshold
 * has not reached it: completed at closing of the last day is in time. */
static void set_rank(const struct policy *policy, wall_us at, bool stopped,
                     struct clock_state *state)
{
    wall_us last = stopped ? at - 1 : at;
    for (size_t i = 0; i < policy->count; i++)
        if (state->reached_at[i] != WALL_NONE && state->reached_at[i] <= last)
            state->rank = i + 1;
    if (stopped)
        return;
    for (size_t i = state->rank; i < policy->count; i++) {
        wall_us reached = state->reached_at[i];
        if (reached != WALL_NONE && (state->next_at == WALL_NONE || reached < state->next_at))
            state->next_at = reached;
    }
}

static bool set_remaining(const struct replay *replay, wall_us at, struct clock_state *state,
                          struct error *error)
{
    const struct calendar *calendar = replay->rule->calendar;
    day_number today;
    state->due_at = replay->due.at;
    return calendar_day_of(calendar, at, &today, error) &&
           calendar_workdays_between(calendar, today, replay->due.day, &state->workdays_left,
                                     error) &&
           calendar_open_between(calendar, at, replay->due.at, &state->open_left, error);
}

bool clock_replay(const struct clock_rule *rule, const struct clock_facts *facts, wall_us now,
                  struct clock_state *state, struct error *error)
{
    struct replay replay;
    struct clock_state result = {.next_at = WALL_NONE};
    bool stopped = facts->stopped_at != WALL_NONE;
    wall_us at = stopped && facts->stopped_at < now ? facts->stopped_at : now;
    for (size_t i = 0; i < LEVELS_MOST; i++)
        result.reached_at[i] = WALL_NONE;
    if (!due_begin(&replay, rule, facts->started_at, facts->limit, error) ||
        !thresholds_begin(&replay, error) || !go_along(&replay, facts, now, &result, error) ||
        !set_remaining(&replay, at, &result, error))
        return false;
    set_rank(rule->policy, at, stopped, &result);
    *state = result;
    return true;
}
