/* Joining, giving back, taking over. */
#include "custody.h"

#include "duban/log.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#define LOOK_EACH_S 2.

void custody_hold(struct custody *custody, struct parcel *parcel)
{
    LIST_INSERT_HEAD(&custody->held, parcel, held);
    custody->count++;
}

void custody_let_go(struct custody *custody, struct parcel *parcel)
{
    LIST_REMOVE(parcel, held);
    custody->count--;
    if (parcel->probe)
        parcel->lane->probing = false;
    parcel_destroy(parcel);
}

/* --- messages that were not begun --- */

static void on_released(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct custody *custody = owner;
    (void)result;
    if (!context_failed("dispatcher", "unsent messages not given back", failure))
        stage_wake(custody->context->dispatcher);
}

void custody_give_back(struct custody *custody, struct delivery_list *list)
{
    if (list->count == 0)
        return;
    const struct parcel *parcel;
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_INT8);
    for (parcel = list->first; parcel; parcel = parcel->next)
        pg_array_int(params, parcel->id);
    pg_array_end(params);
    pg_array_begin(params, PG_INT8);
    for (parcel = list->first; parcel; parcel = parcel->next)
        pg_array_int(params, parcel->token);
    pg_array_end(params);
    pg_query(custody->context->work, "SELECT duban.release($1, $2)", params, on_released, custody);
    pg_params_destroy(params);
    for (struct parcel *p; (p = delivery_list_take(list)) != NULL;)
        custody_let_go(custody, p);
}

/* --- messages that the database takes for ours --- */

static void on_given_back(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct custody *custody = owner;
    if (context_failed("dispatcher", "unsent messages not given back", failure) ||
        pg_int(result, 0, 0) == 0)
        return;
    log_line(LOG_LEVEL_WARNING, "dispatcher", "gave unsent messages back",
             log_int("messages", pg_int(result, 0, 0)));
    stage_wake(custody->context->dispatcher);
}

/* Never beside a claim; then it waits for the claim's end. */
static void give_back(struct custody *custody)
{
    struct context *context = custody->context;
    if (!custody->give_back_wanted || custody->claiming || !pg_is_up(context->work))
        return;
    custody->give_back_wanted = false;
    const struct parcel *parcel;
    struct pg_params *params = pg_params_create();
    pg_param_int(params, context->node);
    pg_array_begin(params, PG_INT8);
    for (parcel = LIST_FIRST(&custody->held); parcel; parcel = LIST_NEXT(parcel, held))
        pg_array_int(params, parcel->id);
    pg_array_end(params);
    pg_query(context->work, "SELECT duban.release_unknown($1, $2)", params, on_given_back, custody);
    pg_params_destroy(params);
}

void custody_claim_begins(struct custody *custody)
{
    custody->claiming = true;
}

void custody_claim_ended(struct custody *custody)
{
    custody->claiming = false;
    give_back(custody);
}

/* --- messages of dispatchers that died --- */

static void on_reaped(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct custody *custody = owner;
    custody->reaping = false;
    if (context_failed("dispatcher", "lost messages not looked for", failure))
        return;
    context_hear(custody->context, pg_instant(result, 0, 0));
    if (pg_int(result, 0, 1) + pg_int(result, 0, 2) == 0)
        return;
    log_line(LOG_LEVEL_WARNING, "dispatcher", "took over from a dispatcher that stopped",
             log_int("repeated", pg_int(result, 0, 1)), log_int("parked", pg_int(result, 0, 2)));
    stage_wake(custody->context->dispatcher);
}

static void reap(struct custody *custody)
{
    struct context *context = custody->context;
    if (custody->reaping || context->node == 0 || !pg_is_up(context->work))
        return;
    custody->reaping = true;
    struct pg_params *params = pg_params_create();
    pg_param_int(params, context->node);
    pg_query(context->work, "SELECT * FROM duban.reap($1)", params, on_reaped, custody);
    pg_params_destroy(params);
}

/* --- joining --- */

static void on_joined(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct custody *custody = owner;
    custody->joining = false;
    if (context_failed("dispatcher", "this daemon is not registered", failure))
        return;
    custody->context->node = pg_int(result, 0, 0);
    custody->joined = true;
    log_line(LOG_LEVEL_INFO, "dispatcher", "joined", log_int("node", custody->context->node));
    custody->on_joined(custody->owner); /* verdicts that waited are completed before the rest */
    custody->give_back_wanted = true;
    give_back(custody);
    reap(custody);
}

void custody_join(struct custody *custody)
{
    struct context *context = custody->context;
    char name[160], host[100] = "";
    if (custody->joining)
        return;
    custody->joining = true;
    gethostname(host, sizeof host - 1);
    snprintf(name, sizeof name, "%s/%d", host, (int)getpid());
    struct pg_params *params = pg_params_create();
    pg_param_int(params, context->node);
    pg_param_text(params, name);
    pg_param_text(params, context->config->config->version);
    pg_param_text(params, DUBAN_VERSION);
    pg_query(context->work, "SELECT duban.node_join($1, $2, $3, $4)", params, on_joined, custody);
    pg_params_destroy(params);
}

void custody_lost(struct custody *custody)
{
    custody->joined = false;
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct custody *custody =
        (struct custody *)(void *)((char *)timer - offsetof(struct custody, timer));
    if (!custody->joined) {
        if (pg_is_up(custody->context->work))
            custody_join(custody); /* it was refused before */
        return;
    }
    custody->give_back_wanted = true;
    give_back(custody);
    reap(custody);
}

void custody_init(struct custody *custody, struct context *context, void (*joined)(void *owner),
                  void *owner)
{
    *custody = (struct custody){.context = context, .on_joined = joined, .owner = owner};
    ev_timer_init(&custody->timer, on_timer, LOOK_EACH_S, LOOK_EACH_S);
    ev_timer_start(context->loop, &custody->timer);
}

void custody_finish(struct custody *custody)
{
    ev_timer_stop(custody->context->loop, &custody->timer);
    while (!LIST_EMPTY(&custody->held)) /* those being sent are on no other list */
        custody_let_go(custody, LIST_FIRST(&custody->held));
}
