/* A lane: what the dispatcher holds of one endpoint. An endpoint that is slow or gone fills its
 * own lane and delays no other. */
#ifndef DUBAND_LANE_H
#define DUBAND_LANE_H

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
    wall_us first_at;
    ev_tstamp lease_until; /* loop time: no request is begun that could outlast it */
    ev_tstamp begun;
    char *public_id, *address, *body, *kind, *case_no;
    /* what became of it */
    struct outcome outcome;
    int status;
    int64_t took_ms;
    span_us retry_after_us;
    char dead_reason[288];
};

struct delivery_list {
    struct parcel *first, *last;
    size_t count;
};

void delivery_list_add(struct delivery_list *list, struct parcel *parcel);
struct parcel *delivery_list_take(struct delivery_list *list);
void parcel_destroy(struct parcel *parcel);

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
};

struct lane *lane_create(struct sender *sender, int64_t endpoint, const char *channel,
                         const char *address);
/* What is queued is custody's. */
void lane_destroy(struct lane *lane);

/* How many more to claim now; 0 while enough are in hand. */
size_t lane_room(const struct lane *lane, size_t concurrency, size_t most);

/* After a request: the window grows by one when it went well and quickly, and falls back when
 * not. */
void lane_learn(struct lane *lane, bool well, size_t concurrency, size_t most);

#endif
