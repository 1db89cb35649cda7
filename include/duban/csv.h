/* Comma-separated values as RFC 4180 has them, with the place of every field.
 *
 * Lines end with LF or CRLF; a quoted field may hold commas, line ends and doubled quotes. A byte
 * order mark at the begin is skipped, and so are lines without any text. Refused, rather than
 * guessed at: a quote inside an unquoted field, text after a closing quote, a quote that is never
 * closed, control characters, more than CSV_FIELDS_MOST fields in a line.
 *
 * The usual libraries (libcsv 3) tell no places and accept stray quotes, hence our own. */
#ifndef DUBAN_CSV_H
#define DUBAN_CSV_H

#include "duban/problem.h"

#define CSV_FIELDS_MOST 64

struct csv_field {
    const char *text;      /* points into the reader's text */
    unsigned line, column; /* of its first character or quote; columns count characters */
};

struct csv_row {
    size_t count;
    struct csv_field fields[CSV_FIELDS_MOST];
};

struct csv_reader {
    const char *file; /* for problems */
    char *at;         /* the text that isn't read yet; fields are unquoted in place */
    unsigned line, column;
};

/* `text` is NUL-terminated UTF-8 without other NULs, is changed while reading, and must outlive
 * all rows. */
void csv_start(struct csv_reader *reader, const char *file, char *text);

enum csv_result { CSV_ROW, CSV_END, CSV_BROKEN };

/* The next row that isn't empty. CSV_BROKEN after a problem: what follows can't be told apart. */
enum csv_result csv_next(struct csv_reader *reader, struct csv_row *row, struct problems *problems);

#endif
