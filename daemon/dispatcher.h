/* Stage 4, dispatcher: claim → request → verdict → complete. Every daemon dispatches,
 * unless it stands by. */
#ifndef DUBAND_DISPATCHER_H
#define DUBAND_DISPATCHER_H

#include "parking.h"
#include "sender.h"

struct dispatcher {
    struct stage stage; /* first: its turns claim */
    struct context *context;
    struct custody custody;
    struct completer completer;
    struct sender sender;
    struct health health;
    struct parking parking;
    struct pg_params *params;
    struct lanes lanes;
    int64_t last_endpoint;
    wall_us swept_at;   /* when floors were last disregarded, and all endpoints read … */
    bool sweep;         /* … by this turn */
    double lease_until; /* of the claim under way */
    void (*on_joined)(void *owner);
    void *owner;
};

/* `on_joined` is called whenever this daemon got its number. */
void dispatcher_init(struct dispatcher *dispatcher, struct context *context,
                     void (*on_joined)(void *owner), void *owner);
/* After the HTTP client is gone: no reply comes any more. */
void dispatcher_finish(struct dispatcher *dispatcher);

/* The work session is up: joins, then claims. */
void dispatcher_join(struct dispatcher *dispatcher);
/* The work session is lost: nothing is claimed; what is being sent goes on. */
void dispatcher_lost(struct dispatcher *dispatcher);

/* Another configuration is in use. */
void dispatcher_reload(struct dispatcher *dispatcher);

/* Claims no more and gives back what wasn't begun. */
void dispatcher_drain(struct dispatcher *dispatcher);
/* Whether nothing is in our hands any more. */
bool dispatcher_is_drained(const struct dispatcher *dispatcher);

#endif
