/* The leader's look at what is wrong with duban: endpoints that are out of use, a queue that
 * doesn't move, calendars that end, a self-test that has failed, daemons that stand by. */
#ifndef DUBAND_ALARM_WATCH_H
#define DUBAND_ALARM_WATCH_H

#include "alarm.h"
#include "context.h"

struct alarm_watch {
    struct stage stage; /* first member */
    struct context *context;
    struct alarm_teller *teller;
    struct shared_config *config; /* of the turn */
    int unlike;                   /* looks that found daemons of another configuration, in a row */
};

void alarm_watch_init(struct alarm_watch *watch, struct context *context,
                      struct alarm_teller *teller);
void alarm_watch_finish(struct alarm_watch *watch);

#endif
