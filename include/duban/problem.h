/* Everything that is wrong with a file, at once, each with its place. */
#ifndef DUBAN_PROBLEM_H
#define DUBAN_PROBLEM_H

#include "duban/buf.h"
#include "duban/error.h"

#include <stdbool.h>
#include <stddef.h>

struct problem {
    char *file;      /* owned */
    unsigned line;   /* from 1; 0 when the whole file is meant */
    unsigned column; /* from 1, in characters */
    char *text;      /* owned: what is wrong, and what was expected */
};

/* At most this many are kept; further ones are only counted. */
#define PROBLEMS_KEPT 100

struct problems {
    struct problem *items;
    size_t count; /* kept in items */
    size_t total; /* found */
};

/* Zeroed memory is an empty list. */
void problems_finish(struct problems *problems);

void problems_add(struct problems *problems, const char *file, unsigned line, unsigned column,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Appends one line "file:line:column: text" per problem, in the order of the files' lines. */
void problems_print(const struct problems *problems, struct buf *out);

/* The first problem as a sentence; false always, as error_set. */
bool problems_error(const struct problems *problems, struct error *error);

/* The word of `words` that is nearest to `text` (edit distance at most a third of its length,
 * at least 1), or NULL. The result points into `words`. */
const char *problem_nearest(const char *text, const char *const *words, size_t count);

#endif
