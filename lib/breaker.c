/* Breakers: verdicts in a row → whether an endpoint may be used. */
#include "duban/breaker.h"

#include "duban/backoff.h"
#include "duban/mem.h"

#include <string.h>

static const char *const words[ENDPOINT_STATES] = {
    [ENDPOINT_WELL] = "well",
    [ENDPOINT_OPEN] = "open",
    [ENDPOINT_STOPPED] = "stopped",
    [ENDPOINT_GONE] = "gone",
};

const char *endpoint_state_word(enum endpoint_state state)
{
    return words[state];
}

enum endpoint_state endpoint_state_of(const char *word)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i], word) == 0)
            return (enum endpoint_state)i;
    return ENDPOINT_WELL;
}

static bool is_ended(const struct breaker *breaker)
{
    return breaker->state == ENDPOINT_STOPPED || breaker->state == ENDPOINT_GONE;
}

/* Somebody is there. What was sent before the breaker opened proves nothing. */
static bool hear_answer(struct breaker *breaker, bool probe)
{
    breaker->failures = 0;
    if (breaker->state != ENDPOINT_OPEN || !probe)
        return false;
    *breaker = (struct breaker){.state = ENDPOINT_WELL};
    return true;
}

static bool hear_failure(struct breaker *breaker, const struct channel *channel, bool probe,
                         wall_us now, uint64_t random)
{
    bool opens = breaker->state == ENDPOINT_WELL ? ++breaker->failures >= channel->breaker_failures
                                                 : breaker->state == ENDPOINT_OPEN && probe;
    if (!opens)
        return false;
    breaker->state = ENDPOINT_OPEN;
    breaker->failures = 0;
    int32_t opening = breaker->openings < 60 ? (int32_t)++breaker->openings : 60;
    breaker->until = now + backoff_span(channel->breaker_first_us, channel->breaker_most_us,
                                        opening, BACKOFF_EQUAL, random);
    return true;
}

/* The longest pause that was asked for counts, but a probe's own replaces the one before it. */
static bool hear_throttle(struct breaker *breaker, bool probe, wall_us until)
{
    if (is_ended(breaker) || (breaker->state == ENDPOINT_OPEN && !probe && until <= breaker->until))
        return false;
    breaker->state = ENDPOINT_OPEN;
    breaker->failures = 0;
    breaker->until = until;
    return true;
}

static bool end(struct breaker *breaker, enum endpoint_state state)
{
    if (is_ended(breaker))
        return false;
    *breaker = (struct breaker){.state = state, .until = WALL_NONE};
    return true;
}

bool breaker_hear(struct breaker *breaker, const struct channel *channel, enum verdict verdict,
                  bool probe, span_us pause_us, wall_us now, uint64_t random)
{
    switch (verdict) {
    case VERDICT_TEMPORARY:
    case VERDICT_UNKNOWN:
        return hear_failure(breaker, channel, probe, now, random);
    case VERDICT_REJECTED:
        return end(breaker, ENDPOINT_STOPPED);
    case VERDICT_GONE:
        return end(breaker, ENDPOINT_GONE);
    case VERDICT_THROTTLED:
        if (pause_us > 0)
            return hear_throttle(breaker, probe, now + pause_us);
        return hear_answer(breaker, probe);
    case VERDICT_DELIVERED:
    case VERDICT_ACCEPTED:
    case VERDICT_PERMANENT:
        return hear_answer(breaker, probe);
    }
    return false;
}
