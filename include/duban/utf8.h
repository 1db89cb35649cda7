/* UTF-8, character by character. */
#ifndef DUBAN_UTF8_H
#define DUBAN_UTF8_H

#include "duban/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT 0xFFFD

/* Whether the bytes are UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above
 * U+10FFFF. A NUL byte is a character like any other. */
bool utf8_is_valid(const char *bytes, size_t length);

/* Reads the character at `*text`, which is NUL-terminated, and moves past it; 0 at the end,
 * without moving. A byte that begins no character reads as U+FFFD and is one step, so that a
 * broken text can be walked like any other. */
uint32_t utf8_read(const char **text);

/* Characters of a NUL-terminated text. */
size_t utf8_length(const char *text);

/* Bytes of the first `characters` characters, or of the whole text if it is shorter. */
size_t utf8_prefix(const char *text, size_t characters);

/* The most bytes of `text`, `bytes_most` or less, that don't cut a character. */
size_t utf8_cut(const char *text, size_t bytes_most);

/* Appends the text with U+FFFD for what isn't UTF-8. */
void utf8_add(struct buf *out, const char *text);

#endif
