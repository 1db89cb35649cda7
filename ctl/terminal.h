/* What commands share in telling: failures, problems of files, JSON. */
#ifndef CTL_TERMINAL_H
#define CTL_TERMINAL_H

#include "command.h"

#include "duban/buf.h"
#include "duban/error.h"
#include "duban/problem.h"

#include <jansson.h>

/* "dubanctl: why" on stderr; the exit status of a failure. */
int tell_failure(const struct error *error);

/* All problems on stderr, one "file:line:column: text" a line, and releases them; the exit status
 * of a failure. */
int tell_problems(struct problems *problems);

/* Prints a text, or a JSON object of one line; releases neither. EXIT_FAILED when stdout can't
 * be written. */
int tell_text(const struct buf *text);
int tell_json(const json_t *json);

/* Reads the options that all commands have and the flags given, each --NAME; words that are no
 * options are moved to the end: argv[*first] is the first of them. `usage` (a line each in Chinese
 * and English) is told upon a mistake: false. */
struct flag {
    const char *name;
    bool *given;
};
bool read_flags(struct context *context, int argc, char **argv, const struct flag *flags,
                size_t count, const char *usage, int *first);

/* The same for options that take a value, each --NAME TEXT; a text that isn't given stays as it is.
 */
struct text_option {
    const char *name;
    const char **text;
};
bool read_texts(struct context *context, int argc, char **argv, const struct text_option *texts,
                size_t count, const char *usage, int *first);

/* "usage: …" on stderr; the exit status of a wrong usage. */
int tell_usage(const struct context *context, const char *usage);

#endif
