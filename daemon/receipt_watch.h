/* Receipts that duban-web has put down, and those that don't come: while this daemon leads, what
 * follows from them is done. */
#ifndef DUBAND_RECEIPT_WATCH_H
#define DUBAND_RECEIPT_WATCH_H

#include "context.h"

struct receipt_watch {
    struct context *context;
    ev_timer timer;
    unsigned looks; /* since the last one for those that don't come */
    wall_us floor;  /* everything before was seen; WALL_NONE: look at all */
    wall_us swept_at;
};

void receipt_watch_init(struct receipt_watch *watch, struct context *context);
void receipt_watch_finish(struct receipt_watch *watch);

/* Tells what has followed from receipts: the columns of a result with how many messages have
 * arrived after all, and how many could not be delivered. */
void receipt_watch_log(const PGresult *result, int settled, int buried);

#endif
