/* Receipts on their way into the database. */
#include "receipt_writer.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/receipt_row.h"
#include "duban/steady.h"

#include <stddef.h>

#define TICK_S     0.25
#define WRITE_MOST 1000 /* receipts a write, unless one request alone has more */

struct receipt_parcel {
    STAILQ_ENTRY(receipt_parcel) link;
    char *channel;
    struct receipt_list list;
    double until;
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

static void log_written(const PGresult *result)
{
    log_line(LOG_LEVEL_DEBUG, "receipts", "stored", log_int("new", pg_int(result, 0, 0)),
             log_int("repeated", pg_int(result, 0, 1)));
    if (pg_int(result, 0, 2) > 0)
        log_line(LOG_LEVEL_INFO, "receipts", "of no message of this installation",
                 log_int("receipts", pg_int(result, 0, 2)));
}

static void go_on(struct receipt_writer *writer);

static void on_written(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct receipt_writer *writer = owner;
    size_t count = writer->under_way;
    writer->under_way = 0;
    if (failure && failure->sqlstate[0] == '\0')
        return; /* the connection is lost: written again when there is one */
    if (failure)
        log_line(LOG_LEVEL_ERROR, "receipts", "not written",
                 log_text("error", failure->error.text));
    else
        log_written(result);
    for (; count > 0; count--) {
        struct receipt_parcel *parcel = STAILQ_FIRST(&writer->queue);
        STAILQ_REMOVE_HEAD(&writer->queue, link);
        tell(parcel, failure == NULL);
        destroy(parcel);
    }
    go_on(writer);
}

/* The receipts of the parcels under way, which are so many. */
static void add_receipts(struct receipt_writer *writer, size_t count)
{
    AUTO_FREE struct receipt_row *rows = mem_zero(count, sizeof *rows);
    const struct receipt_parcel *parcel = STAILQ_FIRST(&writer->queue);
    size_t row = 0;
    for (size_t n = 0; n < writer->under_way; n++, parcel = STAILQ_NEXT(parcel, link))
        for (size_t i = 0; i < parcel->list.count; i++)
            rows[row++] = (struct receipt_row){parcel->channel, &parcel->list.items[i]};
    receipt_rows_add(rows, row, writer->params);
}

/* Writes what is at the head of the queue. */
static void go_on(struct receipt_writer *writer)
{
    const struct receipt_parcel *parcel;
    size_t receipts = 0;
    if (writer->under_way > 0 || STAILQ_EMPTY(&writer->queue) || !pg_is_up(writer->pg))
        return;
    for (parcel = STAILQ_FIRST(&writer->queue); parcel; parcel = STAILQ_NEXT(parcel, link)) {
        if (writer->under_way > 0 && receipts + parcel->list.count > WRITE_MOST)
            break;
        receipts += parcel->list.count;
        writer->under_way++;
    }
    pg_params_clear(writer->params);
    add_receipts(writer, receipts);
    pg_query(writer->pg, "SELECT * FROM duban.web_receipt($1, $2, $3, $4, $5, $6, $7)",
             writer->params, on_written, writer);
}

/* Those who have waited long enough are told so; what isn't being written is dropped, since its
 * provider will say it again. */
static void expire(struct receipt_writer *writer)
{
    double now = steady_s();
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
    struct ev_loop *loop = writer->loop;
    struct receipt_parcel *parcel = mem_zero(1, sizeof *parcel);
    *parcel = (struct receipt_parcel){.channel = mem_text(channel),
                                      .list = *list,
                                      .until = steady_s() + RECEIPT_PATIENCE_S,
                                      .written = written,
                                      .owner = owner};
    *list = (struct receipt_list){0};
    STAILQ_INSERT_TAIL(&writer->queue, parcel, link);
    if (!ev_is_active(&writer->timer))
        ev_timer_again(loop, &writer->timer);
    go_on(writer);
}

void receipt_writer_init(struct receipt_writer *writer, struct ev_loop *loop, struct pg *pg)
{
    *writer = (struct receipt_writer){.loop = loop, .pg = pg, .params = pg_params_create()};
    STAILQ_INIT(&writer->queue);
    ev_init(&writer->timer, on_tick);
    writer->timer.repeat = TICK_S;
}

void receipt_writer_finish(struct receipt_writer *writer)
{
    ev_timer_stop(writer->loop, &writer->timer);
    for (struct receipt_parcel *parcel; (parcel = STAILQ_FIRST(&writer->queue)) != NULL;) {
        STAILQ_REMOVE_HEAD(&writer->queue, link);
        tell(parcel, false);
        destroy(parcel);
    }
    pg_params_destroy(writer->params);
}
