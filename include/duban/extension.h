/* An extension 延期: more time, granted by an approver for a reason (行政许可法 42: ten working
 * days by the head of the organ, fifteen for joint handling by the head of the government). */
#ifndef DUBAN_EXTENSION_H
#define DUBAN_EXTENSION_H

#include "duban/error.h"
#include "duban/instant.h"
#include "duban/limit.h"

#include <stddef.h>

struct extension {
    char clock[24];    /* the clock it is for; "": each that takes extensions */
    struct limit more; /* in the unit of the limit that it extends */
    char approver[64]; /* "" when nobody is named */
    char reason[96];   /* "" when none is given */
    wall_us at;        /* when it was granted; WALL_NONE when that isn't known */
};

/* More than this in one case is a broken row. */
#define EXTENSIONS_MOST 8

/* Reads the source contract's JSON array of {"value", "unit", "approver", "reason", "at", "clock"};
 * all but value and unit may be null or missing. Texts are cut to fit between two characters. The
 * result is sorted by `at`, those without one first. Refused with a reason: not an array, unknown
 * keys, a value that is no whole number from 1 to LIMIT_VALUE_MOST, an unknown unit, an instant
 * that can't be read, more than EXTENSIONS_MOST, more than 64 KiB. `text` NULL, or of length 0, is
 * an empty list. */
bool extensions_parse(const char *text, size_t length, struct extension list[EXTENSIONS_MOST],
                      size_t *count, struct error *error) MUST_USE;

#endif
