/* What a replay knows while it goes along; private to the clock*.c files. */
#ifndef DUBAN_CLOCK_REPLAY_H
#define DUBAN_CLOCK_REPLAY_H

#include "duban/clock.h"

struct due {
    wall_us at;
    day_number day; /* the day that `at` ends or lies in; for 24:00 the day before midnight */
};

struct replay {
    const struct clock_rule *rule;
    wall_us started_at;
    struct limit limit;
    day_number base;            /* limits in days: counted from here, itself not counted */
    int64_t extra;              /* suspended before due, as extra_of measures it */
    struct due due;             /* with `extra` */
    span_us length;             /* of the limit without suspensions: what shares are parts of */
    int32_t late_days;          /* suspended after due: working days, */
    span_us late_open;          /* and open time */
    bool is_short[LEVELS_MOST]; /* the limit is no longer than the warning time */
};

/* Fills in what doesn't change (base), and the due instant without suspensions. */
bool due_begin(struct replay *replay, const struct clock_rule *rule, wall_us started_at,
               struct limit limit, struct error *error) MUST_USE;

/* What the suspension [from, to) gives back to the limit, in the limit's own measure. */
bool due_measure(const struct replay *replay, wall_us from, wall_us to, int64_t *extra,
                 struct error *error) MUST_USE;

/* Adds to what was given back, and moves the due instant. */
bool due_extend(struct replay *replay, int64_t extra, struct error *error) MUST_USE;

/* Finds out what shares are parts of, and which levels' warnings are longer than the limit.
 * Called once, before any suspension. */
bool thresholds_begin(struct replay *replay, struct error *error) MUST_USE;

/* When a level's threshold lies, as things stand; WALL_NONE: never. It may lie before the start,
 * in which case the level holds from the start. */
bool threshold_of(const struct replay *replay, size_t index, wall_us *at,
                  struct error *error) MUST_USE;

#endif
