/* Forms and queries: a=b&c=d, as browsers send them. */
#ifndef DUBAN_FORM_H
#define DUBAN_FORM_H

#include "duban/error.h"

#include <stddef.h>

#define FORM_FIELDS_MOST 32

struct form_field {
    char *name, *value; /* decoded: UTF-8 without control characters */
};

struct form {
    size_t count;
    struct form_field fields[FORM_FIELDS_MOST];
};

/* Refused: more fields, a name twice, text that isn't UTF-8 or has control characters. Finish it
 * in any case. */
bool form_read(struct form *form, const char *text, size_t length, struct error *error) MUST_USE;
void form_finish(struct form *form);

/* "" counts as missing: NULL. */
const char *form_value(const struct form *form, const char *name);

#define AUTO_FORM __attribute__((cleanup(form_finish))) struct form

#endif
