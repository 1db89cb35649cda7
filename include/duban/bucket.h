/* Token buckets: how many requests each address may still make. A table of fixed size; when it is
 * full, the address that was heard the longest ago is forgotten. */
#ifndef DUBAN_BUCKET_H
#define DUBAN_BUCKET_H

#include "duban/instant.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUCKETS     4096 /* a power of two */
#define BUCKET_WAYS 8    /* places that an address may have */

struct bucket {
    uint64_t key;
    int64_t at_us; /* of its last request; any steady count */
    double tokens;
};

struct buckets {
    double rate, burst; /* tokens a second, and at most */
    struct bucket *all;
};

void buckets_init(struct buckets *buckets, double rate, double burst);
void buckets_finish(struct buckets *buckets);

/* Takes one token of the address; without one, false and in how many whole seconds there is. */
bool buckets_take(struct buckets *buckets, const char *address, int64_t now_us, int *wait_s);

#endif
