/* What somebody does with a case, as the JSON of a request tells it. */
#ifndef DUBAN_ACT_H
#define DUBAN_ACT_H

#include "duban/error.h"
#include "duban/instant.h"

#include <stddef.h>

#define ACT_TEXT_BYTES 2048

struct act {
    char clock[64];            /* "": all of the case */
    char note[ACT_TEXT_BYTES]; /* "" without one */
    char reason[ACT_TEXT_BYTES];
    wall_us until; /* WALL_NONE without one */
};

/* An object with these keys and no others, each text UTF-8 without control characters but for line
 * ends; an empty body is an empty object. The error names the key, and no value. */
bool act_read(struct act *act, const char *text, size_t length, struct error *error) MUST_USE;

#endif
