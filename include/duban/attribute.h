/* An attribute: one of a case's further facts, for the rules of the configuration (match.h). */
#ifndef DUBAN_ATTRIBUTE_H
#define DUBAN_ATTRIBUTE_H

#include "duban/error.h"

#include <stddef.h>

struct attribute {
    char name[32];
    char value[64]; /* as text: numbers as they are written, booleans as true and false */
};

/* More than this in one case is a broken row. */
#define ATTRIBUTES_MOST 16

/* Reads the source contract's JSON object of texts, numbers and booleans, in its order; what is
 * null is left out. Texts are cut to fit between two characters. Refused with a reason: not an
 * object, a value that is an object or an array, a name or a number that doesn't fit, more than
 * ATTRIBUTES_MOST, more than 64 KiB. `text` NULL, or of length 0, is an empty list. */
bool attributes_parse(const char *text, size_t length, struct attribute list[ATTRIBUTES_MOST],
                      size_t *count, struct error *error) MUST_USE;

#endif
