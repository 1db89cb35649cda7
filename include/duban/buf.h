/* A growing run of bytes with a hard cap.
 *
 * A write that would pass the cap is refused whole and marks the buffer as overflowed; every
 * later write is refused too, so a caller may build everything and look once at the end.
 */
#ifndef DUBAN_BUF_H
#define DUBAN_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;      /* always NUL-terminated once anything was written; NULL before */
    size_t length;   /* bytes, without the NUL */
    size_t capacity; /* bytes allocated */
    size_t cap;      /* most bytes that may ever be held */
    bool overflowed; /* a write was refused */
};

void buf_init(struct buf *buf, size_t cap_bytes);
void buf_finish(struct buf *buf);

/* Empties it and forgets an overflow; keeps the memory. */
void buf_clear(struct buf *buf);

bool buf_add(struct buf *buf, const void *bytes, size_t length);
bool buf_text(struct buf *buf, const char *text);
bool buf_char(struct buf *buf, char c);
bool buf_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What it holds as a string, "" when empty. Owned by the buffer. */
const char *buf_string(const struct buf *buf);

/* Hands the string over to the caller (free()) and leaves the buffer empty; never NULL. */
char *buf_take(struct buf *buf);

#define AUTO_BUF __attribute__((cleanup(buf_finish))) struct buf

#endif
