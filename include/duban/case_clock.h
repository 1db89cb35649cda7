/* One configured clock applied to one case's facts: whether the case has it, its rule, where it
 * stands, and how it ended. */
#ifndef DUBAN_CASE_CLOCK_H
#define DUBAN_CASE_CLOCK_H

#include "duban/case_limit.h"
#include "duban/clock.h"
#include "duban/config.h"
#include "duban/facts.h"

enum clock_condition {
    CLOCK_ABSENT, /* the case has no such clock, or it hasn't begun */
    CLOCK_RUNNING,
    CLOCK_SUSPENDED,
    CLOCK_STOPPED,
};

/* "running", "suspended", "stopped": duban.clock.state. */
const char *clock_condition_word(enum clock_condition condition);

struct case_clock {
    enum clock_condition condition;
    const struct config_terms *terms; /* those that count for the case */
    struct clock_rule rule;           /* of them */
    struct case_limit limit;
    struct clock_state state;
    wall_us started_at, stopped_at; /* stopped_at is WALL_NONE unless CLOCK_STOPPED */
    const char *ending;   /* CLOCK_STOPPED: the event's kind: completed, returned, withdrawn, met */
    int64_t hash;         /* of all that the above was made from, `now` excepted; never 0. Once the
                             clock has stopped the rules don't count any more: it stays as it was */
    int64_t basis_hash;   /* of the facts alone, so that a change of the rules can be told from one
                             of the facts */
    int64_t limit_hash;   /* of the milestone that starts it and of the limit that it counts by */
    bool beyond_calendar; /* on failure: an instant lies beyond the calendar's end */
};

/* False with a reason why the case can't be worked with: no limit, or a deadline beyond the
 * calendar. `clock->rule` and `beyond_calendar` are set all the same. */
bool case_clock_replay(const struct config_clock *config, const struct facts *facts, wall_us now,
                       struct case_clock *clock, struct error *error) MUST_USE;

/* The name of a rank: "normal", or the level's; and its place among all levels, 0 for "normal". */
const char *case_clock_level(const struct case_clock *clock, size_t rank);
int case_clock_severity(const struct case_clock *clock, size_t rank);

#endif
