/* One HTTP request and its reply: an easy handle of libcurl with what belongs to it.
 *
 * Knows nothing of the event loop; http.h drives it. A handle is used over and over, since making
 * one costs more than a request. */
#ifndef DUBAN_HTTP_EXCHANGE_H
#define DUBAN_HTTP_EXCHANGE_H

#include "duban/buf.h"
#include "duban/channel.h"
#include "duban/smtp_exchange.h"

#include <curl/curl.h>

struct http_exchange {
    CURL *easy;
    struct curl_slist *headers;
    struct buf body; /* of the reply */
    bool too_large;
    struct smtp_exchange smtp; /* of a message to a mail server */
    bool in_head;              /* between a status line and the end of its headers */
    CURLcode result;
    char error_text[CURL_ERROR_SIZE];
};

/* Sets everything that is the same for all requests; the texts (http.h) are copied and may be
 * NULL. It must stay where it is. Aborts when out of memory. */
void exchange_init(struct http_exchange *exchange, const char *ca_file, const char *user_agent);
void exchange_finish(struct http_exchange *exchange);

/* Makes it ready for one request. What curl refuses (a URL that it can't read) is the result. */
CURLcode exchange_prepare(struct http_exchange *exchange, const struct http_request *request,
                          span_us timeout_us);

/* What came of it, after `result` is set; borrows from the exchange. */
void exchange_reply(const struct http_exchange *exchange, wall_us now, struct http_reply *reply);

/* Forgets the request and the reply. */
void exchange_clear(struct http_exchange *exchange);

#endif
