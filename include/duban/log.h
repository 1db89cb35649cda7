/* The log: lines on stderr, or entries of the journal.
 *
 * "<4>intake: row set aside case=SP2026… reason=\"unknown unit\"". The leading <N> is journald's
 * priority and is left out when stderr is a terminal. Values with spaces, quotes, = or control
 * characters are quoted and escaped, so that data can't forge a line. The caller masks names and
 * phones (mask.h). Where stderr leads to the journal, each line is an entry with its fields beside
 * it (DUBAN_AREA, DUBAN_CASE, …). The log is the only global state of duban.
 */
#ifndef DUBAN_LOG_H
#define DUBAN_LOG_H

#include "duban/instant.h"

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
#define LOG_LEVELS 4
extern const char *const log_level_words[LOG_LEVELS + 1]; /* NULL-terminated */

/* Looks whether stderr leads to the journal; once, at start. Without it: lines. */
void log_begin(void);

void log_set_level(enum log_level level);

enum log_field_kind { LOG_TEXT, LOG_INT, LOG_INSTANT, LOG_END };

struct log_field {
    const char *key;
    enum log_field_kind kind;
    union {
        const char *text;
        int64_t number;
    };
};

#define log_text(key_, value_)                                                                     \
    ((struct log_field){.key = (key_), .kind = LOG_TEXT, .text = (value_)})
#define log_int(key_, value_)                                                                      \
    ((struct log_field){.key = (key_), .kind = LOG_INT, .number = (value_)})
#define log_instant(key_, value_)                                                                  \
    ((struct log_field){.key = (key_), .kind = LOG_INSTANT, .number = (value_)})

/* `area` is the stage or module. Usage:
 *   log_line(LOG_LEVEL_WARNING, "intake", "row set aside", log_text("case", no), log_text("reason",
 * why)); */
#define log_line(level, area, what, ...)                                                           \
    log_write((level), (area), (what), (const struct log_field[]){__VA_ARGS__, {.kind = LOG_END}})

/* A line without fields. */
#define log_plain(level, area, what)                                                               \
    log_write((level), (area), (what), (const struct log_field[]){{.kind = LOG_END}})

void log_write(enum log_level level, const char *area, const char *what,
               const struct log_field *fields);

#endif
