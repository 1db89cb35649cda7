/* Stage 4, dispatcher.
 *
 * A turn claims due messages, as many per endpoint as its lane has room for. What is claimed is in
 * custody (custody.c) until it is completed; each lane sends its own (sender.c), and the verdicts
 * go back to the database in batches (completer.c).
 */
#include "dispatcher.h"

#include "duban/log.h"
#include "duban/mem.h"

#include <assert.h>

#define RETRY_US      US_PER_S
#define FLOOR_LAG_US  (60 * US_PER_S) /* how late a commit may show what was due earlier */
#define SWEEP_EACH_US (10 * US_PER_S) /* for what waited behind another message */

/* --- claim --- */

static struct lane *lane_of(const struct dispatcher *dispatcher, int64_t endpoint)
{
    size_t low = 0, high = dispatcher->lane_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (dispatcher->lanes[middle]->endpoint < endpoint)
            low = middle + 1;
        else
            high = middle;
    }
    return low < dispatcher->lane_count && dispatcher->lanes[low]->endpoint == endpoint
               ? dispatcher->lanes[low]
               : NULL;
}

static void take_parcel(struct dispatcher *dispatcher, const PGresult *result, int row)
{
    struct lane *lane = lane_of(dispatcher, pg_int(result, row, 3));
    assert(lane); /* claimed for this very lane */
    lane->got++;
    if (PQgetisnull(result, row, 2)) /* its reason has gone: it ended in the claim */
        return;
    struct parcel *parcel = mem_zero(1, sizeof *parcel);
    *parcel = (struct parcel){
        .lane = lane,
        .id = pg_int(result, row, 1),
        .token = pg_int(result, row, 2),
        .attempt = (int32_t)pg_int(result, row, 4),
        .first_at = pg_instant(result, row, 5),
        .lease_until = dispatcher->lease_until,
        .public_id = mem_text(pg_text(result, row, 6)),
        .address = mem_text(pg_text(result, row, 7)),
        .body = mem_text(pg_text(result, row, 8)),
        .kind = mem_text(pg_text(result, row, 9)),
        .case_no = mem_text(pg_text(result, row, 10)),
    };
    delivery_list_add(&lane->queue, parcel);
    custody_hold(&dispatcher->custody, parcel);
}

static void on_claimed(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct dispatcher *dispatcher = owner;
    if (context_failed("dispatcher", "messages not claimed", failure)) {
        custody_claim_ended(&dispatcher->custody);
        stage_done(&dispatcher->stage, RETRY_US);
        return;
    }
    int rows = PQntuples(result) - 1; /* the last one tells the time */
    wall_us now = pg_instant(result, rows, 0);
    context_hear(dispatcher->context, now);
    for (int row = 0; row < rows; row++)
        take_parcel(dispatcher, result, row);
    custody_claim_ended(&dispatcher->custody);
    bool again = false;
    for (size_t i = 0; i < dispatcher->lane_count; i++) {
        struct lane *lane = dispatcher->lanes[i];
        if (lane->asked == 0)
            continue;
        lane->more = lane->got == lane->asked;
        if (!lane->more)
            lane->floor = now - FLOOR_LAG_US;
        lane->asked = lane->got = 0;
        sender_go(lane);
        again |= lane->more && sender_room(lane) > 0;
    }
    stage_done(&dispatcher->stage, again ? 0 : dispatcher->context->config->config->daemon.poll_us);
}

/* Asks every lane's room; false when none has any. */
static bool add_rooms(struct dispatcher *dispatcher, struct pg_params *params)
{
    wall_us now = context_now(dispatcher->context);
    bool sweep = now - dispatcher->swept_at > SWEEP_EACH_US, any = false;
    if (sweep)
        dispatcher->swept_at = now;
    for (size_t i = 0; i < dispatcher->lane_count; i++) {
        struct lane *lane = dispatcher->lanes[i];
        lane->asked = sender_room(lane);
        any |= lane->asked > 0;
    }
    pg_array_begin(params, PG_INT8);
    for (size_t i = 0; i < dispatcher->lane_count; i++)
        if (dispatcher->lanes[i]->asked > 0)
            pg_array_int(params, dispatcher->lanes[i]->endpoint);
    pg_array_end(params);
    pg_array_begin(params, PG_INT8);
    for (size_t i = 0; i < dispatcher->lane_count; i++)
        if (dispatcher->lanes[i]->asked > 0)
            pg_array_int(params, (int64_t)dispatcher->lanes[i]->asked);
    pg_array_end(params);
    pg_array_begin(params, PG_TIMESTAMPTZ);
    for (size_t i = 0; i < dispatcher->lane_count; i++)
        if (dispatcher->lanes[i]->asked > 0)
            pg_array_instant(params, sweep ? WALL_NONE : dispatcher->lanes[i]->floor);
    pg_array_end(params);
    return any;
}

