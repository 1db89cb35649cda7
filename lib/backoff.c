/* How long to wait before trying again. */
#include "duban/backoff.h"

/* Scales a number of 64 random bits to 0 … most, without modulo's bias. */
static span_us scale(uint64_t random, span_us most)
{
    __extension__ typedef unsigned __int128 wide;
    return (span_us)((wide)random * ((wide)most + 1) >> 64);
}

static span_us doubled(span_us first, span_us most, int32_t attempt)
{
    span_us span = first;
    while (--attempt > 0 && span < most && span > 0)
        span = span > most / 2 ? most : span * 2;
    return span < most ? span : most;
}

span_us backoff_span(span_us first, span_us most, int32_t attempt, enum backoff_jitter jitter,
                     uint64_t random)
{
    span_us whole = doubled(first, most, attempt);
    span_us sure = jitter == BACKOFF_EQUAL ? whole / 2 : 0;
    return sure + scale(random, whole - sure);
}
