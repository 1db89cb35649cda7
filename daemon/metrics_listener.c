/* Answers monitors from memory: no request of theirs asks a database, and none waits. */
#include "metrics_listener.h"

#include "duband.h"
#include "metrics_gather.h"
#include "watchdog.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/steady.h"

#include <stddef.h>
#include <string.h>

#define TIMEOUT_US       (10 * US_PER_S)
#define CONNECTIONS_MOST 16
#define PAGE_BYTES_MOST  (1u << 20) /* a slow reader holds a copy */
#define GATHER_EACH_S    1.         /* however many ask */
#define LISTEN_EACH_S    5.

static const char plain[] = "text/plain; charset=utf-8";

/* --- health --- */

static void answer_health(void *context, struct http_incoming *incoming)
{
    const struct metrics_listener *metrics = context;
    const struct stage *stuck = watchdog_stuck_stage(&metrics->duband->context);
    if (stuck == NULL) {
        http_incoming_answer_text(incoming, 200, plain, "ok\n");
        return;
    }
    AUTO_FREE char *text = mem_format("the stage %s doesn't come to its end\n", stuck->name);
    http_incoming_answer_text(incoming, 503, plain, text);
}

/* Why this daemon isn't ready; NULL when it is. */
static const char *unready(const struct duband *duband)
{
    const struct context *context = &duband->context;
    if (context->stopping)
        return "stopping\n";
    if (!pg_is_up(context->lead) || !pg_is_up(context->work))
        return "the state database isn't reached\n";
    if (context->leads)
        return NULL;
    if (duband->metrics_look.looked <= 0.)
        return "the state isn't known yet\n";
    return duband->metrics_look.leader_known ? NULL : "no leader is known\n";
}

static void answer_ready(void *context, struct http_incoming *incoming)
{
    const struct metrics_listener *metrics = context;
    const char *why = unready(metrics->duband);
    http_incoming_answer_text(incoming, why ? 503 : 200, plain, why ? why : "ready\n");
}

/* --- metrics --- */

static void answer_metrics(void *context, struct http_incoming *incoming)
{
    struct metrics_listener *metrics = context;
    struct duband *duband = metrics->duband;
    enum metrics_form form = metrics_form_of(http_incoming_header(incoming, "Accept"));
    double now = steady_s();
    AUTO_BUF page;
    if (metrics->gathered <= 0. || now - metrics->gathered >= GATHER_EACH_S) {
        metrics_gather(duband);
        metrics->gathered = now;
    }
    buf_init(&page, PAGE_BYTES_MOST);
    metrics_print(duband->context.metrics, form, &page);
    if (page.overflowed) {
        http_incoming_answer_text(incoming, 500, plain, "too many series\n");
        return;
    }
    http_incoming_answer(incoming, &(struct http_answer){.status = 200,
                                                         .content_type = metrics_content_type(form),
                                                         .body = buf_string(&page),
                                                         .length = page.length});
}

/* --- requests --- */

/* Before a body is read: only GET and HEAD of the very path. */
static bool admit(void *context, struct http_incoming *incoming)
{
    (void)context;
    static const struct http_answer_header allow = {"Allow", "GET, HEAD"};
    const char *method = http_incoming_method(incoming);
    if (*http_incoming_rest(incoming)) {
        http_incoming_answer_text(incoming, 404, plain, "not found\n");
        return false;
    }
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return true;
    http_incoming_answer(incoming, &(struct http_answer){.status = 405, //
                                                         .headers = &allow,
                                                         .header_count = 1});
    return false;
}

/* --- listening --- */

static void listen_now(struct metrics_listener *metrics)
{
    struct context *context = &metrics->duband->context;
    const struct config_metrics *config = &context->config->config->metrics;
    const struct http_listener_settings settings = {.place = config->place,
                                                    .connections_most = CONNECTIONS_MOST,
                                                    .per_address_most = CONNECTIONS_MOST,
                                                    .timeout_us = TIMEOUT_US,
                                                    .answer_us = TIMEOUT_US};
    const struct http_route routes[] = {{"/metrics", admit, answer_metrics, metrics},
                                        {"/healthz", admit, answer_health, metrics},
                                        {"/readyz", admit, answer_ready, metrics}};
    struct error error;
    metrics->listener = http_listener_create(context->loop, &settings, &error);
    if (metrics->listener == NULL) {
        if (!metrics->told)
            log_line(LOG_LEVEL_ERROR, "metrics", "not listening; trying on",
                     log_text("listen", config->listen), log_text("error", error.text));
        metrics->told = true;
        return;
    }
    ev_timer_stop(context->loop, &metrics->timer);
    http_listener_allow(metrics->listener, config->allow, config->allow_count);
    for (size_t i = 0; i < COUNT_OF(routes); i++)
        http_listener_route(metrics->listener, &routes[i]);
    log_line(LOG_LEVEL_INFO, "metrics", "listening", log_text("listen", config->listen));
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct metrics_listener *metrics =
        (struct metrics_listener *)(void *)((char *)timer -
                                            offsetof(struct metrics_listener, timer));
    if (metrics->duband->context.config->config->metrics.listen)
        listen_now(metrics);
}

void metrics_listener_init(struct metrics_listener *metrics, struct duband *duband)
{
    *metrics = (struct metrics_listener){.duband = duband};
    ev_init(&metrics->timer, on_timer);
    if (duband->context.config->config->metrics.listen == NULL)
        return;
    metrics->timer.repeat = LISTEN_EACH_S; /* another may still have the place */
    ev_timer_again(duband->context.loop, &metrics->timer);
    listen_now(metrics);
}

void metrics_listener_reload(struct metrics_listener *metrics)
{
    const struct config_metrics *config = &metrics->duband->context.config->config->metrics;
    if (metrics->listener && config->listen)
        http_listener_allow(metrics->listener, config->allow, config->allow_count);
}

void metrics_listener_finish(struct metrics_listener *metrics)
{
    ev_timer_stop(metrics->duband->context.loop, &metrics->timer);
    http_listener_destroy(metrics->listener);
}
