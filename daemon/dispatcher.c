/* Stage 4, dispatcher.
 *
 * A turn claims due messages, as many per endpoint as its lane has room for. Each lane sends its
 * own, so many at a time as its channel allows. Replies become verdicts, verdicts are completed in
 * batches: while one completion is under way the next ones gather. What can't be completed because
 * the database is away stays in memory and is completed when it is back; its token says whether
 * somebody else has taken the message over meanwhile.
 *
 * All claimed messages are on one list of what is held. What the database believes to be in this
 * daemon's hands, but isn't on it, was never sent: the claim's reply was lost with the connection,
 * or its lease had become too short. It goes back to the queue, even where a repeat would do harm.
 */
#include "dispatcher.h"

#include "duband.h"

#include "duban/delivery.h"
#include "duban/log.h"
#include "duban/mem.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RETRY_US      US_PER_S
#define REAP_EACH_S   2.
#define FLOOR_LAG_US  (60 * US_PER_S)
#define SWEEP_EACH_US (60 * US_PER_S)
#define COMPLETE_MOST 1000
#define QUICK_MS      1000 /* a reply within this lets the lane's window grow */

static void complete(struct dispatcher *dispatcher);
static void give_back(struct dispatcher *dispatcher);
static void lane_send(struct lane *lane);

static bool failed(const char *what, const struct pg_failure *failure)
{
    if (failure && failure->sqlstate[0])
        log_line(LOG_LEVEL_ERROR, "dispatcher", what, log_text("error", failure->error.text));
    return failure != NULL;
}

static void hear_now(struct dispatcher *dispatcher, wall_us now)
{
    dispatcher->now = now;
    dispatcher->heard = ev_now(dispatcher->duband->loop);
}

static void hold(struct dispatcher *dispatcher, struct parcel *parcel)
{
    LIST_INSERT_HEAD(&dispatcher->held, parcel, held);
    dispatcher->claimed++;
}

/* Out of our hands: completed, or never to be sent by this claim. */
static void let_go(struct dispatcher *dispatcher, struct parcel *parcel)
{
    LIST_REMOVE(parcel, held);
    dispatcher->claimed--;
    parcel_destroy(parcel);
}

/* The state database's clock, as far as it can be told without asking. */
static wall_us now_of(const struct dispatcher *dispatcher)
{
    double passed = ev_now(dispatcher->duband->loop) - dispatcher->heard;
    return dispatcher->now + (wall_us)(passed * 1e6);
}

/* xorshift64*: only spreads retries. */
static uint64_t next_random(struct dispatcher *dispatcher)
{
    uint64_t x = dispatcher->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    dispatcher->random = x;
    return x * UINT64_C(2685821657736338717);
}

static const struct channel *channel_of(const struct lane *lane)
{
    return config_channel(lane->dispatcher->duband->config->config, lane->channel);
}

static size_t concurrency_of(const struct lane *lane)
{
    const struct channel *channel = channel_of(lane);
    return channel ? (size_t)channel->concurrency : 1;
}

static size_t window_most(const struct dispatcher *dispatcher)
{
    return (size_t)dispatcher->duband->config->config->daemon.batch;
}

/* --- verdict --- */

static void log_verdict(const struct parcel *parcel)
{
    enum log_level level = parcel->dead_reason[0]        ? LOG_LEVEL_WARNING
                           : parcel->retry_after_us >= 0 ? LOG_LEVEL_INFO
                                                         : LOG_LEVEL_DEBUG;
    log_line(level, "dispatcher",
             parcel->dead_reason[0]        ? "dead"
             : parcel->retry_after_us >= 0 ? "to be tried again"
                                           : "sent",
             log_text("message", parcel->public_id), log_text("case", parcel->case_no),
             log_text("kind", parcel->kind), log_text("channel", parcel->lane->channel),
             log_int("attempt", parcel->attempt),
             log_text("verdict", verdict_word(parcel->outcome.verdict)),
             log_int("status", parcel->status), log_text("detail", parcel->outcome.detail));
}

