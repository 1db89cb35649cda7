/* Sender: a lane's messages → requests → verdicts. */
#ifndef DUBAND_SENDER_H
#define DUBAND_SENDER_H

#include "completer.h"
#include "health.h"

#include <stdint.h>

struct sender {
    struct context *context;
    struct custody *custody;
    struct completer *completer;
    struct health *health;
    uint64_t random;
};

void sender_init(struct sender *sender, struct context *context, struct custody *custody,
                 struct completer *completer, struct health *health);

/* Begins as many of the lane's requests as its channel and its rate allow; goes on by itself as
 * replies come, and wakes the dispatcher when the lane has room for more. Of an endpoint that may
 * not be used nothing is begun but a probe: the others are given back. */
void sender_go(struct lane *lane);

/* How many more messages to claim for the lane now; 0 while enough are in hand, or its rate or its
 * endpoint's state doesn't let any be sent. */
size_t sender_room(const struct lane *lane);

/* Whether a message may be asked for that tries if the endpoint is back: its pause is over. */
bool sender_may_probe(const struct lane *lane, wall_us now);

/* How long until the lane's rate has room; 0: it has, or isn't what the lane waits for. */
span_us sender_wait(const struct lane *lane);

#endif
