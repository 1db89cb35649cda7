/* Which ids are still missing, in their order. */
#include "duban/gap.h"

#include <string.h>

static bool found_late(struct gaps *gaps, int64_t id)
{
    for (size_t i = 0; i < gaps->count; i++) {
        if (gaps->missing[i].id != id)
            continue;
        gaps->count--;
        memmove(&gaps->missing[i], &gaps->missing[i + 1],
                (gaps->count - i) * sizeof *gaps->missing);
        return true;
    }
    return false;
}

bool gaps_seen(struct gaps *gaps, int64_t id, int64_t now_us)
{
    if (id <= gaps->last)
        return found_late(gaps, id);
    int64_t first = gaps->last + 1;
    if (id - first > GAPS_MOST)
        first = id - GAPS_MOST;
    for (; first < id && gaps->count < GAPS_MOST; first++)
        gaps->missing[gaps->count++] = (struct gap){first, now_us};
    gaps->last = id;
    return true;
}

void gaps_forget(struct gaps *gaps, int64_t before_us)
{
    size_t old = 0;
    while (old < gaps->count && gaps->missing[old].since_us < before_us)
        old++;
    gaps->count -= old;
    memmove(gaps->missing, gaps->missing + old, gaps->count * sizeof *gaps->missing);
}

void gaps_skip(struct gaps *gaps, int64_t last)
{
    gaps->last = last;
    gaps->count = 0;
}
