/* Tells the service manager that the loop makes progress, not merely that the process exists. */
#ifndef DUBAND_WATCHDOG_H
#define DUBAND_WATCHDOG_H

#include "context.h"

#include <ev.h>
#include <stdbool.h>

struct duband;

struct watchdog {
    struct duband *duband;
    ev_timer timer;
    unsigned iterations; /* of the loop, at the last look */
    bool feeds;
};

void watchdog_init(struct watchdog *watchdog, struct duband *duband);
void watchdog_finish(struct watchdog *watchdog);

/* A stage whose turn lasts far longer than all that it may wait for; NULL: there is none. */
const struct stage *watchdog_stuck_stage(const struct context *context);

#endif
