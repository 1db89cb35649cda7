/* A suspension 停表: an interval in which a clock stands still (行政许可法 45). */
#ifndef DUBAN_SUSPENSION_H
#define DUBAN_SUSPENSION_H

#include "duban/error.h"
#include "duban/instant.h"

#include <stddef.h>

struct suspension {
    char reason[32]; /* supplement, hearing, …: a word of the approval system */
    wall_us from;
    wall_us to; /* exclusive; WALL_NONE while it lasts */
};

/* More than this in one case is a broken row. */
#define SUSPENSIONS_MOST 64

/* Reads the source contract's JSON array of {"reason", "from", "to"}; `to` may be null or
 * missing, and so may `reason`, which is cut to fit. The result is sorted by `from`. Refused with
 * a reason: not an array, unknown keys, an instant that can't be read, an end before its begin,
 * intervals that overlap, an open one that isn't the last, more than SUSPENSIONS_MOST, more than
 * 64 KiB. `text` NULL, or of length 0, is an empty list. */
bool suspensions_parse(const char *text, size_t length, struct suspension list[SUSPENSIONS_MOST],
                       size_t *count, struct error *error) MUST_USE;

#endif
