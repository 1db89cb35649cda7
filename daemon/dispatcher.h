/* Stage 4, dispatcher: claim → request → verdict → complete. Every daemon dispatches. */
#ifndef DUBAND_DISPATCHER_H
#define DUBAND_DISPATCHER_H

#include "lane.h"
#include "stage.h"

#include "duban/pg.h"

#include <ev.h>
#include <sys/queue.h>

struct duband;

struct dispatcher {
    struct stage stage; /* first: its turns claim */
    struct duband *duband;
    struct pg_params *params;
    struct lane **lanes; /* by endpoint, in the order of their numbers */
    size_t lane_count;
    int64_t last_endpoint;
    wall_us now; /* the state database's, at `heard` */
    ev_tstamp heard;
    wall_us swept_at;          /* when floors were last disregarded */
    ev_tstamp lease_until;     /* of the claim under way */
    struct delivery_list done; /* verdicts that wait to be completed */
    bool completing;           /* a completion is under way, of so many at the list's head: */
    size_t completing_count;
    ev_timer complete_timer; /* the next try after one that failed */
    ev_timer reap_timer;
    bool reaping, joining, joined;
    bool claiming;            /* a claim is under way */
    bool give_back_wanted;    /* what isn't held is to be given back as soon as none is */
    LIST_HEAD(, parcel) held; /* in our hands: queued, being sent, or to be completed … */
    size_t claimed;           /* … so many */
    uint64_t random;
};

void dispatcher_init(struct dispatcher *dispatcher, struct duband *duband);
void dispatcher_finish(struct dispatcher *dispatcher);

/* The work session is up: takes (or takes again) this daemon's number and its lock, then begins. */
void dispatcher_join(struct dispatcher *dispatcher);
/* The work session is lost: nothing is claimed; what is being sent goes on. */
void dispatcher_lost(struct dispatcher *dispatcher);

/* Claims no more, gives back what wasn't begun; true when nothing is in our hands any more. */
void dispatcher_drain(struct dispatcher *dispatcher);
bool dispatcher_is_drained(const struct dispatcher *dispatcher);

#endif
