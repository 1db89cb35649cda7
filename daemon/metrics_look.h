/* A look at the state every few seconds, in a session of its own: what monitors are told of it, and
 * how long the databases take to answer. What a look told is forgotten with its connection, so that
 * nobody is told what isn't known any more. */
#ifndef DUBAND_METRICS_LOOK_H
#define DUBAND_METRICS_LOOK_H

#include "context.h"

struct metrics_look {
    struct context *context;
    struct pg *pg;
    ev_timer timer; /* the next look */
    bool asked;     /* one is under way … */
    double begun;   /* … since then; seconds of a steady clock, as all here */
    bool failed;    /* the last one: it is logged once */
    bool source_asked;
    double source_begun;
    double looked; /* steady time of the last look; 0: what follows isn't known */
    bool leader_known;
    int64_t open, raised;  /* cases: open ones, and those at a level above normal */
    span_us queue_late_us; /* of the oldest message that is ready */
};

void metrics_look_init(struct metrics_look *look, struct context *context);
/* After its connection was destroyed. */
void metrics_look_finish(struct metrics_look *look);

/* Its connection is made: looks whenever that is up. */
void metrics_look_use(struct metrics_look *look, struct pg *pg);
void metrics_look_up(struct metrics_look *look);
void metrics_look_lost(struct metrics_look *look);

#endif
