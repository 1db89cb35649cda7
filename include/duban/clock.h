/* A clock 计时: one running deadline of one case, replayed from its facts.
 *
 * Nothing is incremented: whoever asks gives the facts and `now`, and gets the same answer
 * whether or not anybody asked before. A replay takes well under a microsecond.
 */
#ifndef DUBAN_CLOCK_H
#define DUBAN_CLOCK_H

#include "duban/calendar.h"
#include "duban/error.h"
#include "duban/instant.h"
#include "duban/limit.h"
#include "duban/policy.h"
#include "duban/suspension.h"

/* How a start on a day is counted (民法典 201: the day of the start isn't counted). */
enum start_mode {
    START_STRICTLY_AFTER, /* the n-th working day strictly after the start's date (default):
                             accepted on Saturday, one working day → Monday */
    START_ROLL_FORWARD,   /* a start on a rest day first moves to the next working day, which is
                             then the day not counted: → Tuesday */
};

/* When the last day of a limit in days ends. */
enum due_mode {
    DUE_CLOSING,    /* at its last closing time (民法典 203), default */
    DUE_END_OF_DAY, /* at midnight, 24:00 local time */
    DUE_SAME_TIME,  /* at the start's time of day */
};

/* How suspended time is given back to a limit in days. Limits in hours always use open time. */
enum suspension_mode {
    SUSPENSION_WORKDAYS,  /* whole working days touched by the suspension, its first day not
                             counted: suspended Monday, resumed Wednesday gives two */
    SUSPENSION_OPEN_TIME, /* the open time within it */
};

struct clock_rule {
    const struct calendar *calendar;
    const struct policy *policy;
    enum start_mode start_mode;
    enum due_mode due_mode;
    enum suspension_mode suspension_mode;
};

struct clock_facts {
    wall_us started_at;
    wall_us stopped_at; /* what ends the clock happened then; WALL_NONE while it runs */
    struct limit limit;
    const struct suspension *suspensions; /* sorted, not overlapping; those outside of
                                             started_at … stopped_at don't matter */
    size_t suspension_count;
};

struct clock_state {
    wall_us due_at; /* while suspended: the due instant if it were resumed now */
    bool suspended; /* stands still at `now` */
    size_t rank;    /* level reached at `now`, or before stopped_at: 0 normal, 1 … policy->count.
                       What is completed at the due instant is in time. While suspended: the one
                       reached when the suspension began */
    wall_us reached_at[LEVELS_MOST]; /* [i]: when levels[i] is reached, with the suspensions known
                                        so far; WALL_NONE if never */
    wall_us next_at;       /* the next instant after `now` at which the rank changes; WALL_NONE when
                              none is known: suspended, stopped, or at the highest level */
    int32_t workdays_left; /* working days in (today, due day]; negative when past: the working
                              days since, 0 on the due day itself */
    span_us open_left;     /* open time until due; negative when past */
};

/* Fails only when the answer needs a day beyond the calendar's ends (the error names calendar
 * and date) or a calendar that is never open. */
bool clock_replay(const struct clock_rule *rule, const struct clock_facts *facts, wall_us now,
                  struct clock_state *state, struct error *error) MUST_USE;

/* The due instant alone, without suspensions. */
bool clock_due(const struct clock_rule *rule, wall_us started_at, struct limit limit,
               wall_us *due_at, struct error *error) MUST_USE;

#endif
