/* Telephone numbers that can receive a short message. */
#ifndef DUBAN_PHONE_H
#define DUBAN_PHONE_H

#include "duban/error.h"

#include <stdbool.h>

#define PHONE_BYTES 17 /* "+", 15 digits, NUL */

/* Reads a number as people write it, with spaces, hyphens or parentheses. A mainland mobile number,
 * also with +86, 86 or 0086, becomes its 11 digits; another country's becomes E.164
 * ("+85261234567"). Landlines, service numbers and fragments are refused; the error masks the
 * number. */
bool phone_read(const char *text, char phone[PHONE_BYTES], struct error *error) MUST_USE;

#endif
