/* Receipts on their way into the database. */
#include "receipt_writer.h"

#include "duban/log.h"
#include "duban/mem.h"

#include <stddef.h>

#define TICK_S     0.25
#define WRITE_MOST 1000 /* receipts a write, unless one request alone has more */

struct receipt_parcel {
    STAILQ_ENTRY(receipt_parcel) link;
    char *channel;
    struct receipt_list list;
    ev_tstamp until;
    receipt_written written; /* NULL: was told that it takes too long */
    void *owner;
};

static void tell(struct receipt_parcel *parcel, bool written)
{
    if (parcel->written)
        parcel->written(parcel->owner, written);
    parcel->written = NULL;
}

static void destroy(struct receipt_parcel *parcel)
{
    receipt_list_finish(&parcel->list);
    free(parcel->channel);
    free(parcel);
}

static void log_count(enum log_level level, const char *what, int64_t count)
{
    if (count > 0)
        log_line(level, "receipts", what, log_int("messages", count));
}

static void log_written(const PGresult *result)
{
    log_count(LOG_LEVEL_DEBUG, "stored", pg_int(result, 0, 1));
    log_count(LOG_LEVEL_DEBUG, "of messages whose reply has yet to come", pg_int(result, 0, 3));
    log_count(LOG_LEVEL_INFO, "of no message that is known here", pg_int(result, 0, 4));
    log_count(LOG_LEVEL_INFO, "arrived after all", pg_int(result, 0, 5));
    log_count(LOG_LEVEL_WARNING, "the operator could not deliver", pg_int(result, 0, 6));
}

static void go_on(struct receipt_writer *writer);

static void on_written(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct receipt_writer *writer = owner;
    size_t count = writer->under_way;
    writer->under_way = 0;
    if (failure && failure->sqlstate[0] == '\0')
        return; /* the connection is lost: written again when there is one */
    if (!context_failed("receipts", "not written", failure)) {
        log_written(result);
        if (pg_int(result, 0, 7) > 0)
            stage_wake(writer->context->composer);
    }
    for (; count > 0; count--) {
        struct receipt_parcel *parcel = STAILQ_FIRST(&writer->queue);
        STAILQ_REMOVE_HEAD(&writer->queue, link);
        tell(parcel, failure == NULL);
        destroy(parcel);
    }
    go_on(writer);
}

/* As the arguments of receipt_write, an array each. */
static void add_receipts(struct receipt_writer *writer)
{
    const struct receipt_parcel *parcel;
    struct pg_params *params = writer->params;
#define ARRAY(type, add, value)                                                                    \
    pg_array_begin(params, type);                                                                  \
    parcel = STAILQ_FIRST(&writer->queue);                                                         \
    for (size_t n = 0; n < writer->under_way; n++, parcel = STAILQ_NEXT(parcel, link))             \
        for (size_t i = 0; i < parcel->list.count; i++)                                            \
            add(params, value);                                                                    \
    pg_array_end(params)
    ARRAY(PG_TEXT, pg_array_text, parcel->channel);
    ARRAY(PG_TEXT, pg_array_text, parcel->list.items[i].public_id);
    ARRAY(PG_TEXT, pg_array_text, parcel->list.items[i].provider_id);
    ARRAY(PG_TEXT, pg_array_text, receipt_status_word(parcel->list.items[i].status));
    ARRAY(PG_TEXT, pg_array_text, parcel->list.items[i].code);
    ARRAY(PG_TEXT, pg_array_text, parcel->list.items[i].detail);
    ARRAY(PG_TIMESTAMPTZ, pg_array_instant, parcel->list.items[i].reported_at);
#undef ARRAY
}

/* Writes what is at the head of the queue. */
static void go_on(struct receipt_writer *writer)
{
    struct context *context = writer->context;
    const struct receipt_parcel *parcel;
    size_t receipts = 0;
    if (writer->under_way > 0 || STAILQ_EMPTY(&writer->queue) || !pg_is_up(context->work))
        return;
    for (parcel = STAILQ_FIRST(&writer->queue); parcel; parcel = STAILQ_NEXT(parcel, link)) {
        receipts += parcel->list.count;
        if (writer->under_way > 0 && receipts > WRITE_MOST)
            break;
        writer->under_way++;
    }
    pg_params_clear(writer->params);
    add_receipts(writer);
    config_add_fallbacks(context->config->config, false, writer->params);
    pg_query(context->work, "SELECT * FROM duban.receipt_write($1, $2, $3, $4, $5, $6, $7, $8, $9)",
             writer->params, on_written, writer);
}

/* Those who have waited long enough are told so; what isn't being written is dropped, since its
 * provider will say it again. */
static void expire(struct receipt_writer *writer)
{
    ev_tstamp now = ev_now(writer->context->loop);
    size_t place = 0;
    struct receipt_parcel *parcel, *next;
    for (parcel = STAILQ_FIRST(&writer->queue); parcel; parcel = next, place++) {
        next = STAILQ_NEXT(parcel, link);
        if (parcel->until > now)
            continue;
        tell(parcel, false);
        if (place >= writer->under_way) {
            STAILQ_REMOVE(&writer->queue, parcel, receipt_parcel, link);
            destroy(parcel);
        }
    }
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    struct receipt_writer *writer =
        (struct receipt_writer *)(void *)((char *)timer - offsetof(struct receipt_writer, timer));
    expire(writer);
    go_on(writer);
    if (STAILQ_EMPTY(&writer->queue))
        ev_timer_stop(loop, timer);
}

void receipt_writer_add(struct receipt_writer *writer, const char *channel,
                        struct receipt_list *list, receipt_written written, void *owner)
{
    struct ev_loop *loop = writer->context->loop;
    struct receipt_parcel *parcel = mem_zero(1, sizeof *parcel);
    *parcel = (struct receipt_parcel){.channel = mem_text(channel),
                                      .list = *list,
                                      .until = ev_now(loop) + RECEIPT_PATIENCE_S,
                                      .written = written,
                                      .owner = owner};
    *list = (struct receipt_list){0};
    STAILQ_INSERT_TAIL(&writer->queue, parcel, link);
    if (!ev_is_active(&writer->timer))
        ev_timer_again(loop, &writer->timer);
    go_on(writer);
}

void receipt_writer_init(struct receipt_writer *writer, struct context *context)
{
    *writer = (struct receipt_writer){.context = context, .params = pg_params_create()};
    STAILQ_INIT(&writer->queue);
    ev_init(&writer->timer, on_tick);
    writer->timer.repeat = TICK_S;
}

void receipt_writer_finish(struct receipt_writer *writer)
{
    ev_timer_stop(writer->context->loop, &writer->timer);
    for (struct receipt_parcel *parcel; (parcel = STAILQ_FIRST(&writer->queue)) != NULL;) {
        STAILQ_REMOVE_HEAD(&writer->queue, link);
        destroy(parcel);
    }
    pg_params_destroy(writer->params);
}
