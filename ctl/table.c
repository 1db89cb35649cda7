/* Cells, and how wide their columns are. */
#include "table.h"

#include "columns.h"

#include "duban/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#define CELL_BYTES_MOST 512
#define GAP             2

void table_init(struct table *table, size_t columns, size_t left)
{
    *table = (struct table){.columns = columns < TABLE_COLUMNS_MOST ? columns : TABLE_COLUMNS_MOST,
                            .left = left};
}

void table_finish(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct table){0};
}

void table_text(struct table *table, const char *text)
{
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? 2 * table->capacity : 64;
        table->cells = mem_grow(table->cells, table->capacity, sizeof *table->cells);
    }
    table->cells[table->count++] = mem_text(text);
}

void table_number(struct table *table, int64_t number)
{
    table_format(table, "%lld", (long long)number);
}

void table_format(struct table *table, const char *format, ...)
{
    char text[CELL_BYTES_MOST];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    table_text(table, text);
}

static void measure(const struct table *table, size_t widths[TABLE_COLUMNS_MOST])
{
    assert(table->columns > 0);
    for (size_t i = 0; i < table->columns; i++)
        widths[i] = 0;
    for (size_t i = 0; i < table->count; i++) {
        size_t width = columns_of(table->cells[i]);
        if (width > widths[i % table->columns])
            widths[i % table->columns] = width;
    }
}

static void add_spaces(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_char(out, ' ');
}

/* Spaces are only written before something. */
static void print_row(const struct table *table, char *const *cells, const size_t *widths,
                      struct buf *out)
{
    size_t owed = 0;
    for (size_t i = 0; i < table->columns; i++) {
        size_t space = widths[i] - columns_of(cells[i]);
        bool to_the_right = i >= table->left;
        if (cells[i][0]) {
            add_spaces(out, owed + (to_the_right ? space : 0));
            buf_text(out, cells[i]);
            owed = 0;
        }
        owed += GAP + (cells[i][0] && to_the_right ? 0 : space);
    }
    buf_char(out, '\n');
}

void table_print(const struct table *table, size_t indent, struct buf *out)
{
    size_t widths[TABLE_COLUMNS_MOST];
    measure(table, widths);
    for (size_t i = 0; i + table->columns <= table->count; i += table->columns) {
        add_spaces(out, indent);
        print_row(table, table->cells + i, widths, out);
    }
}
