/* One failure, told in a sentence.
 *
 * Convention of the whole code base: a function that can fail returns false (or NULL), fills
 * the `struct error *` that is its last parameter, and leaves its results untouched.
 */
#ifndef DUBAN_ERROR_H
#define DUBAN_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#define ERROR_TEXT_BYTES 512

struct error {
    char text[ERROR_TEXT_BYTES]; /* UTF-8, no trailing newline; cut if longer */
};

/* Writes the sentence and returns false, so that a caller can `return error_set(...)`.
 * `error` may be NULL: the caller doesn't want the sentence. */
bool error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "what: " before a sentence that is already there, and returns false. */
bool error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define MUST_USE __attribute__((warn_unused_result))

#endif
