/* One request, from when it is whole until its answer. */
#ifndef WEB_EXCHANGE_H
#define WEB_EXCHANGE_H

#include "web.h"

#include "duban/act.h"
#include "duban/form.h"
#include "duban/path.h"

#include <jansson.h>

/* Who asks, as the request says it; the database decides what they may. */
struct caller {
    char address[ADDRESS_TEXT_BYTES]; /* the client's, by what a trusted proxy says */
    bool secure;                      /* it came by HTTPS */
    char cookie[ACCESS_KEY_BYTES];    /* of the session; "" without one */
    char who[160];                    /* as duban.web_who takes it; "": nobody */
    char csrf[ACCESS_KEY_BYTES];      /* what an act must bring along; "": nothing */
};

void caller_read(struct caller *caller, const struct web *web,
                 const struct http_incoming *incoming);
/* The address alone. */
void caller_read_address(struct caller *caller, const struct web *web,
                         const struct http_incoming *incoming);
/* Whether an act brings along what it must. */
bool caller_may_act(const struct caller *caller, const struct http_incoming *incoming);

struct exchange {
    LIST_ENTRY(exchange) link;
    struct web *web;
    struct http_incoming *incoming;
    struct caller caller;
    struct path path;
    struct form form; /* of the query, or of a posted form */
    bool head_only;   /* HEAD */
    void *state;      /* the handler's: released with free() */
    unsigned checks;  /* news.checks when it was asked who listens */
    json_t *known;    /* what duban knows of a case, while the approval system is asked; owned */
};

struct exchange *exchange_create(struct web *web, struct http_incoming *incoming);
/* Without an answer: when the process ends. */
void exchange_destroy(struct exchange *exchange);

/* --- answers; the exchange is gone afterwards --- */

struct exchange_headers {
    size_t count;
    struct http_answer_header all[16];
};

/* Those of every answer; `cache` is its Cache-Control. */
struct exchange_headers exchange_headers(const struct exchange *exchange, const char *cache);
void exchange_add_header(struct exchange_headers *headers, const char *name, const char *value);

void exchange_answer(struct exchange *exchange, const struct http_answer *answer,
                     struct exchange_headers *headers);
/* Takes the reference to `root`. */
void exchange_json(struct exchange *exchange, json_t *root);
/* The error of a code: bad_request, unauthorized, forbidden, not_found, method_not_allowed,
 * conflict, too_large, unsupported, too_many, not_implemented, unavailable. */
void exchange_error(struct exchange *exchange, const char *code, const char *message);
/* What the body asks to be done; false after answering what is wrong with it. */
bool exchange_read_act(struct exchange *exchange, struct act *act);
/* 303 to another place. */
void exchange_redirect(struct exchange *exchange, const char *place, const char *cookie);

/* --- the database --- */

/* Asks with one statement whose only value is JSON. `answered` gets its object, as a fresh
 * reference; errors (an `error` in it, a failure of the database) are answered before. */
typedef void (*exchange_answered)(struct exchange *exchange, json_t *root);
void exchange_ask(struct exchange *exchange, const char *sql, const struct pg_params *params,
                  exchange_answered answered);
/* The answer to a statement that failed. */
void exchange_failed(struct exchange *exchange, const struct pg_failure *failure);

#endif
