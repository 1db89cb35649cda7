/* Numbers that are given out in order, but appear in any: which of them are still missing.
 *
 * An event's id is taken before its transaction commits, so that 8 may be seen before 7. What is
 * missing is asked for again, for a while; an id of a transaction that failed never comes. */
#ifndef DUBAN_GAP_H
#define DUBAN_GAP_H

#include "duban/instant.h"

#include <stdbool.h>
#include <stddef.h>

#define GAPS_MOST 4096 /* further ones aren't waited for */

struct gap {
    int64_t id, since_us;
};

/* Zeroed but for `last`, which is the highest id that counts as seen. */
struct gaps {
    int64_t last;
    size_t count;
    struct gap missing[GAPS_MOST];
};

/* An id has appeared: true when it is new. Those between the last one and it are missing. */
bool gaps_seen(struct gaps *gaps, int64_t id, int64_t now_us);
/* Doesn't wait any longer for those that have been missing since before then. */
void gaps_forget(struct gaps *gaps, int64_t before_us);
/* Goes on from another place; nothing is missing. */
void gaps_skip(struct gaps *gaps, int64_t last);

#endif
