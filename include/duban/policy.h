/* A policy: which levels a clock passes through, and when.
 *
 * Levels are ordered; rank 0 is "normal", the policy's first level has rank 1. A level holds
 * from its threshold instant on, until a higher one does. */
#ifndef DUBAN_POLICY_H
#define DUBAN_POLICY_H

#include <stddef.h>
#include <stdint.h>

#define LEVELS_MOST      8
#define LEVEL_NAME_BYTES 24

enum threshold_unit {
    THRESHOLD_WORKDAY,  /* working days of the calendar */
    THRESHOLD_WORKHOUR, /* open hours of the calendar */
    THRESHOLD_SHARE,    /* per cent of the limit's open time, from the start */
    THRESHOLD_START,    /* the start itself; the amount is 0 */
};

enum threshold_at {
    AT_EXACT,   /* the very instant */
    AT_OPENING, /* the opening of the working day on which the amount is left (or has passed) */
};

/* What happens with a warning whose threshold lies at or before the clock's start: the limit is
 * no longer than the warning time. */
enum threshold_short {
    SHORT_AT_START, /* it holds from the start (the first opening then, with AT_OPENING) */
    SHORT_LAST_DAY, /* it holds from the opening of the due day, if that is after the start */
    SHORT_NEVER,    /* the level is left out */
};

struct level {
    char name[LEVEL_NAME_BYTES]; /* "yellow", "red": also the kind of its event */
    enum threshold_unit unit;
    enum threshold_at at;
    enum threshold_short when_short;
    int32_t amount; /* working days or hours: before due when negative, 0 at due, after due when
                       positive; share: 1–100 per cent */
};

struct policy {
    char name[LEVEL_NAME_BYTES];
    size_t count;
    struct level levels[LEVELS_MOST]; /* in the order of their thresholds */
};

/* The rank of a level by its name; 0 when the policy doesn't know it. */
size_t policy_rank(const struct policy *policy, const char *level);

#endif