/* A parcel has its outcome: what becomes of it is decided and waits to be completed. */
static void settle(struct parcel *parcel)
{
    struct dispatcher *dispatcher = parcel->lane->dispatcher;
    struct delivery delivery;
    if (parcel->channel) {
        delivery_decide(parcel->channel, &parcel->outcome, parcel->attempt,
                        now_of(dispatcher) - parcel->first_at, next_random(dispatcher), &delivery);
    } else {
        delivery = (struct delivery){.retry_after_us = -1};
        snprintf(delivery.dead_reason, sizeof delivery.dead_reason,
                 "its channel is no longer configured");
    }
    parcel->retry_after_us = delivery.retry_after_us;
    memcpy(parcel->dead_reason, delivery.dead_reason, sizeof parcel->dead_reason);
    log_verdict(parcel);
    delivery_list_add(&dispatcher->done, parcel);
    complete(dispatcher);
}

static void on_reply(void *context, const struct http_reply *reply)
{
    struct parcel *parcel = context;
    struct lane *lane = parcel->lane;
    struct ev_loop *loop = lane->dispatcher->duband->loop;
    parcel->channel->type->verdict(parcel->channel, reply, &parcel->outcome);
    parcel->status = reply->status;
    parcel->took_ms = (int64_t)((ev_now(loop) - parcel->begun) * 1e3);
    lane->sending--;
    bool well =
        parcel->outcome.verdict == VERDICT_DELIVERED || parcel->outcome.verdict == VERDICT_ACCEPTED;
    lane_learn(lane, well && parcel->took_ms < QUICK_MS, concurrency_of(lane),
               window_most(lane->dispatcher));
    settle(parcel);
    lane_send(lane);
}

/* --- request --- */

/* Something of ours is wrong with this very message: told as a verdict, not tried. */
static void refuse(struct parcel *parcel, enum verdict verdict, const char *why)
{
    parcel->outcome = (struct outcome){.verdict = verdict};
    snprintf(parcel->outcome.detail, sizeof parcel->outcome.detail, "%.199s", why);
    settle(parcel);
}

static void send_parcel(struct parcel *parcel)
{
    struct lane *lane = parcel->lane;
    struct dispatcher *dispatcher = lane->dispatcher;
    struct http_request request = {0};
    struct error error;
    const struct message message = {.id = parcel->public_id,
                                    .address = parcel->address,
                                    .body = parcel->body,
                                    .body_length = strlen(parcel->body),
                                    .attempt = parcel->attempt};
    parcel->config = duband_config(dispatcher->duband);
    parcel->channel = config_channel(parcel->config->config, lane->channel);
    if (parcel->channel == NULL) {
        refuse(parcel, VERDICT_PERMANENT, "");
        return;
    }
    if (!parcel->channel->type->request(parcel->channel, &message, now_of(dispatcher), &request,
                                        &error)) {
        refuse(parcel, VERDICT_PERMANENT, error.text);
        return;
    }
    parcel->begun = ev_now(dispatcher->duband->loop);
    lane->sending++;
    http_send(dispatcher->duband->http, &request, parcel->channel->timeout_us, on_reply, parcel);
    http_request_finish(&request);
}

/* A lease that the request could outlast isn't used: another dispatcher may own the message then.
 * Such a message is let go, and given back with the next look at what is held. */
static bool lease_holds(const struct parcel *parcel, const struct channel *channel)
{
    ev_tstamp end = ev_now(parcel->lane->dispatcher->duband->loop);
    end += channel ? (double)channel->timeout_us / 1e6 : 0.;
    return end < parcel->lease_until;
}

static void lane_send(struct lane *lane)
{
    struct dispatcher *dispatcher = lane->dispatcher;
    const struct channel *channel = channel_of(lane);
    while (lane->queue.count > 0 && lane->sending < concurrency_of(lane)) {
        struct parcel *parcel = delivery_list_take(&lane->queue);
        if (lease_holds(parcel, channel)) {
            send_parcel(parcel);
        } else {
            let_go(dispatcher, parcel);
        }
    }
    if (lane->more && lane_room(lane, concurrency_of(lane), window_most(dispatcher)) > 0)
        stage_wake(&dispatcher->stage);
}

