/* Requests and what becomes of them. Each lane sends its own, so many at a time as its channel
 * allows: an endpoint that is slow or gone delays no other. */
#include "sender.h"

#include "metrics_table.h"

#include "duban/delivery.h"
#include "duban/log.h"
#include "duban/steady.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define QUICK_MS 1000 /* a reply within this lets the lane's window grow */

/* xorshift64*: only spreads retries. */
static uint64_t next_random(struct sender *sender)
{
    uint64_t x = sender->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    sender->random = x;
    return x * UINT64_C(2685821657736338717);
}

static const struct channel *channel_of(const struct lane *lane)
{
    return config_channel(lane->sender->context->config->config, lane->channel);
}

static size_t concurrency_of(const struct lane *lane)
{
    const struct channel *channel = channel_of(lane);
    return channel ? (size_t)channel->concurrency : 1;
}

static size_t window_most(const struct lane *lane)
{
    return (size_t)lane->sender->context->config->config->daemon.batch;
}

size_t sender_room(const struct lane *lane)
{
    if (!lane_is_well(lane))
        return 0;
    size_t room = lane_room(lane, concurrency_of(lane), window_most(lane));
    size_t rate = rate_room(&lane->rate, steady_us());
    rate -= lane->queue.count < rate ? lane->queue.count : rate;
    return room < rate ? room : rate;
}

bool sender_may_probe(const struct lane *lane, wall_us now)
{
    return lane->breaker.state == ENDPOINT_OPEN && lane->breaker.until <= now && !lane->probing &&
           !news_pending(lane) && rate_room(&lane->rate, steady_us()) > 0;
}

span_us sender_wait(const struct lane *lane)
{
    bool wants = lane_is_well(lane) && (lane->more || lane->queue.count > 0);
    return wants ? rate_wait(&lane->rate, steady_us()) : 0;
}

/* --- verdict --- */

static void log_verdict(const struct parcel *parcel)
{
    bool is_dead = parcel->dead_reason[0] != '\0', is_retried = parcel->retry_after_us >= 0;
    enum log_level level = is_dead      ? LOG_LEVEL_WARNING
                           : is_retried ? LOG_LEVEL_INFO
                                        : LOG_LEVEL_DEBUG;
    log_line(level, "dispatcher",
             is_dead      ? "dead"
             : is_retried ? "to be tried again"
                          : "sent",
             log_text("message", parcel->public_id), log_text("case", parcel->case_no),
             log_text("kind", parcel->kind), log_text("channel", parcel->lane->channel),
             log_int("attempt", parcel->attempt),
             log_text("verdict", verdict_word(parcel->outcome.verdict)),
             log_int("status", parcel->status), log_text("detail", parcel->outcome.detail));
}

static struct delivery decide(const struct parcel *parcel)
{
    struct sender *sender = parcel->lane->sender;
    struct delivery delivery = {.retry_after_us = -1};
    delivery_decide(parcel->channel, &parcel->outcome, parcel->attempt,
                    context_now(sender->context) - parcel->first_at, next_random(sender),
                    &delivery);
    return delivery;
}

static void count(const struct parcel *parcel)
{
    struct metrics *metrics = parcel->lane->sender->context->metrics;
    const char *channel = parcel->lane->channel;
    enum verdict verdict = parcel->outcome.verdict;
    metric_add(metrics_at(metrics, METRIC_ATTEMPTS, channel, verdict_word(verdict)), 1);
    if (parcel->dead_reason[0])
        metric_add(metrics_at(metrics, METRIC_DEAD_LETTERS, channel, NULL), 1);
    if (verdict != VERDICT_DELIVERED && verdict != VERDICT_ACCEPTED)
        return;
    span_us took = context_now(parcel->lane->sender->context) - parcel->first_at;
    metric_observe(metrics_at(metrics, METRIC_DELIVERY_TIME, channel, NULL),
                   took > 0 ? (double)took / 1e6 : 0.);
}

/* It is decided what becomes of a parcel: that waits to be completed. */
static void settle(struct parcel *parcel, const struct delivery *delivery)
{
    parcel->retry_after_us = delivery->retry_after_us;
    parcel->fallback = delivery->fallback ? delivery->fallback : "";
    memcpy(parcel->dead_reason, delivery->dead_reason, sizeof parcel->dead_reason);
    log_verdict(parcel);
    count(parcel);
    completer_add(parcel->lane->sender->completer, parcel);
}

