/* Receipts of gateways, from the request to its answer. The secret in the path is all that tells a
 * gateway from a stranger, and the only one of the channel that duban-web knows. */
#include "receipts.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/secret.h"
#include "duban/steady.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define PREFIX           "/receipt/"
#define TIMEOUT_US       (10 * US_PER_S) /* for a whole request to come */
#define CONNECTIONS_MOST 512
#define PER_ADDRESS_MOST 256 /* a proxy's are all of one address */
#define LISTEN_EACH_S    5.
#define COMPLAIN_EACH_S  60.

/* --- the log --- */

/* Whether this was not said of the address within the last minute. The oldest ones are forgotten
 * when there are many. */
static bool is_news(struct receipts *receipts, char what, const char *address)
{
    double now = steady_s();
    char key[sizeof receipts->complaints[0].what];
    snprintf(key, sizeof key, "%c %s", what, address);
    for (size_t i = 0; i < COMPLAINTS; i++) {
        const struct complaint *complaint = &receipts->complaints[i];
        if (strcmp(complaint->what, key) == 0 && now - complaint->at < COMPLAIN_EACH_S)
            return false;
    }
    struct complaint *complaint = &receipts->complaints[receipts->next_complaint];
    receipts->next_complaint = (receipts->next_complaint + 1) % COMPLAINTS;
    *complaint = (struct complaint){.at = now};
    memcpy(complaint->what, key, sizeof key);
    return true;
}

static void on_refused(void *context, const char *address)
{
    struct receipts *receipts = context;
    if (is_news(receipts, 'r', address))
        log_line(LOG_LEVEL_WARNING, "receipts", "connection refused: not in receipts.allow",
                 log_text("address", address));
}

static void log_unreadable(struct receipts *receipts, const struct channel *channel,
                           const char *address, size_t entries, const char *why)
{
    if (is_news(receipts, 'u', address))
        log_line(LOG_LEVEL_WARNING, "receipts", "unreadable", log_text("channel", channel->name),
                 log_text("address", address), log_int("entries", (int64_t)entries),
                 log_text("reason", why));
}

/* --- a request --- */

/* The channel of "CHANNEL/SECRET"; NULL when there is none, or the secret is another. */
static const struct channel *find_channel(const struct receipts *receipts,
                                          const struct http_incoming *incoming)
{
    const char *rest = http_incoming_rest(incoming);
    size_t name = strcspn(rest, "/");
    AUTO_FREE char *word = mem_text_n(rest, name);
    const struct channel *channel = config_channel(receipts->config, word);
    if (channel == NULL || channel->receipt_path == NULL || rest[name] != '/')
        return NULL;
    return secret_equals(channel->receipt_path, rest + name + 1) ? channel : NULL;
}

/* Before its body is read: what knows no secret shall cost nothing. */
static bool admit(void *context, struct http_incoming *incoming)
{
    struct receipts *receipts = context;
    const struct channel *channel = find_channel(receipts, incoming);
    if (channel == NULL) {
        const char *address = http_incoming_address(incoming);
        if (is_news(receipts, 's', address))
            log_line(LOG_LEVEL_WARNING, "receipts", "no such channel, or a wrong secret",
                     log_text("address", address));
        http_incoming_answer_text(incoming, 404, "text/plain", "not found\n");
        return false;
    }
    const char *allowed = channel->type->receipt->method;
    if (strcmp(http_incoming_method(incoming), allowed) == 0)
        return true;
    const struct http_answer_header header = {"Allow", allowed};
    http_incoming_answer(incoming, &(struct http_answer){.status = 405, //
                                                         .headers = &header,
                                                         .header_count = 1});
    return false;
}

static void answer(struct http_incoming *incoming, const struct receipt_answer *answer)
{
    http_incoming_answer_text(incoming, answer->status, answer->content_type, answer->body);
}

/* A request whose receipts are on their way into the database. */
struct waiting {
    struct http_incoming *incoming;
    const struct receipt_format *format;
};

static void on_written(void *owner, bool written)
{
    struct waiting *waiting = owner;
    answer(waiting->incoming, written ? &waiting->format->taken : &waiting->format->later);
    free(waiting);
}

