/* Where monitors ask: /metrics, /healthz, /readyz. Every daemon listens if the configuration says
 * where. */
#ifndef DUBAND_METRICS_LISTENER_H
#define DUBAND_METRICS_LISTENER_H

#include "duban/http_listener.h"

struct duband;

struct metrics_listener {
    struct duband *duband;
    struct http_listener *listener; /* NULL: not listening */
    ev_timer timer;                 /* until it listens */
    bool told;                      /* that it doesn't listen */
    double gathered;                /* steady time */
};

void metrics_listener_init(struct metrics_listener *metrics, struct duband *duband);
void metrics_listener_finish(struct metrics_listener *metrics);

/* There is a new configuration: who may connect. */
void metrics_listener_reload(struct metrics_listener *metrics);

#endif