/* --- complete --- */

static void on_completed(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct dispatcher *dispatcher = context;
    dispatcher->completing = false;
    if (failed("verdicts not written", failure)) {
        /* Kept: the tokens make a repeat harmless. */
        ev_timer_again(dispatcher->duband->loop, &dispatcher->complete_timer);
        return;
    }
    hear_now(dispatcher, pg_instant(result, 0, 0));
    if (pg_int(result, 0, 2) > 0)
        log_line(LOG_LEVEL_WARNING, "dispatcher", "late verdicts",
                 log_int("messages", pg_int(result, 0, 2)));
    for (size_t i = 0; i < dispatcher->completing_count; i++)
        let_go(dispatcher, delivery_list_take(&dispatcher->done));
    dispatcher->completing_count = 0;
    complete(dispatcher);
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
#undef ARRAY
}

/* Sends the verdicts at the head of the list; they leave it when the database has them. */
static void complete(struct dispatcher *dispatcher)
{
    struct duband *duband = dispatcher->duband;
    if (dispatcher->completing || dispatcher->done.count == 0 || !pg_is_up(duband->work) ||
        ev_is_active(&dispatcher->complete_timer))
        return;
    size_t count = dispatcher->done.count;
    dispatcher->completing = true;
    dispatcher->completing_count = count < COMPLETE_MOST ? count : COMPLETE_MOST;
    pg_params_clear(dispatcher->params);
    pg_param_int(dispatcher->params, duband->node);
    add_verdicts(dispatcher->params, dispatcher->done.first, dispatcher->completing_count);
    pg_query(duband->work,
             "SELECT * FROM duban.complete($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
             dispatcher->params, on_completed, dispatcher);
}

static void on_complete_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    ev_timer_stop(loop, timer);
    complete(
        (struct dispatcher *)(void *)((char *)timer - offsetof(struct dispatcher, complete_timer)));
}

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
    hold(dispatcher, parcel);
}

static void on_claimed(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct dispatcher *dispatcher = context;
    dispatcher->claiming = false;
    if (failed("messages not claimed", failure)) {
        stage_done(&dispatcher->stage, RETRY_US);
        return;
    }
    int rows = PQntuples(result) - 1; /* the last one tells the time */
    hear_now(dispatcher, pg_instant(result, rows, 0));
    for (int row = 0; row < rows; row++)
        take_parcel(dispatcher, result, row);
    give_back(dispatcher);
    bool again = false;
    for (size_t i = 0; i < dispatcher->lane_count; i++) {
        struct lane *lane = dispatcher->lanes[i];
        if (lane->asked == 0)
            continue;
        lane->more = lane->got == lane->asked;
        if (!lane->more)
            lane->floor = dispatcher->now - FLOOR_LAG_US;
        lane->asked = lane->got = 0;
        lane_send(lane);
        again |= lane->more && lane_room(lane, concurrency_of(lane), window_most(dispatcher)) > 0;
    }
    stage_done(&dispatcher->stage, again ? 0 : dispatcher->duband->config->config->daemon.poll_us);
}

