/* Text in columns on a terminal, where a Chinese character takes two. */
#ifndef CTL_COLUMNS_H
#define CTL_COLUMNS_H

#include "duban/buf.h"

#include <stddef.h>

/* Columns that a text takes. */
size_t columns_of(const char *text);

/* Appends the text, and spaces until it has taken `columns`; a longer one gets one space. */
void add_padded(struct buf *out, const char *text, size_t columns);

#endif
