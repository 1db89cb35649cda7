/* Receipts 回执 of gateways: requests to /receipt/CHANNEL/SECRET, at a place of their own, answered
 * once the database has what they say. duband does the rest. */
#ifndef WEB_RECEIPTS_H
#define WEB_RECEIPTS_H

#include "receipt_writer.h"

#include "duban/config.h"
#include "duban/http_listener.h"

#define COMPLAINTS 32

struct receipts {
    struct ev_loop *loop;
    const struct config *config;    /* borrowed; receipts_reload */
    struct http_listener *listener; /* NULL: not listening */
    struct pg *pg;                  /* NULL: there is nothing to hear */
    ev_timer timer;                 /* until it listens */
    bool told;                      /* that it doesn't listen */
    struct receipt_writer writer;
    struct complaint {
        char what[2 + ADDRESS_TEXT_BYTES]; /* a letter and an address */
        double at;
    } complaints[COMPLAINTS]; /* the last ones: each is logged once a minute */
    size_t next_complaint;
};

/* Listens if the configuration says where; what it hears goes by `pg`, which it owns (NULL only
 * where it says nothing). */
void receipts_init(struct receipts *receipts, struct ev_loop *loop, const struct config *config,
                   struct pg *pg);
void receipts_finish(struct receipts *receipts);

/* There is a new configuration: who may connect, and the secrets. */
void receipts_reload(struct receipts *receipts, const struct config *config);

#endif
