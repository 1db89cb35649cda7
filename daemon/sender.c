/* Requests and what becomes of them. Each lane sends its own, so many at a time as its channel
 * allows: an endpoint that is slow or gone delays no other. */
#include "sender.h"

#include "duban/delivery.h"
#include "duban/log.h"

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
    return lane_room(lane, concurrency_of(lane), window_most(lane));
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

/* A parcel has its outcome: what becomes of it is decided and waits to be completed. */
static void settle(struct parcel *parcel)
{
    struct sender *sender = parcel->lane->sender;
    struct delivery delivery = {.retry_after_us = -1,
                                .dead_reason = "its channel is no longer configured"};
    if (parcel->channel)
        delivery_decide(parcel->channel, &parcel->outcome, parcel->attempt,
                        context_now(sender->context) - parcel->first_at, next_random(sender),
                        &delivery);
    parcel->retry_after_us = delivery.retry_after_us;
    memcpy(parcel->dead_reason, delivery.dead_reason, sizeof parcel->dead_reason);
    log_verdict(parcel);
    completer_add(sender->completer, parcel);
}

static void on_reply(void *owner, const struct http_reply *reply)
{
    struct parcel *parcel = owner;
    struct lane *lane = parcel->lane;
    parcel->channel->type->verdict(parcel->channel, reply, &parcel->outcome);
    parcel->status = reply->status;
    parcel->took_ms = (int64_t)((ev_now(lane->sender->context->loop) - parcel->begun) * 1e3);
    lane->sending--;
    bool well =
        parcel->outcome.verdict == VERDICT_DELIVERED || parcel->outcome.verdict == VERDICT_ACCEPTED;
    lane_learn(lane, well && parcel->took_ms < QUICK_MS, concurrency_of(lane), window_most(lane));
    settle(parcel);
    sender_go(lane);
}

/* --- request --- */

/* Something of ours is wrong with this very message: told as a verdict, not tried. */
static void refuse(struct parcel *parcel, const char *why)
{
    parcel->outcome = (struct outcome){.verdict = VERDICT_PERMANENT};
    snprintf(parcel->outcome.detail, sizeof parcel->outcome.detail, "%.199s", why);
    settle(parcel);
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
    parcel->begun = ev_now(context->loop);
    lane->sending++;
    http_send(context->http, &request, parcel->channel->timeout_us, on_reply, parcel);
    http_request_finish(&request);
}

/* A lease that the request could outlast isn't used: another dispatcher may own the message then.
 * Such a message is let go, and given back with custody's next look. */
static bool lease_holds(const struct parcel *parcel, const struct channel *channel)
{
    ev_tstamp end = ev_now(parcel->lane->sender->context->loop);
    end += channel ? (double)channel->timeout_us / 1e6 : 0.;
    return end < parcel->lease_until;
}

void sender_go(struct lane *lane)
{
    struct sender *sender = lane->sender;
    const struct channel *channel = channel_of(lane);
    while (lane->queue.count > 0 && lane->sending < concurrency_of(lane)) {
        struct parcel *parcel = delivery_list_take(&lane->queue);
        if (lease_holds(parcel, channel))
            send_parcel(parcel);
        else
            custody_let_go(sender->custody, parcel);
    }
    if (lane->more && sender_room(lane) > 0)
        stage_wake(sender->context->dispatcher);
}

void sender_init(struct sender *sender, struct context *context, struct custody *custody,
                 struct completer *completer)
{
    *sender = (struct sender){.context = context, .custody = custody, .completer = completer};
    sender->random = (uint64_t)getpid() << 32 | (uint64_t)(ev_time() * 1e6);
}
