/* A rate 频率: at most so many messages in any time of such a length, and several such limits side
 * by side. Pure: instants are any steady count of microseconds, the same for all calls. */
#ifndef DUBAN_RATE_H
#define DUBAN_RATE_H

#include "duban/instant.h"

#include <stdbool.h>
#include <stddef.h>

struct rate_limit {
    int64_t count; /* at most so many … */
    span_us span;  /* … in any such time */
};

#define RATE_LIMITS_MOST 4
#define RATE_COUNT_MOST  10000

struct rate_limits {
    size_t count; /* 0: none */
    struct rate_limit limits[RATE_LIMITS_MOST];
};

/* What each of `among` senders may do, so that together they keep the limits: a share of the
 * count, or, when there is less than one for each, one in so much longer a time. */
struct rate_limits rate_share(const struct rate_limits *limits, int64_t among);

/* When the last ones went, as many as the limits ask for. Zeroed: nothing went, no limits. */
struct rate {
    struct rate_limits limits;
    size_t size, used, next; /* of the ring */
    int64_t *went;
};

/* Changes the limits; what went stays known. */
void rate_set(struct rate *rate, const struct rate_limits *limits);
void rate_finish(struct rate *rate);

/* How many may go now; SIZE_MAX without limits. */
size_t rate_room(const struct rate *rate, int64_t now_us);
/* How long until one may go; 0: now. */
span_us rate_wait(const struct rate *rate, int64_t now_us);
/* One goes. */
void rate_take(struct rate *rate, int64_t now_us);
/* As many went at that instant as may go at all: for what another process may have sent. */
void rate_exhaust(struct rate *rate, int64_t at_us);

#endif
