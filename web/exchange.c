/* One request, and the ways to answer it. */
#include "exchange.h"

#include "duban/log.h"
#include "duban/mem.h"

#include <assert.h>
#include <string.h>

#define RETRY_S "5" /* when the database is away */

struct exchange *exchange_create(struct web *web, struct http_incoming *incoming)
{
    struct exchange *exchange = mem_zero(1, sizeof *exchange);
    exchange->web = web;
    exchange->incoming = incoming;
    exchange->head_only = strcmp(http_incoming_method(incoming), "HEAD") == 0;
    caller_read(&exchange->caller, web, incoming);
    LIST_INSERT_HEAD(&web->exchanges, exchange, link);
    return exchange;
}

void exchange_destroy(struct exchange *exchange)
{
    LIST_REMOVE(exchange, link);
    form_finish(&exchange->form);
    free(exchange->state);
    json_decref(exchange->known);
    free(exchange);
}

void exchange_add_header(struct exchange_headers *headers, const char *name, const char *value)
{
    assert(headers->count < COUNT_OF(headers->all));
    headers->all[headers->count++] = (struct http_answer_header){name, value};
}

struct exchange_headers exchange_headers(const struct exchange *exchange, const char *cache)
{
    static const struct http_answer_header always[] = {
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
         "connect-src 'self'; font-src 'self'; media-src 'self'; manifest-src 'self'; "
         "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
    };
    struct exchange_headers headers = {.count = COUNT_OF(always)};
    memcpy(headers.all, always, sizeof always);
    exchange_add_header(&headers, "Cache-Control", cache);
    if (exchange->caller.secure)
        exchange_add_header(&headers, "Strict-Transport-Security", "max-age=31536000");
    return headers;
}

void exchange_answer(struct exchange *exchange, const struct http_answer *answer,
                     struct exchange_headers *headers)
{
    struct http_answer whole = *answer;
    whole.headers = headers->all;
    whole.header_count = headers->count;
    http_incoming_answer(exchange->incoming, &whole);
    exchange_destroy(exchange);
}

static void answer_json(struct exchange *exchange, int status, json_t *root,
                        struct exchange_headers *headers)
{
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (text == NULL)
        abort(); /* out of memory */
    exchange_answer(exchange,
                    &(struct http_answer){.status = status,
                                          .content_type = "application/json",
                                          .body = text,
                                          .length = strlen(text)},
                    headers);
    free(text);
}

void exchange_json(struct exchange *exchange, json_t *root)
{
    struct exchange_headers headers = exchange_headers(exchange, "no-store");
    answer_json(exchange, 200, root, &headers);
}

static const struct {
    const char *code;
    int status;
    const char *message;
} errors[] = {
    {"bad_request", 400, "the request can't be understood"},
    {"unauthorized", 401, "log in first"},
    {"forbidden", 403, "this is not yours to do"},
    {"csrf", 403, "the header X-Duban-CSRF is missing, or an old one"},
    {"not_found", 404, "there is no such thing"},
    {"method_not_allowed", 405, "not with this method"},
    {"conflict", 409, "it has changed meanwhile"},
    {"too_large", 413, "too large"},
    {"unsupported", 415, "expected application/json"},
    {"too_many", 429, "too many requests"},
    {"not_implemented", 501, "this is not set up here"},
    {"unavailable", 503, "the database is away"},
    {"until", 400, "the end of a silence lies ahead, within 400 days"},
    {"internal", 500, "a fault of duban; its log tells more"}, /* and any other code */
};

void exchange_error(struct exchange *exchange, const char *code, const char *message)
{
    struct exchange_headers headers = exchange_headers(exchange, "no-store");
    size_t i = 0;
    while (i + 1 < COUNT_OF(errors) && strcmp(errors[i].code, code) != 0)
        i++;
    if (errors[i].status == 503)
        exchange_add_header(&headers, "Retry-After", RETRY_S);
    if (errors[i].status == 401)
        exchange_add_header(&headers, "WWW-Authenticate", "Bearer");
    answer_json(exchange, errors[i].status,
                json_pack("{s:{s:s, s:s}}", "error", "code", errors[i].code, "message",
                          message ? message : errors[i].message),
                &headers);
}

void exchange_redirect(struct exchange *exchange, const char *place, const char *cookie)
{
    struct exchange_headers headers = exchange_headers(exchange, "no-store");
    exchange_add_header(&headers, "Location", place);
    if (cookie)
        exchange_add_header(&headers, "Set-Cookie", cookie);
    exchange_answer(exchange, &(struct http_answer){.status = 303, .body = ""}, &headers);
}

bool exchange_read_act(struct exchange *exchange, struct act *act)
{
    size_t length;
    const char *body = http_incoming_body(exchange->incoming, &length);
    struct error error;
    if (act_read(act, body, length, &error))
        return true;
    exchange_error(exchange, "bad_request", error.text);
    return false;
}

/* --- the database --- */

struct question {
    struct exchange *exchange;
    exchange_answered answered;
};

void exchange_failed(struct exchange *exchange, const struct pg_failure *failure)
{
    bool refused = failure->sqlstate[0] && strcmp(failure->sqlstate, "57014") != 0 &&
                   strncmp(failure->sqlstate, "57P", 3) != 0;
    if (refused)
        log_line(LOG_LEVEL_ERROR, "web", "statement failed",
                 log_text("error", failure->error.text));
    exchange_error(exchange, refused ? "internal" : "unavailable", NULL);
}

static void on_answer(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct question question = *(struct question *)context;
    struct exchange *exchange = question.exchange;
    free(exchange->state);
    exchange->state = NULL;
    if (failure) {
        exchange_failed(exchange, failure);
        return;
    }
    json_t *root = json_loadb(pg_text(result, 0, 0), pg_length(result, 0, 0), 0, NULL);
    const char *error = json_string_value(json_object_get(root, "error"));
    if (root == NULL)
        exchange_error(exchange, "internal", NULL);
    else if (error)
        exchange_error(exchange, error, NULL);
    else
        question.answered(exchange, json_incref(root));
    json_decref(root);
}

void exchange_ask(struct exchange *exchange, const char *sql, const struct pg_params *params,
                  exchange_answered answered)
{
    struct question *question = mem_zero(1, sizeof *question);
    *question = (struct question){exchange, answered};
    free(exchange->state);
    exchange->state = question;
    pg_query(web_database(exchange->web), sql, params, on_answer, question);
}
