/* How long to wait before trying again. */
#ifndef DUBAN_BACKOFF_H
#define DUBAN_BACKOFF_H

#include "duban/instant.h"

#include <stdint.h>

enum backoff_jitter {
    BACKOFF_FULL,  /* anywhere from 0 to the whole span: spreads a crowd best */
    BACKOFF_EQUAL, /* half the span and anywhere up to its whole: never at once */
};

/* The wait after failed attempt `attempt` (from 1): `first`, doubled with each further attempt,
 * at most `most`, with jitter. `random` is uniform over all 64 bits; the caller owns the source
 * of chance, so that the answer can be tested. `first` and `most` are not negative. */
span_us backoff_span(span_us first, span_us most, int32_t attempt, enum backoff_jitter jitter,
                     uint64_t random);

#endif
