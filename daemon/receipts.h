/* Receipts 回执 of gateways: requests to /receipt/CHANNEL/SECRET, answered once the database has
 * what they say. Every daemon listens if the configuration says where. */
#ifndef DUBAND_RECEIPTS_H
#define DUBAND_RECEIPTS_H

#include "context.h"
#include "receipt_watch.h"
#include "receipt_writer.h"

#include "duban/http_listener.h"

#define COMPLAINTS 32

struct receipts {
    struct context *context;
    struct http_listener *listener; /* NULL: not listening */
    ev_timer timer;                 /* until it listens */
    bool told;                      /* that it doesn't listen */
    struct receipt_writer writer;
    struct receipt_watch watch;
    struct complaint {
        char what[2 + ADDRESS_TEXT_BYTES]; /* a letter and an address */
        ev_tstamp at;
    } complaints[COMPLAINTS]; /* the last ones: each is logged once a minute */
    size_t next_complaint;
};

void receipts_init(struct receipts *receipts, struct context *context);
void receipts_finish(struct receipts *receipts);

/* There is a new configuration: who may connect. */
void receipts_reload(struct receipts *receipts);

#endif
