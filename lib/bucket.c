/* Token buckets by address. */
#include "duban/bucket.h"

#include "duban/hash.h"
#include "duban/mem.h"

#include <math.h>

void buckets_init(struct buckets *buckets, double rate, double burst)
{
    *buckets = (struct buckets){
        .rate = rate, .burst = burst, .all = mem_zero(BUCKETS, sizeof *buckets->all)};
}

void buckets_finish(struct buckets *buckets)
{
    free(buckets->all);
    buckets->all = NULL;
}

/* The address's own, or the one of its places that was used the longest ago, filled anew. */
static struct bucket *find(struct buckets *buckets, uint64_t key, int64_t now_us)
{
    struct bucket *set = &buckets->all[key % (BUCKETS / BUCKET_WAYS) * BUCKET_WAYS], *oldest = set;
    for (struct bucket *at = set; at < set + BUCKET_WAYS; at++) {
        if (at->key == key)
            return at;
        if (at->key == 0 || (oldest->key != 0 && at->at_us < oldest->at_us))
            oldest = at;
    }
    *oldest = (struct bucket){.key = key, .at_us = now_us, .tokens = buckets->burst};
    return oldest;
}

bool buckets_take(struct buckets *buckets, const char *address, int64_t now_us, int *wait_s)
{
    struct bucket *bucket = find(buckets, hash_text(hash_begin(), address) | 1, now_us);
    double passed_s = (double)(now_us - bucket->at_us) / 1e6;
    bucket->tokens = fmin(buckets->burst, bucket->tokens + passed_s * buckets->rate);
    bucket->at_us = now_us;
    if (bucket->tokens >= 1) {
        bucket->tokens -= 1;
        return true;
    }
    *wait_s = (int)ceil((1 - bucket->tokens) / buckets->rate);
    return false;
}
