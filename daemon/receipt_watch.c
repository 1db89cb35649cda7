/* Receipts that came too early, and those that don't come. */
#include "receipt_watch.h"

#include "duban/log.h"

#include <stddef.h>

#define POLLS_A_LOOK 10 /* of daemon.poll: ten seconds by default */
#define LOOK_MOST    1000

static void log_count(enum log_level level, const char *what, int64_t count)
{
    if (count > 0)
        log_line(level, "receipts", what, log_int("messages", count));
}

/* The next look: at once when there may be more to see. */
static void again(struct receipt_watch *watch, bool at_once)
{
    span_us pause_us = POLLS_A_LOOK * watch->context->config->config->daemon.poll_us;
    watch->busy = false;
    ev_timer_stop(watch->context->loop, &watch->timer);
    ev_timer_set(&watch->timer, at_once ? 0. : (double)pause_us / 1e6, 0.);
    ev_timer_start(watch->context->loop, &watch->timer);
}

static void on_overdue(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct receipt_watch *watch = owner;
    if (context_failed("receipts", "those that don't come not looked for", failure)) {
        again(watch, false);
        return;
    }
    int64_t overdue = pg_int(result, 0, 1);
    log_count(LOG_LEVEL_WARNING, "no receipt in time", overdue);
    if (pg_int(result, 0, 2) > 0)
        stage_wake(watch->context->composer);
    again(watch, overdue == LOOK_MOST);
}

static void on_matched(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct receipt_watch *watch = owner;
    if (context_failed("receipts", "early ones not matched", failure)) {
        again(watch, false);
        return;
    }
    log_count(LOG_LEVEL_DEBUG, "early ones matched", pg_int(result, 0, 1));
    log_count(LOG_LEVEL_WARNING, "dropped: no message of theirs in three days",
              pg_int(result, 0, 2));
    log_count(LOG_LEVEL_INFO, "arrived after all", pg_int(result, 0, 4));
    log_count(LOG_LEVEL_WARNING, "the operator could not deliver", pg_int(result, 0, 5));
    if (pg_int(result, 0, 6) > 0)
        stage_wake(watch->context->composer);
    if (pg_bool(result, 0, 3)) {
        again(watch, true);
        return;
    }
    struct pg_params *params = pg_params_create();
    pg_param_int(params, LOOK_MOST);
    config_add_fallbacks(watch->context->config->config, true, params);
    pg_query(watch->context->work, "SELECT * FROM duban.awaiting_overdue($1, $2, $3)", params,
             on_overdue, watch);
    pg_params_destroy(params);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct receipt_watch *watch =
        (struct receipt_watch *)(void *)((char *)timer - offsetof(struct receipt_watch, timer));
    struct context *context = watch->context;
    if (watch->busy || !context->leads || context->stopping || !pg_is_up(context->work)) {
        again(watch, false);
        return;
    }
    struct pg_params *params = pg_params_create();
    watch->busy = true;
    pg_param_int(params, LOOK_MOST);
    config_add_fallbacks(context->config->config, false, params);
    pg_query(context->work, "SELECT * FROM duban.receipt_match($1, $2, $3)", params, on_matched,
             watch);
    pg_params_destroy(params);
}

void receipt_watch_init(struct receipt_watch *watch, struct context *context)
{
    *watch = (struct receipt_watch){.context = context};
    ev_init(&watch->timer, on_timer);
    again(watch, false);
}

void receipt_watch_finish(struct receipt_watch *watch)
{
    ev_timer_stop(watch->context->loop, &watch->timer);
}