static void claim(struct dispatcher *dispatcher)
{
    struct context *context = dispatcher->context;
    span_us lease_us = context->config->config->daemon.lease_us;
    pg_params_clear(dispatcher->params);
    pg_param_int(dispatcher->params, context->node);
    pg_param_int(dispatcher->params, lease_us);
    if (!add_rooms(dispatcher, dispatcher->params)) {
        stage_done(&dispatcher->stage, context->config->config->daemon.poll_us);
        return;
    }
    /* Counted from before the claim: our idea of the lease ends before the database's. */
    dispatcher->lease_until = ev_now(context->loop) + (double)lease_us / 1e6;
    custody_claim_begins(&dispatcher->custody);
    pg_query(context->work, "SELECT * FROM duban.claim($1, $2, $3, $4, $5)", dispatcher->params,
             on_claimed, dispatcher);
}

static void on_endpoints(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct dispatcher *dispatcher = owner;
    if (context_failed("dispatcher", "endpoints not read", failure)) {
        stage_done(&dispatcher->stage, RETRY_US);
        return;
    }
    int rows = PQntuples(result);
    size_t count = dispatcher->lane_count + (size_t)rows;
    dispatcher->lanes = mem_grow(dispatcher->lanes, count, sizeof *dispatcher->lanes);
    for (int row = 0; row < rows; row++) {
        dispatcher->last_endpoint = pg_int(result, row, 0);
        dispatcher->lanes[dispatcher->lane_count++] =
            lane_create(&dispatcher->sender, dispatcher->last_endpoint, pg_text(result, row, 1),
                        pg_text(result, row, 2));
    }
    claim(dispatcher);
}

static void begin_turn(struct stage *stage)
{
    struct dispatcher *dispatcher = (struct dispatcher *)(void *)stage;
    struct pg_params *params = pg_params_create();
    pg_param_int(params, dispatcher->last_endpoint);
    pg_query(dispatcher->context->work, "SELECT * FROM duban.endpoints_after($1)", params,
             on_endpoints, dispatcher);
    pg_params_destroy(params);
}

/* --- joining and leaving --- */

static void on_joined(void *owner)
{
    struct dispatcher *dispatcher = owner;
    completer_go_on(&dispatcher->completer);
    if (!dispatcher->context->stopping)
        stage_enable(&dispatcher->stage);
    dispatcher->on_joined(dispatcher->owner);
}

void dispatcher_join(struct dispatcher *dispatcher)
{
    custody_join(&dispatcher->custody);
}

void dispatcher_lost(struct dispatcher *dispatcher)
{
    custody_lost(&dispatcher->custody);
    stage_disable(&dispatcher->stage);
}

static void on_released(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    (void)owner, (void)result;
    context_failed("dispatcher", "unsent messages not given back", failure);
}

void dispatcher_drain(struct dispatcher *dispatcher)
{
    struct pg_params *params = pg_params_create();
    struct delivery_list back = {0};
    const struct parcel *parcel;
    stage_disable(&dispatcher->stage);
    for (size_t i = 0; i < dispatcher->lane_count; i++)
        for (struct parcel *p; (p = delivery_list_take(&dispatcher->lanes[i]->queue)) != NULL;)
            delivery_list_add(&back, p);
    pg_array_begin(params, PG_INT8);
    for (parcel = back.first; parcel; parcel = parcel->next)
        pg_array_int(params, parcel->id);
    pg_array_end(params);
    pg_array_begin(params, PG_INT8);
    for (parcel = back.first; parcel; parcel = parcel->next)
        pg_array_int(params, parcel->token);
    pg_array_end(params);
    if (back.count > 0)
        pg_query(dispatcher->context->work, "SELECT duban.release($1, $2)", params, on_released,
                 dispatcher);
    pg_params_destroy(params);
    for (struct parcel *p; (p = delivery_list_take(&back)) != NULL;)
        custody_let_go(&dispatcher->custody, p);
}

bool dispatcher_is_drained(const struct dispatcher *dispatcher)
{
    return dispatcher->custody.count == 0 && pg_waiting(dispatcher->context->work) == 0;
}

void dispatcher_init(struct dispatcher *dispatcher, struct context *context,
                     void (*joined)(void *owner), void *owner)
{
    *dispatcher = (struct dispatcher){
        .context = context, .params = pg_params_create(), .on_joined = joined, .owner = owner};
    stage_init(&dispatcher->stage, context->loop, "dispatcher", begin_turn);
    context->dispatcher = &dispatcher->stage;
    custody_init(&dispatcher->custody, context, on_joined, dispatcher);
    completer_init(&dispatcher->completer, context, &dispatcher->custody);
    sender_init(&dispatcher->sender, context, &dispatcher->custody, &dispatcher->completer);
}

void dispatcher_finish(struct dispatcher *dispatcher)
{
    stage_disable(&dispatcher->stage);
    completer_finish(&dispatcher->completer);
    custody_finish(&dispatcher->custody);
    for (size_t i = 0; i < dispatcher->lane_count; i++)
        lane_destroy(dispatcher->lanes[i]);
    free(dispatcher->lanes);
    pg_params_destroy(dispatcher->params);
}
