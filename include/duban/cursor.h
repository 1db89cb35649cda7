/* Where a page of the board ended, as an opaque text in a URL. */
#ifndef DUBAN_CURSOR_H
#define DUBAN_CURSOR_H

#include "duban/buf.h"
#include "duban/error.h"
#include "duban/facts.h"
#include "duban/instant.h"

struct cursor {
    int64_t severity;
    wall_us due_at;
    char case_no[CASE_NO_BYTES_MOST + 1];
    char clock[64];
};

/* Appends it: letters, digits, - and _ only. */
void cursor_write(struct buf *out, const struct cursor *cursor);
/* Refuses all that cursor_write doesn't write. */
bool cursor_read(struct cursor *cursor, const char *text, struct error *error) MUST_USE;

#endif
