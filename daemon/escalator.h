/* Stage 2, escalator: clocks whose next_at has come → levels, events, notifications. */
#ifndef DUBAND_ESCALATOR_H
#define DUBAND_ESCALATOR_H

#include "context.h"
#include "intake_page.h"

#include "duban/escalation.h"

enum escalator_step {
    ESCALATOR_DUE,   /* which clocks are due */
    ESCALATOR_FACTS, /* their cases, as the source tells them now */
    ESCALATOR_WRITE, /* what was decided */
};

/* A due clock, and what was decided about it. */
struct due_clock {
    char *case_no;                     /* owned */
    const struct config_clock *config; /* NULL: no longer configured */
    char *name;                        /* owned: of the clock */
    struct clock_row row;
    int64_t hash;
    bool decided;
    const char *level; /* points into the configuration */
    struct escalation escalation;
};

struct escalator {
    struct stage stage; /* first */
    struct context *context;
    struct shared_config *config;
    enum escalator_step step;
    wall_us now, next_at;
    wall_us floor;            /* nothing is due before it; WALL_NONE: look at everything */
    wall_us swept_at;         /* when everything was last looked at */
    struct due_clock *clocks; /* sorted by case_no */
    size_t count;
    bool full;               /* there were more than a batch */
    struct intake_page page; /* facts that turned out to be new */
    unsigned writes;         /* under way */
    bool failed;
    int64_t events, notifications, progress;
};

void escalator_init(struct escalator *escalator, struct context *context);
void escalator_finish(struct escalator *escalator);

#endif
