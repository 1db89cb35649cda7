/* Looks at the state: a query that asks for nothing, for the round trip, then duban.metrics. The
 * leader has the cases counted before. */
#include "metrics_look.h"

#include "metrics_table.h"

#include "duban/mem.h"
#include "duban/steady.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

#define LOOK_EACH_S 5.
#define SHARE_LEAST 20.   /* a look takes at most one part in so many of the time */
#define QUEUE_MOST  10000 /* where counts of a channel stop */
#define FOLD_MOST   2000  /* cases */
#define EMPTY_QUERY "SELECT 1"

static void look_within(struct metrics_look *look, double seconds)
{
    ev_timer_stop(look->context->loop, &look->timer);
    ev_timer_set(&look->timer, seconds, 0.);
    ev_timer_start(look->context->loop, &look->timer);
}

/* --- what a look tells --- */

static void forget(struct metrics_look *look)
{
    for (size_t family = METRIC_FIRST_OF_STATE; family < METRIC_FAMILIES; family++)
        metrics_forget(look->context->metrics, family);
    look->looked = 0.;
    look->leader_known = false;
    look->open = look->raised = 0;
    look->queue_late_us = 0;
}

/* What the daemon itself wants to know of it. */
static void note(struct metrics_look *look, enum metrics_family family, const char *first,
                 const char *second, int64_t value)
{
    if (family == METRIC_CASES) {
        look->open += value;
        if (strcmp(first, "normal") != 0)
            look->raised += value;
    }
    if (family == METRIC_LEADER_KNOWN)
        look->leader_known = value > 0;
    if (family == METRIC_QUEUE_AGE && strcmp(second, "ready") == 0 && value > look->queue_late_us)
        look->queue_late_us = value;
}

/* A schema that is newer than this daemon may tell more than is known here. */
static void take_row(struct metrics_look *look, const PGresult *result, int row)
{
    enum metrics_family family = metrics_family_named(pg_text(result, row, 0));
    if (family == METRIC_FAMILIES)
        return;
    const struct metric_family *about = &metrics_table[family];
    const char *first = pg_text(result, row, 1), *second = pg_text(result, row, 2);
    int64_t value = pg_int(result, row, 3);
    metric_set(metrics_at(look->context->metrics, family, about->labels[0] ? first : NULL,
                          about->labels[1] ? second : NULL),
               about->unit ? (double)value / 1e6 : (double)value);
    note(look, family, first, second, value);
}

static void on_looked(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct metrics_look *look = owner;
    double took = steady_s() - look->begun;
    look->asked = false;
    forget(look);
    look_within(look, took * SHARE_LEAST > LOOK_EACH_S ? took * SHARE_LEAST : LOOK_EACH_S);
    if (failure) {
        if (!look->failed)
            context_failed("metrics", "state not read", failure);
        look->failed = true;
        return;
    }
    look->failed = false;
    for (int row = 0; row < PQntuples(result); row++)
        take_row(look, result, row);
    look->looked = steady_s();
    metric_set(metrics_at(look->context->metrics, METRIC_STATE_LOOK, NULL, NULL), look->looked);
}

/* --- the look --- */

static void observe(struct metrics_look *look, const char *database, double seconds)
{
    metric_observe(metrics_at(look->context->metrics, METRIC_ROUND_TRIP, database, NULL), seconds);
}

static void on_folded(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    (void)owner, (void)result;
    context_failed("metrics", "cases not counted", failure);
}

/* The figures of cases follow the clocks also where no duban-web runs, which does the same: one of
 * both, and what it has done the other needn't. */
static void fold(struct metrics_look *look)
{
    struct pg_params *params = pg_params_create();
    pg_param_int(params, FOLD_MOST);
    pg_query(look->pg, "SELECT duban.web_fold($1)", params, on_folded, NULL);
    pg_params_destroy(params);
}

static void on_trip(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct metrics_look *look = owner;
    (void)result;
    if (failure) {
        look->asked = false;
        look_within(look, LOOK_EACH_S);
        return;
    }
    observe(look, "state", steady_s() - look->begun);
    look->begun = steady_s();
    if (look->context->leads)
        fold(look);
    struct pg_params *params = pg_params_create();
    pg_param_int(params, QUEUE_MOST);
    pg_query(look->pg, "SELECT * FROM duban.metrics($1)", params, on_looked, look);
    pg_params_destroy(params);
}

static void on_source_trip(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct metrics_look *look = owner;
    (void)result;
    look->source_asked = false;
    if (failure == NULL)
        observe(look, "source", steady_s() - look->source_begun);
}

/* Behind a page that is being read it would be that page that is measured. */
static void ask_source(struct metrics_look *look)
{
    struct pg *source = look->context->source;
    if (look->source_asked || !pg_is_up(source) || pg_waiting(source) > 0)
        return;
    look->source_asked = true;
    look->source_begun = steady_s();
    pg_query(source, EMPTY_QUERY, NULL, on_source_trip, look);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    struct metrics_look *look =
        (struct metrics_look *)(void *)((char *)timer - offsetof(struct metrics_look, timer));
    ev_timer_stop(loop, timer);
    if (look->asked || !pg_is_up(look->pg)) /* its coming up, or its end, goes on */
        return;
    ask_source(look);
    look->asked = true;
    look->begun = steady_s();
    pg_query(look->pg, EMPTY_QUERY, NULL, on_trip, look);
}

void metrics_look_up(struct metrics_look *look)
{
    look_within(look, 0.);
}

void metrics_look_lost(struct metrics_look *look)
{
    ev_timer_stop(look->context->loop, &look->timer);
    forget(look);
}

void metrics_look_use(struct metrics_look *look, struct pg *pg)
{
    look->pg = pg;
}

void metrics_look_init(struct metrics_look *look, struct context *context)
{
    *look = (struct metrics_look){.context = context};
    ev_init(&look->timer, on_timer);
}

void metrics_look_finish(struct metrics_look *look)
{
    ev_timer_stop(look->context->loop, &look->timer);
}
