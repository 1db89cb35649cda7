/* The journal's own way in, for the log. */
#ifndef DUBAN_LOG_JOURNAL_H
#define DUBAN_LOG_JOURNAL_H

#include "duban/log.h"

#include <stdbool.h>

/* Whether stderr leads to the journal (JOURNAL_STREAM of systemd.exec(5)). */
bool log_journal_is_stderr(void);

/* Hands a line to the journal as MESSAGE, with its fields beside it: area and every key, in
 * capitals after DUBAN_ (case → DUBAN_CASE). False when the journal didn't take it. */
bool log_journal_send(int priority, const char *message, const char *area,
                      const struct log_field *fields);

#endif
