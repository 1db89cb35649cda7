/* The delivery rules: verdict → done, retry or dead. */
#include "duban/delivery.h"

#include "duban/backoff.h"

#include <stdio.h>
#include <string.h>

bool delivery_is_repeatable(const struct channel *channel)
{
    const struct channel_type *type = channel->type;
    bool repeatable = type->is_repeatable ? type->is_repeatable(channel) : type->repeatable;
    return repeatable || strcmp(channel->unknown, "resend") == 0;
}

static void die(struct delivery *result, const struct outcome *outcome, const char *why)
{
    snprintf(result->dead_reason, sizeof result->dead_reason, "%s%s%s", why,
             outcome->detail[0] ? ": " : "", outcome->detail);
}

static void retry(const struct channel *channel, const struct outcome *outcome, span_us wait_us,
                  int32_t attempt, span_us age_us, struct delivery *result)
{
    if (age_us + wait_us > channel->give_up_us) {
        char why[64];
        snprintf(why, sizeof why, "given up after %d %s", attempt, attempt == 1 ? "try" : "tries");
        die(result, outcome, why);
        return;
    }
    result->retry_after_us = wait_us;
}

void delivery_decide(const struct channel *channel, const struct outcome *outcome, int32_t attempt,
                     span_us age_us, uint64_t random, struct delivery *result)
{
    *result = (struct delivery){.retry_after_us = -1};
    span_us wait_us = backoff_span(channel->retry_first_us, channel->retry_most_us, attempt,
                                   BACKOFF_EQUAL, random);
    switch (outcome->verdict) {
    case VERDICT_DELIVERED:
    case VERDICT_ACCEPTED:
        return;
    case VERDICT_PERMANENT:
        die(result, outcome, "refused for good");
        return;
    case VERDICT_UNKNOWN:
        if (!delivery_is_repeatable(channel)) {
            die(result, outcome, "outcome unknown, it may have arrived");
            return;
        }
        retry(channel, outcome, wait_us, attempt, age_us, result);
        return;
    case VERDICT_REJECTED:
        retry(channel, outcome, channel->retry_most_us, attempt, age_us, result);
        return;
    case VERDICT_THROTTLED:
        if (wait_us < outcome->retry_after_us)
            wait_us = outcome->retry_after_us;
        retry(channel, outcome, wait_us, attempt, age_us, result);
        return;
    case VERDICT_TEMPORARY:
        retry(channel, outcome, wait_us, attempt, age_us, result);
        return;
    }
}
