/* Stage 4, dispatcher.
 *
 * A turn claims due messages, as many per endpoint as its lane has room for. What is claimed is in
 * custody (custody.c) until it is completed; each lane sends its own (sender.c), and the verdicts
 * go back to the database in batches (completer.c).
 */
#include "dispatcher.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/steady.h"

#include <assert.h>

#define RETRY_US      US_PER_S
#define FLOOR_LAG_US  (60 * US_PER_S) /* how late a commit may show what was due earlier */
#define SWEEP_EACH_US (10 * US_PER_S) /* for what waited behind another message */
#define PROBE_LAG_US  (5 * US_PER_S)  /* beyond its timeout a probe's verdict may need */

/* --- claim --- */

static void take_parcel(struct dispatcher *dispatcher, const PGresult *result, int row)
{
    struct lane *lane = lanes_find(&dispatcher->lanes, pg_int(result, row, 3));
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
        .probe = lane->probe_asked,
        .fallback = "",
        .first_at = pg_instant(result, row, 5),
        .lease_until = dispatcher->lease_until,
        .public_id = mem_text(pg_text(result, row, 6)),
        .address = mem_text(pg_text(result, row, 7)),
        .body = mem_text(pg_text(result, row, 8)),
        .kind = mem_text(pg_text(result, row, 9)),
        .case_no = mem_text(pg_text(result, row, 10)),
    };
    lane->probing |= parcel->probe;
    delivery_list_add(&lane->queue, parcel);
    custody_hold(&dispatcher->custody, parcel);
}

/* Ends a lane's part of a claim; whether it may claim more at once. */
static bool end_claim(struct lane *lane, wall_us now)
{
    bool asked = lane->asked > 0;
    if (asked) {
        lane->more = lane->got == lane->asked;
        if (!lane->more && !lane->parked) /* what comes back from there was due long ago */
            lane->floor = now - FLOOR_LAG_US;
    }
    if (lane->probe_asked && !lane->probing) /* nothing to try with, or another daemon tries */
        lane->breaker.until = now + RETRY_US;
    lane->asked = lane->got = 0;
    lane->probe_asked = false;
    if (asked || lane->queue.count > 0)
        sender_go(lane);
    return asked && lane->more && sender_room(lane) > 0;
}

/* Until the next look: the poll, unless something comes due sooner. */
static span_us pause_of(const struct dispatcher *dispatcher)
{
    span_us pause_us = dispatcher->context->config->config->daemon.poll_us;
    for (size_t i = 0; i < dispatcher->lanes.count; i++) {
        const struct lane *lane = dispatcher->lanes.items[i];
        span_us wait_us = sender_wait(lane);
        if ((!lane_is_well(lane) || lane->parked) && pause_us > RETRY_US)
            pause_us = RETRY_US;
        if (wait_us > 0 && pause_us > wait_us)
            pause_us = wait_us;
    }
    return pause_us;
}

