/* What becomes of a message after a try: done, tried again later, or dead. Pure. */
#ifndef DUBAN_DELIVERY_H
#define DUBAN_DELIVERY_H

#include "duban/channel.h"
#include "duban/instant.h"

#include <stdint.h>

struct delivery {
    span_us retry_after_us; /* −1: not tried again */
    char dead_reason[288];  /* "" unless it is given up */
};

/* After try number `attempt` (from 1) of a message whose first try was `age_us` ago. `random` is
 * any number: it spreads the repeats.
 *
 * Delivered or accepted: done. Permanent: dead. Unknown: as temporary where the receiver can tell
 * a repeat (or the channel says `resend`), else parked in dead, never silently repeated. All else
 * is repeated with exponential backoff, a wrong configuration of ours with the longest wait, until
 * the channel's give_up has passed. */
void delivery_decide(const struct channel *channel, const struct outcome *outcome, int32_t attempt,
                     span_us age_us, uint64_t random, struct delivery *result);

/* Whether a message of this channel may be sent again when its outcome is unknown. */
bool delivery_is_repeatable(const struct channel *channel);

#endif
