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
    /* stopped_at is WALL_NONE unless CLOCK_STOPPED; never before started_at, whatever the facts. */
    wall_us started_at, stopped_at;
    const char *ending;   /* CLOCK_STOPPED: the event's kind: completed, returned, withdrawn, met */
    bool told_elsewhere;  /* the case has ended, which a clock before it in the file tells */
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

/* What became of a suspension of the case for one clock. */
enum suspension_use {
    SUSPENSION_COUNTS,     /* it stops the clock, whole or up to the longest allowed */
    SUSPENSION_BEGAN_ANEW, /* when it was over the clock began anew */
    SUSPENSION_RUNS_ON,    /* its reason is ignored */
    SUSPENSION_ELSEWHERE,  /* the clock isn't stopped by its reason */
};

/* "counts", "began_anew", "runs_on", "elsewhere". */
const char *suspension_use_word(enum suspension_use use);

/* How a clock came to its start and its pauses, for people. */
struct case_account {
    wall_us point_at; /* what starts it by its rule; WALL_NONE when it began without that */
    bool is_deemed;   /* it began with the reception: accepted by law */
    bool is_reopened; /* it began with the reopening of the case */
    enum suspension_use uses[SUSPENSIONS_MOST];  /* of the facts' suspensions */
    struct suspension counted[SUSPENSIONS_MOST]; /* those that stop it since it began (anew), as
                                                     they count: up to the longest allowed */
    size_t counted_count;
};

/* Of a clock that the case has and that has begun; false as case_clock_replay. */
bool case_clock_account(const struct config_clock *config, const struct facts *facts, wall_us now,
                        struct case_account *account, struct error *error) MUST_USE;

/* The name of a rank: "normal", or the level's; and its place among all levels, 0 for "normal". */
const char *case_clock_level(const struct case_clock *clock, size_t rank);
int case_clock_severity(const struct case_clock *clock, size_t rank);

#endif
