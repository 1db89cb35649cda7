/* Explanations as text: fields with their labels in one column, tables as wide as what is in them.
 */
#include "explain_text.h"

#include "columns.h"

#include "duban/mem.h"

#include <string.h>

#define COLUMNS_MOST  6
#define LABEL_COLUMNS 13
#define GAP_COLUMNS   2

struct row {
    char *cells[COLUMNS_MOST];
};

/* A table is printed when all of it is known. */
struct page {
    struct buf *out;
    size_t column_count, row_count, capacity;
    size_t widths[COLUMNS_MOST];
    struct row *rows; /* the first has the names of the columns */
};

/* Printed as one line, and no control of the terminal. */
static char *line_of(const char *text)
{
    char *line = mem_text(text);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == '\x7f')
            *c = ' ';
    return line;
}

static void add_line(struct buf *out, const char *text)
{
    AUTO_FREE char *line = line_of(text);
    buf_format(out, "%s\n", line);
}

static void on_title(void *context, const char *text, const char *subtitle)
{
    struct page *page = context;
    add_line(page->out, text);
    add_line(page->out, subtitle);
}

static void on_section(void *context, const char *class, const char *text)
{
    struct page *page = context;
    (void)class;
    buf_text(page->out, "\n■ ");
    add_line(page->out, text);
}

static void on_field(void *context, const char *label, const char *text)
{
    struct page *page = context;
    buf_text(page->out, "  ");
    add_padded(page->out, label, LABEL_COLUMNS);
    add_line(page->out, text);
}

static void add_row(struct page *page, const char *const *cells)
{
    if (page->row_count == page->capacity) {
        page->capacity = 2 * page->capacity + 16;
        page->rows = mem_grow(page->rows, page->capacity, sizeof *page->rows);
    }
    struct row *row = &page->rows[page->row_count++];
    for (size_t i = 0; i < page->column_count; i++) {
        row->cells[i] = line_of(cells[i]);
        size_t width = columns_of(row->cells[i]);
        if (page->widths[i] < width)
            page->widths[i] = width;
    }
}

static void on_table(void *context, const char *class, const char *caption, size_t column_count,
                     const char *const *columns)
{
    struct page *page = context;
    (void)class;
    buf_format(page->out, "\n  %s\n", caption);
    page->column_count = column_count < COLUMNS_MOST ? column_count : COLUMNS_MOST;
    page->row_count = 0;
    memset(page->widths, 0, sizeof page->widths);
    add_row(page, columns);
}

static void on_row(void *context, const char *class, const char *const *cells)
{
    (void)class;
    add_row(context, cells);
}

/* Nothing follows the last cell that has something in it. */
static void print_row(const struct page *page, const struct row *row)
{
    size_t count = page->column_count;
    while (count > 0 && *row->cells[count - 1] == '\0')
        count--;
    buf_text(page->out, "    ");
    for (size_t i = 0; i + 1 < count; i++)
        add_padded(page->out, row->cells[i], page->widths[i] + GAP_COLUMNS);
    if (count > 0)
        buf_text(page->out, row->cells[count - 1]);
    buf_char(page->out, '\n');
}

static void on_end_table(void *context)
{
    struct page *page = context;
    for (size_t r = 0; r < page->row_count; r++) {
        print_row(page, &page->rows[r]);
        for (size_t i = 0; i < page->column_count; i++)
            free(page->rows[r].cells[i]);
    }
    page->row_count = 0;
}

static void on_end(void *context)
{
    struct page *page = context;
    free(page->rows);
}

void explain_text(struct buf *out, const json_t *document, enum locale locale)
{
    static const struct explanation_writer writer = {
        .title = on_title,
        .section = on_section,
        .field = on_field,
        .table = on_table,
        .row = on_row,
        .end_table = on_end_table,
        .end = on_end,
    };
    struct page page = {.out = out};
    explanation_tell(document, locale, &writer, &page);
}
