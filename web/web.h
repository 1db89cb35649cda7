/* What the parts of duban-web share. */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "hasher.h"
#include "news.h"
#include "receipts.h"

#include "duban/access_key.h"
#include "duban/bucket.h"
#include "duban/config.h"
#include "duban/http_listener.h"
#include "duban/pg.h"
#include "duban/source.h"

#include <ev.h>
#include <sys/queue.h>

#define DATABASES 4 /* connections that requests share: one that takes long holds few others up */

struct exchange;

/* Keeping the board up to date (duban.web_fold). */
struct counter {
    struct ev_timer timer;
    bool asked; /* it is under way */
    double asked_at;
    double looked_at; /* when somebody last looked */
};

/* The approval system's view, for explanations. */
struct explainer {
    struct pg *pg;         /* NULL: there is none */
    struct source_sql sql; /* once its columns are known */
    bool is_fine;
};

struct web {
    struct ev_loop *loop;
    struct config *config;
    const char *config_path;
    char *certificate, *key;       /* TLS: the texts of the files */
    char secret[ACCESS_KEY_BYTES]; /* of this process, for forms of users whom a proxy names */
    struct http_listener *listener;
    struct pg *databases[DATABASES];
    struct pg *background; /* for the news */
    struct pg *counts;     /* for counting ahead, which may take a while */
    struct buckets buckets;
    struct hasher hasher;
    struct news news;
    struct counter counter;
    struct explainer explainer;
    struct receipts receipts;
    LIST_HEAD(exchange_list, exchange) exchanges; /* those that wait for an answer */
};

/* Listens and connects. False with the reason. */
bool web_init(struct web *web, struct ev_loop *loop, const char *config_path, struct config *config,
              struct error *error) MUST_USE;
void web_finish(struct web *web);

/* Loads the configuration again; what can't change while it runs is told. */
void web_reload(struct web *web);

/* The connection with the least to do. */
struct pg *web_database(const struct web *web);

void explainer_init(struct web *web);
void explainer_finish(struct web *web);

void counter_init(struct web *web);
void counter_finish(struct web *web);
/* Somebody looks at figures. */
void counter_wake(struct web *web);

#endif
