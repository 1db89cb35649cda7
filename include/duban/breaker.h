/* A breaker 熔断: whether an endpoint may be used, by what came of the messages that were sent to
 * it. Pure; one row of duban.endpoint_state. */
#ifndef DUBAN_BREAKER_H
#define DUBAN_BREAKER_H

#include "duban/channel.h"
#include "duban/instant.h"

#include <stdbool.h>
#include <stdint.h>

enum endpoint_state {
    ENDPOINT_WELL,    /* in use */
    ENDPOINT_OPEN,    /* nothing before `until`, then one message tries */
    ENDPOINT_STOPPED, /* our configuration is wrong: until it is loaded anew, or resumed */
    ENDPOINT_GONE,    /* the receiver wants no more: until somebody resumes it */
};

#define ENDPOINT_STATES 4

/* As the database calls it; what isn't known there is ENDPOINT_WELL. */
const char *endpoint_state_word(enum endpoint_state state);
enum endpoint_state endpoint_state_of(const char *word);

struct breaker {
    enum endpoint_state state;
    wall_us until;    /* open */
    int64_t failures; /* in a row, while well */
    int64_t openings; /* by failures, in a row: the pause grows with them */
};

/* A message has its outcome. `probe`: it is the one that tried after the pause; `pause_us`: for how
 * long the endpoint has throttled all that goes there (delivery.h), else 0.
 *
 * Opens after `breaker_failures` outcomes in a row that are temporary or unknown, for
 * breaker_first, doubled with each further opening up to breaker_most, with jitter (`random`). A
 * probe that gets any answer but these closes it: also a refusal of that very message shows that
 * somebody is there. Rejected stops the endpoint and gone ends it, at once. Throttled opens it for
 * that pause, and counts as no failure. Whether the state has changed, and is to be written. */
bool breaker_hear(struct breaker *breaker, const struct channel *channel, enum verdict verdict,
                  bool probe, span_us pause_us, wall_us now, uint64_t random);

#endif
