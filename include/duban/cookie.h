/* Cookies of a request. */
#ifndef DUBAN_COOKIE_H
#define DUBAN_COOKIE_H

#include <stdbool.h>
#include <stddef.h>

/* The value of the first cookie of that name in a Cookie header (NULL: none was sent) into `value`,
 * as it is. False when there is none, or it doesn't fit with its NUL. */
bool cookie_read(const char *header, const char *name, char *value, size_t room);

#endif
