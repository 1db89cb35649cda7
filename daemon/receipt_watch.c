/* What follows from receipts, and from those that don't come. */
#include "receipt_watch.h"

#include "metrics_table.h"

#include "duban/log.h"

#include <stddef.h>

#define LOOKS_A_TURN  10 /* one for missing receipts after so many for those that came */
#define LOOK_MOST     1000
#define FLOOR_LAG_US  (60 * US_PER_S)  /* for what commits late */
#define SWEEP_EACH_US (300 * US_PER_S) /* look below the floor */

static void log_count(enum log_level level, const char *what, int64_t count)
{
    if (count > 0)
        log_line(level, "receipts", what, log_int("messages", count));
}

void receipt_watch_log(const PGresult *result, int settled, int buried)
{
    log_count(LOG_LEVEL_INFO, "arrived after all", pg_int(result, 0, settled));
    log_count(LOG_LEVEL_WARNING, "the operator could not deliver", pg_int(result, 0, buried));
}

/* For monitors. */
static void count(const struct receipt_watch *watch, const char *what, int64_t receipts)
{
    metric_add(metrics_at(watch->context->metrics, METRIC_RECEIPTS, what, NULL), (double)receipts);
}

/* The next look: at once when there may be more to see. */
static void again(struct receipt_watch *watch, bool at_once)
{
    span_us pause_us = watch->context->config->config->daemon.poll_us;
    ev_timer_stop(watch->context->loop, &watch->timer);
    ev_timer_set(&watch->timer, at_once ? 0. : (double)pause_us / 1e6, 0.);
    ev_timer_start(watch->context->loop, &watch->timer);
}

/* --- those that don't come --- */

static void on_overdue(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct receipt_watch *watch = owner;
    if (context_failed("receipts", "those that don't come not looked for", failure)) {
        again(watch, false);
        return;
    }
    int64_t overdue = pg_int(result, 0, 1);
    log_count(LOG_LEVEL_WARNING, "no receipt in time", overdue);
    count(watch, "missing", overdue);
    if (pg_int(result, 0, 2) > 0)
        stage_wake(watch->context->composer);
    if (overdue < LOOK_MOST)
        watch->looks = 0;
    again(watch, overdue == LOOK_MOST);
}

static void look_for_overdue(struct receipt_watch *watch)
{
    struct pg_params *params = pg_params_create();
    pg_param_int(params, LOOK_MOST);
    config_add_fallbacks(watch->context->config->config, true, params);
    pg_query(watch->context->work, "SELECT * FROM duban.awaiting_overdue($1, $2, $3)", params,
             on_overdue, watch);
    pg_params_destroy(params);
}

/* --- those that have come --- */

static void log_matched(const struct receipt_watch *watch, const PGresult *result)
{
    log_count(LOG_LEVEL_DEBUG, "matched", pg_int(result, 0, 1));
    log_count(LOG_LEVEL_INFO, "of no message that is known here", pg_int(result, 0, 2));
    log_count(LOG_LEVEL_WARNING, "dropped: no message of theirs in three days",
              pg_int(result, 0, 3));
    count(watch, "matched", pg_int(result, 0, 1));
    count(watch, "unmatched", pg_int(result, 0, 2));
    count(watch, "dropped", pg_int(result, 0, 3));
    receipt_watch_log(result, 5, 6);
}

/* What has come is seen to first: a receipt that lies here is not missing. */
static void on_matched(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct receipt_watch *watch = owner;
    if (context_failed("receipts", "those that came not matched", failure)) {
        again(watch, false);
        return;
    }
    log_matched(watch, result);
    if (pg_int(result, 0, 7) > 0)
        stage_wake(watch->context->composer);
    if (pg_bool(result, 0, 4)) {
        again(watch, true);
        return;
    }
    watch->floor = pg_instant(result, 0, 0) - FLOOR_LAG_US;
    if (++watch->looks >= LOOKS_A_TURN)
        look_for_overdue(watch);
    else
        again(watch, false);
}

static void look(struct receipt_watch *watch)
{
    struct context *context = watch->context;
    struct pg_params *params = pg_params_create();
    wall_us now = context_now(context);
    bool sweep = now - watch->swept_at > SWEEP_EACH_US || now < watch->swept_at;
    if (sweep)
        watch->swept_at = now;
    pg_param_int(params, LOOK_MOST);
    pg_param_instant(params, sweep ? WALL_NONE : watch->floor);
    config_add_fallbacks(context->config->config, false, params);
    pg_query(context->work, "SELECT * FROM duban.receipt_match($1, $2, $3, $4)", params, on_matched,
             watch);
    pg_params_destroy(params);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct receipt_watch *watch =
        (struct receipt_watch *)(void *)((char *)timer - offsetof(struct receipt_watch, timer));
    struct context *context = watch->context;
    if (!context->leads || context->stopping || !pg_is_up(context->work)) {
        watch->floor = WALL_NONE; /* another may have led meanwhile */
        again(watch, false);
        return;
    }
    look(watch);
}

void receipt_watch_init(struct receipt_watch *watch, struct context *context)
{
    *watch = (struct receipt_watch){.context = context, .floor = WALL_NONE};
    ev_init(&watch->timer, on_timer);
    again(watch, false);
}

void receipt_watch_finish(struct receipt_watch *watch)
{
    ev_timer_stop(watch->context->loop, &watch->timer);
}
