/* Outcomes: what a channel made of a reply. */
#ifndef DUBAN_OUTCOME_H
#define DUBAN_OUTCOME_H

#include "duban/channel.h"

/* Sets the whole outcome: the verdict with a sentence about it. */
void outcome_set(struct outcome *outcome, enum verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with "HTTP 503: " and the first line of the reply's body for a sentence, made fit to
 * show: broken bytes and control characters replaced, telephone and identity numbers masked. */
void outcome_quote(struct outcome *outcome, enum verdict verdict, const struct http_reply *reply);

/* The same with "what: " and the first line of what the provider said. */
void outcome_say(struct outcome *outcome, enum verdict verdict, const char *what, const char *said);

/* Appends the first line of what somebody else said, made fit to show likewise. */
void outcome_first_line(struct buf *out, const char *body);

/* The gateway's own id of the message, made fit to keep; NULL or too long: none. */
void outcome_identify(struct outcome *outcome, const char *provider_id);

/* Throttled, the whole endpoint, for as long as the reply's Retry-After asks. */
void outcome_throttle(struct outcome *outcome, const struct http_reply *reply);

#endif