static void on_claimed(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct dispatcher *dispatcher = owner;
    if (context_failed("dispatcher", "messages not claimed", failure)) {
        for (size_t i = 0; i < dispatcher->lanes.count; i++)
            dispatcher->lanes.items[i]->probe_asked = false;
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
    for (size_t i = 0; i < dispatcher->lanes.count; i++)
        again |= end_claim(dispatcher->lanes.items[i], now);
    stage_done(&dispatcher->stage, again ? 0 : pause_of(dispatcher));
}

/* Asks every lane's room; false when none has any. */
static bool add_rooms(struct dispatcher *dispatcher, struct pg_params *params)
{
    const struct lanes *lanes = &dispatcher->lanes;
    bool any = false;
    for (size_t i = 0; i < lanes->count; i++) {
        lanes->items[i]->asked = sender_room(lanes->items[i]);
        any |= lanes->items[i]->asked > 0;
    }
    pg_array_begin(params, PG_INT8);
    for (size_t i = 0; i < lanes->count; i++)
        if (lanes->items[i]->asked > 0)
            pg_array_int(params, lanes->items[i]->endpoint);
    pg_array_end(params);
    pg_array_begin(params, PG_INT8);
    for (size_t i = 0; i < lanes->count; i++)
        if (lanes->items[i]->asked > 0)
            pg_array_int(params, (int64_t)lanes->items[i]->asked);
    pg_array_end(params);
    pg_array_begin(params, PG_TIMESTAMPTZ);
    for (size_t i = 0; i < lanes->count; i++) {
        const struct lane *lane = lanes->items[i];
        bool from_bottom = dispatcher->sweep || lane->parked;
        if (lane->asked > 0)
            pg_array_instant(params, from_bottom ? WALL_NONE : lane->floor);
    }
    pg_array_end(params);
    return any;
}

/* Asks for a message each of the endpoints whose pause is over; false when there are none. */
static bool add_probes(struct dispatcher *dispatcher, struct pg_params *params)
{
    const struct lanes *lanes = &dispatcher->lanes;
    const struct config *config = dispatcher->context->config->config;
    wall_us now = context_now(dispatcher->context);
    bool any = false;
    pg_array_begin(params, PG_INT8);
    for (size_t i = 0; i < lanes->count; i++) {
        struct lane *lane = lanes->items[i];
        lane->probe_asked = sender_may_probe(lane, now);
        any |= lane->probe_asked;
        if (lane->probe_asked)
            pg_array_int(params, lane->endpoint);
    }
    pg_array_end(params);
    pg_array_begin(params, PG_INT8);
    for (size_t i = 0; i < lanes->count; i++) {
        const struct channel *channel = config_channel(config, lanes->items[i]->channel);
        if (lanes->items[i]->probe_asked)
            pg_array_int(params, PROBE_LAG_US + (channel ? channel->timeout_us : 0));
    }
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
    bool any = add_rooms(dispatcher, dispatcher->params);
    any |= add_probes(dispatcher, dispatcher->params);
    if (!any) {
        stage_done(&dispatcher->stage, pause_of(dispatcher));
        return;
    }
    /* Counted from before the claim: our idea of the lease ends before the database's. */
    dispatcher->lease_until = steady_s() + (double)lease_us / 1e6;
    custody_claim_begins(&dispatcher->custody);
    pg_query(context->work, "SELECT * FROM duban.claim($1, $2, $3, $4, $5, $6, $7)",
             dispatcher->params, on_claimed, dispatcher);
}

/* --- a turn: endpoints, how they are, what is to be moved, claim --- */

static void on_looked(void *owner, bool fine)
{
    struct dispatcher *dispatcher = owner;
    if (!fine) {
        stage_done(&dispatcher->stage, RETRY_US);
        return;
    }
    parking_go(&dispatcher->parking, dispatcher->sweep);
    claim(dispatcher);
}

static void meet_endpoint(struct dispatcher *dispatcher, const PGresult *result, int row)
{
    int64_t endpoint = pg_int(result, row, 0);
    struct lane *lane = lanes_find(&dispatcher->lanes, endpoint);
    if (lane == NULL) {
        lane = lane_create(&dispatcher->sender, endpoint, pg_text(result, row, 1),
                           pg_text(result, row, 2));
        lanes_add(&dispatcher->lanes, lane);
        health_meet(&dispatcher->health, lane,
                    PQgetisnull(result, row, 3) ? -1 : pg_int(result, row, 3));
        dispatcher->health.looked = 0.; /* how it is must be known first */
    }
    lane->parked |= pg_bool(result, row, 4);
    if (dispatcher->last_endpoint < endpoint)
        dispatcher->last_endpoint = endpoint;
}

static void on_endpoints(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct dispatcher *dispatcher = owner;
    if (context_failed("dispatcher", "endpoints not read", failure)) {
        stage_done(&dispatcher->stage, RETRY_US);
        return;
    }
    for (int row = 0; row < PQntuples(result); row++)
        meet_endpoint(dispatcher, result, row);
    health_look(&dispatcher->health);
}

/* A number that was committed late lies below the last one: the sweep finds it. */
static void begin_turn(struct stage *stage)
{
    struct dispatcher *dispatcher = (struct dispatcher *)(void *)stage;
    if (dispatcher->context->standing != STANDING_FINE) { /* woken when it changes */
        stage_done(stage, pause_of(dispatcher));
        return;
    }
    struct pg_params *params = pg_params_create();
    wall_us now = context_now(dispatcher->context);
    dispatcher->sweep = now - dispatcher->swept_at > SWEEP_EACH_US || now < dispatcher->swept_at;
    if (dispatcher->sweep)
        dispatcher->swept_at = now;
    pg_param_int(params, dispatcher->sweep ? 0 : dispatcher->last_endpoint);
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
    health_lost(&dispatcher->health);
    stage_disable(&dispatcher->stage);
}

void dispatcher_reload(struct dispatcher *dispatcher)
{
    health_reload(&dispatcher->health);
}

void dispatcher_drain(struct dispatcher *dispatcher)
{
    struct delivery_list back = {0};
    stage_disable(&dispatcher->stage);
    for (size_t i = 0; i < dispatcher->lanes.count; i++)
        for (struct parcel *p;
             (p = delivery_list_take(&dispatcher->lanes.items[i]->queue)) != NULL;)
            delivery_list_add(&back, p);
    custody_give_back(&dispatcher->custody, &back);
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
    health_init(&dispatcher->health, context, &dispatcher->lanes, on_looked, dispatcher);
    parking_init(&dispatcher->parking, context, &dispatcher->lanes);
    sender_init(&dispatcher->sender, context, &dispatcher->custody, &dispatcher->completer,
                &dispatcher->health);
}

void dispatcher_finish(struct dispatcher *dispatcher)
{
    stage_disable(&dispatcher->stage);
    completer_finish(&dispatcher->completer);
    custody_finish(&dispatcher->custody);
    health_finish(&dispatcher->health);
    parking_finish(&dispatcher->parking);
    lanes_finish(&dispatcher->lanes);
    pg_params_destroy(dispatcher->params);
}
