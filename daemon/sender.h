/* Sender: a lane's messages → requests → verdicts. */
#ifndef DUBAND_SENDER_H
#define DUBAND_SENDER_H

#include "completer.h"

#include <stdint.h>

struct sender {
    struct context *context;
    struct custody *custody;
    struct completer *completer;
    uint64_t random;
};

void sender_init(struct sender *sender, struct context *context, struct custody *custody,
                 struct completer *completer);

/* Begins as many of the lane's requests as its channel allows; goes on by itself as replies come,
 * and wakes the dispatcher when the lane has room for more. */
void sender_go(struct lane *lane);

/* How many more messages to claim for the lane now; 0 while enough are in hand. */
size_t sender_room(const struct lane *lane);

#endif