/* Asks every lane's room; false when none has any. */
static bool add_rooms(struct dispatcher *dispatcher, struct pg_params *params)
{
    bool sweep = dispatcher->now - dispatcher->swept_at > SWEEP_EACH_US, any = false;
    if (sweep)
        dispatcher->swept_at = dispatcher->now;
    for (size_t i = 0; i < dispatcher->lane_count; i++) {
        struct lane *lane = dispatcher->lanes[i];
        lane->asked = lane_room(lane, concurrency_of(lane), window_most(dispatcher));
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
    struct duband *duband = dispatcher->duband;
    span_us lease_us = duband->config->config->daemon.lease_us;
    pg_params_clear(dispatcher->params);
    pg_param_int(dispatcher->params, duband->node);
    pg_param_int(dispatcher->params, lease_us);
    if (!add_rooms(dispatcher, dispatcher->params)) {
        stage_done(&dispatcher->stage, duband->config->config->daemon.poll_us);
        return;
    }
    /* Counted from before the claim: our idea of the lease ends before the database's. */
    dispatcher->lease_until = ev_now(duband->loop) + (double)lease_us / 1e6;
    dispatcher->claiming = true;
    pg_query(duband->work, "SELECT * FROM duban.claim($1, $2, $3, $4, $5)", dispatcher->params,
             on_claimed, dispatcher);
}

static void on_endpoints(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct dispatcher *dispatcher = context;
    if (failed("endpoints not read", failure)) {
        stage_done(&dispatcher->stage, RETRY_US);
        return;
    }
    int rows = PQntuples(result);
    size_t count = dispatcher->lane_count + (size_t)rows;
    dispatcher->lanes = mem_grow(dispatcher->lanes, count, sizeof *dispatcher->lanes);
    for (int row = 0; row < rows; row++) {
        dispatcher->last_endpoint = pg_int(result, row, 0);
        dispatcher->lanes[dispatcher->lane_count++] =
            lane_create(dispatcher, dispatcher->last_endpoint, pg_text(result, row, 1),
                        pg_text(result, row, 2));
    }
    claim(dispatcher);
}

static void begin_turn(struct stage *stage)
{
    struct dispatcher *dispatcher = (struct dispatcher *)(void *)stage;
    struct pg_params *params = pg_params_create();
    pg_param_int(params, dispatcher->last_endpoint);
    pg_query(dispatcher->duband->work, "SELECT * FROM duban.endpoints_after($1)", params,
             on_endpoints, dispatcher);
    pg_params_destroy(params);
}

/* --- messages of dispatchers that died --- */

static void on_reaped(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct dispatcher *dispatcher = context;
    dispatcher->reaping = false;
    if (failed("lost messages not looked for", failure))
        return;
    hear_now(dispatcher, pg_instant(result, 0, 0));
    if (pg_int(result, 0, 1) + pg_int(result, 0, 2) == 0)
        return;
    log_line(LOG_LEVEL_WARNING, "dispatcher", "took over from a dispatcher that stopped",
             log_int("repeated", pg_int(result, 0, 1)), log_int("parked", pg_int(result, 0, 2)));
    stage_wake(&dispatcher->stage);
}

static void reap(struct dispatcher *dispatcher)
{
    struct duband *duband = dispatcher->duband;
    if (dispatcher->reaping || duband->node == 0 || !pg_is_up(duband->work))
        return;
    dispatcher->reaping = true;
    struct pg_params *params = pg_params_create();
    pg_param_int(params, duband->node);
    pg_query(duband->work, "SELECT * FROM duban.reap($1)", params, on_reaped, dispatcher);
    pg_params_destroy(params);
}

/* --- messages that the database takes for ours --- */

static void on_given_back(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct dispatcher *dispatcher = context;
    if (failed("unsent messages not given back", failure) || pg_int(result, 0, 0) == 0)
        return;
    log_line(LOG_LEVEL_WARNING, "dispatcher", "gave unsent messages back",
             log_int("messages", pg_int(result, 0, 0)));
    stage_wake(&dispatcher->stage);
}

/* Never beside a claim: what it brings isn't held yet. Then it waits for the claim's end. */
static void give_back(struct dispatcher *dispatcher)
{
    struct duband *duband = dispatcher->duband;
    if (!dispatcher->give_back_wanted || dispatcher->claiming || !pg_is_up(duband->work))
        return;
    dispatcher->give_back_wanted = false;
    const struct parcel *parcel;
    struct pg_params *params = pg_params_create();
    pg_param_int(params, duband->node);
    pg_array_begin(params, PG_INT8);
    LIST_FOREACH(parcel, &dispatcher->held, held)
    pg_array_int(params, parcel->id);
    pg_array_end(params);
    pg_query(duband->work, "SELECT duban.release_unknown($1, $2)", params, on_given_back,
             dispatcher);
    pg_params_destroy(params);
}

static void on_reap_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct dispatcher *dispatcher =
        (struct dispatcher *)(void *)((char *)timer - offsetof(struct dispatcher, reap_timer));
    if (!dispatcher->joined) {
        if (pg_is_up(dispatcher->duband->work))
            dispatcher_join(dispatcher); /* it was refused before */
        return;
    }
    dispatcher->give_back_wanted = true;
    give_back(dispatcher);
    reap(dispatcher);
}

