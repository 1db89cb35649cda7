/* Verdicts on their way into the database.
 *
 * While one completion is under way the next verdicts gather. What can't be completed because the
 * database is away stays in memory and is completed when it is back: the tokens make a repeat
 * harmless, and say whether somebody else has taken a message over meanwhile. */
#include "completer.h"

#include "duban/log.h"

#include <stddef.h>

#define RETRY_S       1.
#define COMPLETE_MOST 1000

static void on_completed(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct completer *completer = owner;
    completer->busy = false;
    if (context_failed("dispatcher", "verdicts not written", failure)) {
        ev_timer_again(completer->context->loop, &completer->timer);
        return;
    }
    context_hear(completer->context, pg_instant(result, 0, 0));
    if (pg_int(result, 0, 2) > 0)
        log_line(LOG_LEVEL_WARNING, "dispatcher", "late verdicts",
                 log_int("messages", pg_int(result, 0, 2)));
    for (size_t i = 0; i < completer->under_way; i++) {
        struct parcel *parcel = delivery_list_take(&completer->done);
        if (parcel->fallback[0]) /* its recipients are to be told on another channel */
            stage_wake(completer->context->composer);
        custody_let_go(completer->custody, parcel);
    }
    completer->under_way = 0;
    completer_go_on(completer);
}

static void add_verdicts(struct pg_params *params, const struct parcel *first, size_t count)
{
    const struct parcel *parcel;
    size_t i;
#define ARRAY(type, add, value)                                                                    \
    pg_array_begin(params, type);                                                                  \
    for (parcel = first, i = 0; i < count; parcel = parcel->next, i++)                             \
        add(params, value);                                                                        \
    pg_array_end(params)
    ARRAY(PG_INT8, pg_array_int, parcel->id);
    ARRAY(PG_INT8, pg_array_int, parcel->token);
    ARRAY(PG_INT8, pg_array_int, parcel->attempt);
    ARRAY(PG_TEXT, pg_array_text, verdict_word(parcel->outcome.verdict));
    ARRAY(PG_INT8, pg_array_int, parcel->status);
    ARRAY(PG_TEXT, pg_array_text, parcel->outcome.detail);
    ARRAY(PG_TEXT, pg_array_text, parcel->outcome.provider_id);
    ARRAY(PG_INT8, pg_array_int, parcel->took_ms);
    ARRAY(PG_INT8, pg_array_int, parcel->retry_after_us);
    ARRAY(PG_TEXT, pg_array_text, parcel->dead_reason);
    ARRAY(PG_TEXT, pg_array_text, parcel->fallback);
    ARRAY(PG_INT8, pg_array_int, parcel->channel ? parcel->channel->receipt_us : 0);
#undef ARRAY
}

/* Sends the verdicts at the head of the list; they leave it when the database has them. */
void completer_go_on(struct completer *completer)
{
    struct context *context = completer->context;
    if (completer->busy || completer->done.count == 0 || !pg_is_up(context->work) ||
        ev_is_active(&completer->timer))
        return;
    size_t count = completer->done.count;
    completer->busy = true;
    completer->under_way = count < COMPLETE_MOST ? count : COMPLETE_MOST;
    pg_params_clear(completer->params);
    pg_param_int(completer->params, context->node);
    add_verdicts(completer->params, completer->done.first, completer->under_way);
    pg_query(context->work,
             "SELECT * FROM duban.complete($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
             completer->params, on_completed, completer);
}

void completer_add(struct completer *completer, struct parcel *parcel)
{
    delivery_list_add(&completer->done, parcel);
    completer_go_on(completer);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    ev_timer_stop(loop, timer);
    completer_go_on(
        (struct completer *)(void *)((char *)timer - offsetof(struct completer, timer)));
}

void completer_init(struct completer *completer, struct context *context, struct custody *custody)
{
    *completer =
        (struct completer){.context = context, .custody = custody, .params = pg_params_create()};
    ev_init(&completer->timer, on_timer);
    completer->timer.repeat = RETRY_S;
}

void completer_finish(struct completer *completer)
{
    ev_timer_stop(completer->context->loop, &completer->timer);
    pg_params_destroy(completer->params);
}
