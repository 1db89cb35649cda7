/* duban-web's parts, wired together. */
#include "web.h"

#include "exchange.h"
#include "router.h"

#include "duban/file.h"
#include "duban/log.h"
#include "duban/mem.h"
#include "duban/schema.h"
#include "duban/service.h"

#include <string.h>

#define TIMEOUT_US       (10 * US_PER_S) /* for a whole request to come */
#define CONNECTIONS_MOST 4000            /* a proxy's are all of one address */
#define BODY_BYTES_MOST  (64u * 1024)
#define PEM_BYTES_MOST   (256u * 1024)

/* --- databases --- */

static void log_change(const char *name, enum pg_event event, const struct error *error)
{
    if (event == PG_UP)
        log_plain(LOG_LEVEL_INFO, name, "connected");
    else
        log_line(LOG_LEVEL_WARNING, name, "not connected",
                 log_text("error", error ? error->text : ""));
}

static void on_database(void *context, enum pg_event event, const struct error *error)
{
    (void)context;
    log_change("state", event, error);
}

static void on_background(void *context, enum pg_event event, const struct error *error)
{
    struct web *web = context;
    log_change("news", event, error);
    news_hear(&web->news, event);
    if (event == PG_UP)
        counter_wake(web);
}

static struct pg *connect_to(struct web *web, const char *name, pg_changed changed)
{
    const struct config_database *state = &web->config->web.state;
    const struct pg_settings settings = {
        .name = name,
        .dsn = state->dsn,
        .password = state->password,
        .query_timeout_us = state->query_timeout_us,
        .read_write = true,
        .schema = &schema_range,
    };
    return pg_create(web->loop, &settings, changed, web);
}

struct pg *web_database(const struct web *web)
{
    struct pg *best = web->databases[0];
    for (size_t i = 1; i < DATABASES; i++) {
        struct pg *other = web->databases[i];
        if ((pg_is_up(other) && !pg_is_up(best)) ||
            (pg_is_up(other) == pg_is_up(best) && pg_waiting(other) < pg_waiting(best)))
            best = other;
    }
    return best;
}

/* --- listening --- */

static void on_refused(void *context, const char *address)
{
    (void)context;
    log_line(LOG_LEVEL_DEBUG, "web", "connection refused: not in web.allow",
             log_text("address", address));
}

static bool read_pem(const char *path, char **text, struct error *error)
{
    size_t length;
    if (path == NULL || file_read(path, PEM_BYTES_MOST, text, &length, error))
        return true;
    return error_prefix(error, "%s", path);
}

static bool listen_now(struct web *web, struct error *error)
{
    const struct config_web *config = &web->config->web;
    if (!read_pem(config->certificate, &web->certificate, error) ||
        !read_pem(config->key, &web->key, error))
        return false;
    const struct http_listener_settings settings = {.place = config->place,
                                                    .connections_most = CONNECTIONS_MOST,
                                                    .per_address_most = CONNECTIONS_MOST,
                                                    .timeout_us = TIMEOUT_US,
                                                    .body_bytes_most = BODY_BYTES_MOST,
                                                    .certificate = web->certificate,
                                                    .key = web->key,
                                                    .refused = on_refused,
                                                    .context = web};
    web->listener = http_listener_create(web->loop, &settings, error);
    if (web->listener == NULL)
        return error_prefix(error, "%s", config->listen);
    http_listener_allow(web->listener, config->allow, config->allow_count);
    http_listener_route(web->listener, &(struct http_route){"", router_admit, router_handle, web});
    log_line(LOG_LEVEL_INFO, "web", "listening", log_text("listen", config->listen));
    return true;
}

bool web_init(struct web *web, struct ev_loop *loop, const char *config_path, struct config *config,
              struct error *error)
{
    *web = (struct web){.loop = loop, .config = config, .config_path = config_path};
    LIST_INIT(&web->exchanges);
    access_key_make(web->secret);
    if (!listen_now(web, error)) {
        free(web->certificate);
        free(web->key);
        return false;
    }
    buckets_init(&web->buckets, (double)config->web.rate, (double)config->web.burst);
    hasher_init(&web->hasher, loop);
    news_init(&web->news, web);
    for (size_t i = 0; i < DATABASES; i++)
        web->databases[i] = connect_to(web, "duban-web", on_database);
    web->background = connect_to(web, "duban-web news", on_background);
    web->counts = connect_to(web, "duban-web counts", on_database);
    explainer_init(web);
    counter_init(web);
    receipts_init(&web->receipts, loop, config,
                  config->receipts.listen ? connect_to(web, "duban-web receipts", on_database)
                                          : NULL);
    return true;
}

/* Connections first: then no answer comes any more to requests that are gone. */
void web_finish(struct web *web)
{
    hasher_finish(&web->hasher);
    for (size_t i = 0; i < DATABASES; i++)
        pg_destroy(web->databases[i]);
    pg_destroy(web->background);
    pg_destroy(web->counts);
    explainer_finish(web);
    counter_finish(web);
    receipts_finish(&web->receipts);
    http_listener_destroy(web->listener);
    news_finish(&web->news);
    for (struct exchange *exchange; (exchange = LIST_FIRST(&web->exchanges)) != NULL;)
        exchange_destroy(exchange);
    buckets_finish(&web->buckets);
    free(web->certificate);
    free(web->key);
    config_destroy(web->config);
}

/* --- reload --- */

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static void take_config(struct web *web, struct config *config)
{
    const struct config_web *old = &web->config->web, *new = &config->web;
    if (!same_text(old->listen, new->listen) || !same_text(old->state.dsn, new->state.dsn) ||
        !same_text(old->certificate, new->certificate) || !same_text(old->key, new->key))
        log_plain(LOG_LEVEL_WARNING, "reload",
                  "web.listen, web.state and web.tls change with a restart only");
    if (!same_text(web->config->receipts.listen, config->receipts.listen))
        log_plain(LOG_LEVEL_WARNING, "reload", "receipts.listen changes with a restart only");
    receipts_reload(&web->receipts, config);
    http_listener_allow(web->listener, new->allow, new->allow_count);
    web->buckets.rate = (double)new->rate;
    web->buckets.burst = (double)new->burst;
    log_set_level((enum log_level)config->log_level);
    config_destroy(web->config);
    web->config = config;
}

void web_reload(struct web *web)
{
    struct problems problems = {0};
    service_reloading();
    struct config *config = config_load_web(web->config_path, &problems);
    if (config) {
        take_config(web, config);
        log_line(LOG_LEVEL_INFO, "reload", "done", log_text("config", config->version));
    } else {
        AUTO_BUF text;
        buf_init(&text, 1u << 16);
        problems_print(&problems, &text);
        log_line(LOG_LEVEL_ERROR, "reload", "the configuration is wrong; the old one stays",
                 log_text("problems", buf_string(&text)));
    }
    problems_finish(&problems);
    service_ready();
}
