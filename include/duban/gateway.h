/* What gateways have in common that can't tell a repeat from a new message: a request is made at
 * most once, and what is not surely refused is unknown. */
#ifndef DUBAN_GATEWAY_H
#define DUBAN_GATEWAY_H

#include "duban/channel.h"

#include <jansson.h>

/* What a provider's code means. A table's first row that fits counts. */
struct gateway_code {
    const char *code; /* whole, or its beginning when it ends in "*" */
    enum verdict verdict;
    span_us pause_us; /* throttled: at least this long */
};

/* The row of a code, or NULL. */
const struct gateway_code *gateway_code_find(const struct gateway_code *table, size_t count,
                                             const char *code);

/* The outcome of an exchange that ended without a whole reply: temporary when nothing had left,
 * else unknown. False, and nothing set, when there is a reply. */
bool gateway_judge_failure(const struct http_reply *reply, struct outcome *outcome);

/* The outcome of a reply that doesn't speak the provider's language (from a proxy, a portal, a
 * broken server), by its status alone: never accepted. */
void gateway_judge_status(const struct http_reply *reply, struct outcome *outcome);

/* The outcome by the provider's code and its words for people (may be NULL). Codes without a row
 * are permanent. */
void gateway_judge_code(const struct gateway_code *table, size_t count, const char *code,
                        const char *words, struct outcome *outcome);

/* What is throttled is all that we send, when the code is one of these (as in a table), and not the
 * number alone. */
void gateway_judge_scope(const char *const *codes, size_t count, const char *code,
                         struct outcome *outcome);

/* The reply's body as a JSON object, the caller's to json_decref(), or NULL. */
json_t *gateway_reply_object(const struct http_reply *reply);

/* A text member of an object; "" when it is missing or something else. `object` may be NULL. */
const char *gateway_text(const json_t *object, const char *key);

/* Checks the URL of a provider's API: as url_check, with the path "/" and without a query. */
bool gateway_check_endpoint(const char *url, const struct yaml_node *node,
                            struct problems *problems);

/* The host of a URL, with its port, as the header Host and signatures have it; the caller's to
 * free(). */
char *gateway_host(const char *url);

/* Whether a directory's address is a number that can receive short messages. */
bool gateway_check_address(const char *address, struct error *error);

#endif