/* --- joining and leaving --- */

static void on_joined(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct dispatcher *dispatcher = context;
    struct duband *duband = dispatcher->duband;
    dispatcher->joining = false;
    if (failed("this daemon is not registered", failure))
        return;
    duband->node = pg_int(result, 0, 0);
    log_line(LOG_LEVEL_INFO, "dispatcher", "joined", log_int("node", duband->node));
    dispatcher->joined = true;
    complete(dispatcher);
    dispatcher->give_back_wanted = true;
    give_back(dispatcher);
    reap(dispatcher);
    if (!duband->stopping)
        stage_enable(&dispatcher->stage);
    leader_try(&duband->leader);
}

void dispatcher_join(struct dispatcher *dispatcher)
{
    struct duband *duband = dispatcher->duband;
    char name[160], host[100] = "";
    if (dispatcher->joining)
        return;
    dispatcher->joining = true;
    gethostname(host, sizeof host - 1);
    snprintf(name, sizeof name, "%s/%d", host, (int)getpid());
    struct pg_params *params = pg_params_create();
    pg_param_int(params, duband->node);
    pg_param_text(params, name);
    pg_param_text(params, duband->config->config->version);
    pg_query(duband->work, "SELECT duban.node_join($1, $2, $3)", params, on_joined, dispatcher);
    pg_params_destroy(params);
}

void dispatcher_lost(struct dispatcher *dispatcher)
{
    dispatcher->joined = false;
    stage_disable(&dispatcher->stage);
}

static void on_released(void *context, const PGresult *result, const struct pg_failure *failure)
{
    (void)context, (void)result;
    failed("unsent messages not given back", failure);
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
        pg_query(dispatcher->duband->work, "SELECT duban.release($1, $2)", params, on_released,
                 dispatcher);
    pg_params_destroy(params);
    for (struct parcel *p; (p = delivery_list_take(&back)) != NULL;)
        let_go(dispatcher, p);
}

bool dispatcher_is_drained(const struct dispatcher *dispatcher)
{
    return dispatcher->claimed == 0 && pg_waiting(dispatcher->duband->work) == 0;
}

void dispatcher_init(struct dispatcher *dispatcher, struct duband *duband)
{
    *dispatcher = (struct dispatcher){.duband = duband, .params = pg_params_create()};
    dispatcher->random = (uint64_t)getpid() << 32 | (uint64_t)(ev_time() * 1e6);
    stage_init(&dispatcher->stage, duband->loop, "dispatcher", begin_turn);
    ev_init(&dispatcher->complete_timer, on_complete_timer);
    dispatcher->complete_timer.repeat = (double)RETRY_US / 1e6;
    ev_timer_init(&dispatcher->reap_timer, on_reap_timer, REAP_EACH_S, REAP_EACH_S);
    ev_timer_start(duband->loop, &dispatcher->reap_timer);
}

/* After the HTTP client is gone: no reply comes any more. */
void dispatcher_finish(struct dispatcher *dispatcher)
{
    stage_disable(&dispatcher->stage);
    ev_timer_stop(dispatcher->duband->loop, &dispatcher->complete_timer);
    ev_timer_stop(dispatcher->duband->loop, &dispatcher->reap_timer);
    while (!LIST_EMPTY(&dispatcher->held)) /* those being sent are on no other list */
        let_go(dispatcher, LIST_FIRST(&dispatcher->held));
    for (size_t i = 0; i < dispatcher->lane_count; i++) {
        dispatcher->lanes[i]->queue = (struct delivery_list){0};
        lane_destroy(dispatcher->lanes[i]);
    }
    free(dispatcher->lanes);
    pg_params_destroy(dispatcher->params);
}
