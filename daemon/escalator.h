/* Stage 2, escalator: clocks whose next_at has come → levels, events, notifications. */
#ifndef DUBAND_ESCALATOR_H
#define DUBAND_ESCALATOR_H

#include "context.h"
#include "due_clock.h"
#include "intake_page.h"

struct escalator {
    struct stage stage; /* first */
    struct context *context;
    struct shared_config *config; /* of the turn under way */
    wall_us now, next_at;
    wall_us floor;    /* nothing is due before it; WALL_NONE: look at everything */
    wall_us swept_at; /* when everything was last looked at */
    struct due_clocks due;
    size_t asked;            /* clocks whose facts were asked for */
    struct due_slice slice;  /* of which the facts are under way */
    struct intake_page page; /* facts that turned out to be new */
    bool asking, failed;
    unsigned writes; /* under way */
    int64_t events, notifications, progress;
};

void escalator_init(struct escalator *escalator, struct context *context);
void escalator_finish(struct escalator *escalator);

#endif
