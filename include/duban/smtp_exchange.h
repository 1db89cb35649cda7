/* One message to a mail server, on an easy handle of libcurl that also serves HTTP.
 *
 * In two halves: libcurl connects, greets, starts TLS and logs in (smtp_exchange_prepare), then
 * the message is handed over (smtp_exchange_start). */
#ifndef DUBAN_SMTP_EXCHANGE_H
#define DUBAN_SMTP_EXCHANGE_H

#include "duban/smtp_talk.h"

struct smtp_exchange {
    bool used; /* this exchange is one with a mail server */
    span_us timeout_us;
    struct smtp_reply greeting; /* the last reply to libcurl */
    struct smtp_talk talk;
};

void smtp_exchange_init(struct smtp_exchange *exchange);
void smtp_exchange_finish(struct smtp_exchange *exchange);

/* Sets what the handle needs for this request. It must be cleared before the next. */
void smtp_exchange_prepare(struct smtp_exchange *exchange, CURL *easy,
                           const struct http_request *request, span_us timeout_us);

/* libcurl has come to its end without an error: the second half, as smtp_talk_start(). */
void smtp_exchange_start(struct smtp_exchange *exchange, struct ev_loop *loop, CURL *easy,
                         void (*done)(struct smtp_talk *talk));

/* What came of it, where libcurl came to `result`; borrows from the exchange. The failure's text
 * stays empty where libcurl's own says it. */
void smtp_exchange_reply(const struct smtp_exchange *exchange, CURLcode result,
                         struct http_reply *reply);

/* Ends and forgets it, and makes the handle fit for HTTP again. Harmless when it wasn't used. */
void smtp_exchange_clear(struct smtp_exchange *exchange, CURL *easy);

#endif
