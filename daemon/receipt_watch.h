/* Receipts that came before their message was known, and those that don't come: while this daemon
 * leads, both are looked after from time to time. */
#ifndef DUBAND_RECEIPT_WATCH_H
#define DUBAND_RECEIPT_WATCH_H

#include "context.h"

struct receipt_watch {
    struct context *context;
    ev_timer timer;
    bool busy; /* a look is under way */
};

void receipt_watch_init(struct receipt_watch *watch, struct context *context);
void receipt_watch_finish(struct receipt_watch *watch);

#endif
