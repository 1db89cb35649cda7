/* Rates: a ring of the instants at which the last ones went. A window of `count` in `span` is full
 * while the count-th last of them is younger than the span. */
#include "duban/rate.h"

#include "duban/mem.h"

#include <assert.h>
#include <string.h>

struct rate_limits rate_share(const struct rate_limits *limits, int64_t among)
{
    struct rate_limits share = *limits;
    for (size_t i = 0; among > 1 && i < share.count; i++) {
        struct rate_limit *limit = &share.limits[i];
        if (limit->count >= among) {
            limit->count /= among;
        } else {
            limit->span = (limit->span * among + limit->count - 1) / limit->count;
            limit->count = 1;
        }
    }
    return share;
}

/* The `back`-th last, from 1. */
static int64_t went(const struct rate *rate, size_t back)
{
    assert(rate->went); /* there are limits */
    return rate->went[(rate->next + rate->size - back) % rate->size];
}

static void remember(struct rate *rate, int64_t at_us)
{
    assert(rate->went);
    rate->went[rate->next] = at_us;
    rate->next = (rate->next + 1) % rate->size;
    if (rate->used < rate->size)
        rate->used++;
}

static size_t size_for(const struct rate_limits *limits)
{
    size_t size = 0;
    for (size_t i = 0; i < limits->count; i++)
        if (size < (size_t)limits->limits[i].count)
            size = (size_t)limits->limits[i].count;
    return size;
}

void rate_set(struct rate *rate, const struct rate_limits *limits)
{
    size_t size = size_for(limits);
    if (size != rate->size) {
        struct rate old = *rate;
        rate->size = size;
        rate->used = rate->next = 0;
        rate->went = size ? mem_zero(size, sizeof *rate->went) : NULL;
        for (size_t back = old.used < size ? old.used : size; back > 0; back--)
            remember(rate, went(&old, back));
        free(old.went);
    }
    rate->limits = *limits;
}

void rate_finish(struct rate *rate)
{
    free(rate->went);
    *rate = (struct rate){0};
}

/* How many of the last ones are younger than the span. They stand in the order of their instants,
 * so the first that isn't is found by halves. */
static size_t count_since(const struct rate *rate, span_us span, int64_t now_us)
{
    size_t low = 0, high = rate->used;
    while (low < high) {
        size_t middle = (low + high + 1) / 2;
        if (now_us - went(rate, middle) < span)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

size_t rate_room(const struct rate *rate, int64_t now_us)
{
    size_t room = SIZE_MAX;
    for (size_t i = 0; i < rate->limits.count; i++) {
        const struct rate_limit *limit = &rate->limits.limits[i];
        size_t used = count_since(rate, limit->span, now_us), count = (size_t)limit->count;
        size_t left = used < count ? count - used : 0;
        if (left < room)
            room = left;
    }
    return room;
}

span_us rate_wait(const struct rate *rate, int64_t now_us)
{
    span_us wait = 0;
    for (size_t i = 0; i < rate->limits.count; i++) {
        const struct rate_limit *limit = &rate->limits.limits[i];
        if (rate->used < (size_t)limit->count)
            continue;
        span_us left = went(rate, (size_t)limit->count) + limit->span - now_us;
        if (wait < left)
            wait = left;
    }
    return wait;
}

void rate_take(struct rate *rate, int64_t now_us)
{
    if (rate->size == 0)
        return;
    if (rate->used && now_us < went(rate, 1))
        now_us = went(rate, 1); /* a clock that was set back */
    remember(rate, now_us);
}

void rate_exhaust(struct rate *rate, int64_t at_us)
{
    for (size_t i = 0; i < rate->size; i++)
        rate_take(rate, at_us);
}