static void on_reply(void *owner, const struct http_reply *reply)
{
    struct parcel *parcel = owner;
    struct lane *lane = parcel->lane;
    parcel->channel->type->verdict(parcel->channel, reply, &parcel->outcome);
    parcel->status = reply->status;
    parcel->took_ms = (int64_t)((steady_s() - parcel->begun) * 1e3);
    metric_observe(
        metrics_at(lane->sender->context->metrics, METRIC_ATTEMPT_TIME, lane->channel, NULL),
        (double)parcel->took_ms / 1e3);
    lane->sending--;
    bool well =
        parcel->outcome.verdict == VERDICT_DELIVERED || parcel->outcome.verdict == VERDICT_ACCEPTED;
    lane_learn(lane, well && parcel->took_ms < QUICK_MS, concurrency_of(lane), window_most(lane));
    struct delivery delivery = decide(parcel);
    health_hear(lane->sender->health, parcel, delivery.pause_us, next_random(lane->sender));
    bool failed =
        parcel->outcome.verdict == VERDICT_TEMPORARY || parcel->outcome.verdict == VERDICT_UNKNOWN;
    if (failed && delivery.retry_after_us > 0 && !lane_is_well(lane))
        delivery.retry_after_us = 0; /* the endpoint's pause is its own */
    settle(parcel, &delivery);
    sender_go(lane);
}

/* --- request --- */

/* Something of ours is wrong with this very message: told as a verdict, not tried. */
static void refuse(struct parcel *parcel, const char *why)
{
    struct delivery delivery = {.retry_after_us = -1,
                                .dead_reason = "its channel is no longer configured"};
    parcel->outcome = (struct outcome){.verdict = VERDICT_PERMANENT};
    snprintf(parcel->outcome.detail, sizeof parcel->outcome.detail, "%.199s", why);
    if (parcel->channel)
        delivery = decide(parcel);
    settle(parcel, &delivery);
}

static void send_parcel(struct parcel *parcel)
{
    struct lane *lane = parcel->lane;
    struct context *context = lane->sender->context;
    struct http_request request = {0};
    struct error error;
    const struct message message = {.id = parcel->public_id,
                                    .address = parcel->address,
                                    .body = parcel->body,
                                    .body_length = strlen(parcel->body),
                                    .attempt = parcel->attempt};
    parcel->config = context_config(context);
    parcel->channel = config_channel(parcel->config->config, lane->channel);
    if (parcel->channel == NULL) {
        refuse(parcel, "");
        return;
    }
    if (!parcel->channel->type->request(parcel->channel, &message, context_now(context), &request,
                                        &error)) {
        refuse(parcel, error.text);
        return;
    }
    parcel->begun = steady_s();
    lane->sending++;
    rate_take(&lane->rate, steady_us());
    http_send(context->http, &request, parcel->channel->timeout_us, on_reply, parcel);
    http_request_finish(&request);
}

/* A lease that the request could outlast isn't used: another dispatcher may own the message then.
 * Such a message is let go, and given back with custody's next look. */
static bool lease_holds(const struct parcel *parcel, const struct channel *channel)
{
    double end = steady_s();
    end += channel ? (double)channel->timeout_us / 1e6 : 0.;
    return end < parcel->lease_until;
}

/* Of an endpoint that may not be used the queue is emptied at once. */
static bool may_begin(const struct lane *lane)
{
    return !lane_is_well(lane) ||
           (lane->sending < concurrency_of(lane) && rate_room(&lane->rate, steady_us()) > 0);
}

void sender_go(struct lane *lane)
{
    struct sender *sender = lane->sender;
    const struct channel *channel = channel_of(lane);
    struct delivery_list back = {0};
    while (lane->queue.count > 0 && may_begin(lane)) {
        struct parcel *parcel = delivery_list_take(&lane->queue);
        if (!lane_is_well(lane) && !parcel->probe)
            delivery_list_add(&back, parcel);
        else if (lease_holds(parcel, channel))
            send_parcel(parcel);
        else
            custody_let_go(sender->custody, parcel);
    }
    custody_give_back(sender->custody, &back);
    if (lane->more && sender_room(lane) > 0)
        stage_wake(sender->context->dispatcher);
}

void sender_init(struct sender *sender, struct context *context, struct custody *custody,
                 struct completer *completer, struct health *health)
{
    *sender = (struct sender){
        .context = context, .custody = custody, .completer = completer, .health = health};
    sender->random = (uint64_t)getpid() << 32 | (uint64_t)steady_us();
}
