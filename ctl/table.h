/* Rows of text in columns as wide as what stands in them; numbers to the right. */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include "duban/buf.h"

#include <stddef.h>
#include <stdint.h>

#define TABLE_COLUMNS_MOST 24

struct table {
    size_t columns, left; /* the first `left` columns are aligned to the left */
    size_t count, capacity;
    char **cells; /* row by row; owned */
};

/* `columns` is cut to what a table may have. */
void table_init(struct table *table, size_t columns, size_t left);
void table_finish(struct table *table);

/* The next cell. What comes after the last column of a row begins the next one. */
void table_text(struct table *table, const char *text);
void table_number(struct table *table, int64_t number);
void table_format(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends the whole rows, each below `indent` spaces. */
void table_print(const struct table *table, size_t indent, struct buf *out);

#endif
