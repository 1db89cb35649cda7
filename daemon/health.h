/* Health: which endpoints may be used, and how much.
 *
 * Each lane's breaker hears every outcome; a change is written at once, so that all daemons and a
 * restart know it, and what the others wrote is read once a second. So is how many daemons share a
 * rate. Whatever this daemon has just said itself is newer than what it reads. */
#ifndef DUBAND_HEALTH_H
#define DUBAND_HEALTH_H

#include "news.h"

struct health {
    struct context *context;
    struct lanes *lanes;
    struct news news;
    int64_t daemons; /* that live, by the last look */
    bool load;       /* the configuration was loaded anew, and the database has yet to be told */
    double asked, looked; /* steady time of the look under way, and of the last one; 0: none */
    void (*go_on)(void *owner, bool fine);
    void *owner;
};

/* `go_on` ends a look, see there. The lanes are the dispatcher's. */
void health_init(struct health *health, struct context *context, struct lanes *lanes,
                 void (*go_on)(void *owner, bool fine), void *owner);
void health_finish(struct health *health);

/* Asks how endpoints are, unless that was done within a second, then calls go_on: from within, or
 * later. Not `fine`: it couldn't be read. */
void health_look(struct health *health);

/* A lane is new: its limits. `idle_us`: how long its endpoint has been idle; −1: always. */
void health_meet(struct health *health, struct lane *lane, span_us idle_us);

/* The endpoint itself had to do with a parcel's outcome. `pause_us`: see delivery.h. */
void health_hear(struct health *health, const struct parcel *parcel, span_us pause_us,
                 uint64_t random);

/* The work session is lost: what others write meanwhile isn't known. */
void health_lost(struct health *health);

/* The configuration was loaded anew: what was stopped for it may be tried. */
void health_reload(struct health *health);

#endif
