/* Receipts on their way into the database.
 *
 * While one write is under way the next receipts gather. Whoever waits is told once they are
 * committed, or that they aren't: the database refused them, or hasn't taken them within
 * RECEIPT_PATIENCE_S. What was written all the same is written once: a repeat is harmless. */
#ifndef WEB_RECEIPT_WRITER_H
#define WEB_RECEIPT_WRITER_H

#include "duban/pg.h"
#include "duban/receipt.h"

#include <ev.h>
#include <sys/queue.h>

#define RECEIPT_PATIENCE_S 4.5 /* a provider's request shall be answered within five seconds */

typedef void (*receipt_written)(void *owner, bool written);

struct receipt_parcel; /* the receipts of one request */

struct receipt_writer {
    struct ev_loop *loop;
    struct pg *pg; /* borrowed */
    struct pg_params *params;
    STAILQ_HEAD(receipt_queue, receipt_parcel) queue;
    size_t under_way; /* of its head: being written */
    ev_timer timer;   /* while somebody waits */
};

void receipt_writer_init(struct receipt_writer *writer, struct ev_loop *loop, struct pg *pg);
/* After the connection is gone. Whoever still waits is told that nothing was written. */
void receipt_writer_finish(struct receipt_writer *writer);

/* Takes the list over. `written` is called once, later. */
void receipt_writer_add(struct receipt_writer *writer, const char *channel,
                        struct receipt_list *list, receipt_written written, void *owner);

#endif
