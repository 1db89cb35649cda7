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

static void die(const struct channel *channel, const struct outcome *outcome, const char *why,
                struct delivery *result)
{
    snprintf(result->dead_reason, sizeof result->dead_reason, "%s%s%s", why,
             outcome->detail[0] ? ": " : "", outcome->detail);
    if (outcome->verdict != VERDICT_UNKNOWN || channel->fallback_unsure)
        result->fallback = channel->fallback;
}

static void give_up(const struct channel *channel, const struct outcome *outcome, int32_t attempt,
                    struct delivery *result)
{
    char why[64];
    snprintf(why, sizeof why, "given up after %d %s", attempt, attempt == 1 ? "try" : "tries");
    die(channel, outcome, why, result);
}

static void retry(const struct channel *channel, const struct outcome *outcome, span_us wait_us,
                  int32_t attempt, span_us age_us, struct delivery *result)
{
    if (age_us + wait_us > channel->give_up_us)
        give_up(channel, outcome, attempt, result);
    else
        result->retry_after_us = wait_us;
}

static void put_off(const struct channel *channel, const struct outcome *outcome, span_us wait_us,
                    int32_t attempt, span_us age_us, struct delivery *result)
{
    span_us left_us = channel->give_up_us - age_us;
    if (wait_us < outcome->retry_after_us)
        wait_us = outcome->retry_after_us;
    if (left_us > 0 && wait_us > left_us)
        wait_us = left_us;
    if (outcome->scope == THROTTLE_ENDPOINT)
        result->pause_us = wait_us;
    if (left_us > 0)
        result->retry_after_us = wait_us;
    else
        give_up(channel, outcome, attempt, result);
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
        die(channel, outcome, "refused for good", result);
        return;
    case VERDICT_UNKNOWN:
        if (!delivery_is_repeatable(channel)) {
            die(channel, outcome, "outcome unknown, it may have arrived", result);
            return;
        }
        retry(channel, outcome, wait_us, attempt, age_us, result);
        return;
    case VERDICT_REJECTED:
    case VERDICT_GONE:
        result->retry_after_us = 0;
        return;
    case VERDICT_THROTTLED:
        put_off(channel, outcome, wait_us, attempt, age_us, result);
        return;
    case VERDICT_TEMPORARY:
        retry(channel, outcome, wait_us, attempt, age_us, result);
        return;
    }
}
