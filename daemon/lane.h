/* A lane: what the dispatcher holds of one endpoint. An endpoint that is slow or gone fills its
 * own lane and delays no other. */
#ifndef DUBAND_LANE_H
#define DUBAND_LANE_H

#include "duban/breaker.h"
#include "duban/channel.h"
#include "duban/instant.h"

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct sender;
struct lane;
struct shared_config;

/* A claimed message; held by the dispatcher, and on one list of its way at a time. */
struct parcel {
    LIST_ENTRY(parcel) held;
    struct parcel *next;
    struct lane *lane;
    struct shared_config *config; /* holds the channel while the request is under way */
    const struct channel *channel;
    int64_t id, token;
    int32_t attempt;
    bool probe; /* the one message that tries whether its endpoint is back */
    wall_us first_at;
    double lease_until; /* steady time: no request is begun that could outlast it */
    double begun;
    char *public_id, *address, *body, *kind, *case_no;
    /* what became of it */
    struct outcome outcome;
    int status;
    int64_t took_ms;
    span_us retry_after_us;
    const char *fallback; /* "" or the channel's */
    char dead_reason[288];
};

struct delivery_list {
    struct parcel *first, *last;
    size_t count;
};

void delivery_list_add(struct delivery_list *list, struct parcel *parcel);
struct parcel *delivery_list_take(struct delivery_list *list);
void parcel_destroy(struct parcel *parcel);

/* What the database is to be told of an endpoint (duban.endpoint_report). */
struct lane_news {
    const char *state; /* a change of its state, with what belongs to it; NULL: none */
    bool probe;
    span_us pause_us;
    char reason[200];
    wall_us ok_at, error_at; /* WALL_NONE: nothing new */
    char error[200];
};

struct lane {
    struct sender *sender;
    int64_t endpoint;
    char *channel;              /* name */
    char *address;              /* of the endpoint, "" for a gateway */
    wall_us floor;              /* nothing is ready before it */
    struct delivery_list queue; /* claimed, not begun */
    size_t sending;
    size_t window;     /* how many to hold: grows while the endpoint is quick */
    size_t asked, got; /* of the claim under way */
    bool more;         /* the last claim brought all that was asked for */
    struct rate rate;  /* what may be sent; in microseconds of the loop's time */

    struct breaker breaker;         /* as the database has it, or will have it with the news: */
    struct lane_news news, telling; /* those to be told, and those on their way */
    bool is_told;                   /* the latter are */
    double changed;                 /* when this daemon last changed the breaker's state */
    bool probing;                   /* a probe is in our hands … */
    bool probe_asked;               /* … or asked for by the claim under way */
    bool park_due;                  /* not well: messages may lie in ready */
    bool parked;                    /* messages may be parked … */
    int64_t parked_floor;           /* … none of them with a number up to this */
    bool unpark_asked;              /* by the move under way */
};

struct lane *lane_create(struct sender *sender, int64_t endpoint, const char *channel,
                         const char *address);
/* Whether messages are claimed and sent; else only a probe is. */
bool lane_is_well(const struct lane *lane);
/* What is queued is custody's. */
void lane_destroy(struct lane *lane);

/* How many more to claim now; 0 while enough are in hand. */
size_t lane_room(const struct lane *lane, size_t concurrency, size_t most);

/* After a request: the window grows by one when it went well and quickly, and falls back when
 * not. */
void lane_learn(struct lane *lane, bool well, size_t concurrency, size_t most);

/* All lanes, in the order of their endpoints. */
struct lanes {
    struct lane **items;
    size_t count;
};

/* NULL when there is none. */
struct lane *lanes_find(const struct lanes *lanes, int64_t endpoint);
/* Takes over a lane whose endpoint has none yet. */
void lanes_add(struct lanes *lanes, struct lane *lane);
void lanes_finish(struct lanes *lanes);

#endif
