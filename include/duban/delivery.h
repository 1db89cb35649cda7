/* What becomes of a message after a try: done, tried again later, or dead. Pure. */
#ifndef DUBAN_DELIVERY_H
#define DUBAN_DELIVERY_H

#include "duban/channel.h"
#include "duban/instant.h"

#include <stdint.h>

struct delivery {
    span_us retry_after_us; /* −1: not tried again */
    span_us pause_us;      /* throttled as a whole, its endpoint gets nothing for so long; else 0 */
    const char *fallback;  /* dead: the channel on which its recipients are told instead; NULL:
                              none. Borrowed from the channel */
    char dead_reason[288]; /* "" unless it is given up */
};

/* After try number `attempt` (from 1) of a message whose first try was `age_us` ago. `random` is
 * any number: it spreads the repeats.
 *
 * Delivered or accepted: done. Permanent: dead. Unknown: as temporary where the receiver can tell
 * a repeat (or the channel says `resend`), else parked in dead, never silently repeated. Temporary
 * is repeated with exponential backoff, throttled no sooner than the receiver asks, until the
 * channel's give_up has passed. A receiver that asks for more than is left of that life gets the
 * message once more at its end: no message dies untried because it was put off. Rejected and gone
 * are matters of the endpoint (breaker.h): the message goes back as it was, for the endpoint to
 * come back. */
void delivery_decide(const struct channel *channel, const struct outcome *outcome, int32_t attempt,
                     span_us age_us, uint64_t random, struct delivery *result);

/* Whether a message of this channel may be sent again when its outcome is unknown. */
bool delivery_is_repeatable(const struct channel *channel);

#endif