static void refuse(struct http_incoming *incoming, const struct error *why)
{
    AUTO_FREE char *text = mem_format("%s\n", why->text);
    http_incoming_answer_text(incoming, 400, "text/plain; charset=utf-8", text);
}

static void keep(struct receipts *receipts, const struct channel *channel,
                 struct receipt_list *list, struct http_incoming *incoming)
{
    struct waiting *waiting = mem_zero(1, sizeof *waiting);
    *waiting = (struct waiting){.incoming = incoming, .format = channel->type->receipt};
    if (list->unreadable)
        log_unreadable(receipts, channel, http_incoming_address(incoming), list->unreadable,
                       list->why.text);
    receipt_writer_add(&receipts->writer, channel->name, list, on_written, waiting);
}

static void handle(void *context, struct http_incoming *incoming)
{
    struct receipts *receipts = context;
    const struct channel *channel = find_channel(receipts, incoming);
    struct receipt_request request = {.method = http_incoming_method(incoming),
                                      .query = http_incoming_query(incoming)};
    struct receipt_list list = {0};
    struct error error;
    request.body = http_incoming_body(incoming, &request.body_length);
    if (channel == NULL) { /* the configuration has changed since its headers came */
        http_incoming_answer_text(incoming, 404, "text/plain", "not found\n");
    } else if (channel->type->receipt->read(&request, &list, &error)) {
        keep(receipts, channel, &list, incoming);
    } else {
        log_unreadable(receipts, channel, http_incoming_address(incoming), 1, error.text);
        refuse(incoming, &error);
    }
}

/* --- listening --- */

static void listen_now(struct receipts *receipts)
{
    const struct config_receipts *config = &receipts->config->receipts;
    const struct http_listener_settings settings = {.place = config->place,
                                                    .connections_most = CONNECTIONS_MOST,
                                                    .per_address_most = PER_ADDRESS_MOST,
                                                    .timeout_us = TIMEOUT_US,
                                                    .body_bytes_most = RECEIPT_BODY_BYTES,
                                                    .refused = on_refused,
                                                    .context = receipts};
    struct error error;
    receipts->listener = http_listener_create(receipts->loop, &settings, &error);
    if (receipts->listener == NULL) {
        if (!receipts->told)
            log_line(LOG_LEVEL_ERROR, "receipts", "not listening; trying on",
                     log_text("listen", config->listen), log_text("error", error.text));
        receipts->told = true;
        return;
    }
    ev_timer_stop(receipts->loop, &receipts->timer);
    http_listener_allow(receipts->listener, config->allow, config->allow_count);
    http_listener_route(receipts->listener, &(struct http_route){PREFIX, admit, handle, receipts});
    log_line(LOG_LEVEL_INFO, "receipts", "listening", log_text("listen", config->listen));
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct receipts *receipts =
        (struct receipts *)(void *)((char *)timer - offsetof(struct receipts, timer));
    if (receipts->config->receipts.listen)
        listen_now(receipts);
}

void receipts_init(struct receipts *receipts, struct ev_loop *loop, const struct config *config,
                   struct pg *pg)
{
    *receipts = (struct receipts){.loop = loop, .config = config, .pg = pg};
    receipt_writer_init(&receipts->writer, loop, pg);
    ev_init(&receipts->timer, on_timer);
    if (config->receipts.listen == NULL)
        return;
    receipts->timer.repeat = LISTEN_EACH_S; /* another may still have the place */
    ev_timer_again(loop, &receipts->timer);
    listen_now(receipts);
}

void receipts_reload(struct receipts *receipts, const struct config *config)
{
    receipts->config = config;
    if (receipts->listener && config->receipts.listen)
        http_listener_allow(receipts->listener, config->receipts.allow,
                            config->receipts.allow_count);
}

/* The connection first: then no answer comes any more. */
void receipts_finish(struct receipts *receipts)
{
    ev_timer_stop(receipts->loop, &receipts->timer);
    pg_destroy(receipts->pg);
    receipt_writer_finish(&receipts->writer);
    http_listener_destroy(receipts->listener);
}
