/* What the tests of channels share: a row is a reply and what is to be made of it. Only a message
 * that was taken may have the provider's id. */
#ifndef CHANNEL_CASE_H
#define CHANNEL_CASE_H

#include "duban/channel.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct channel_case {
    enum http_failure failure;
    int status;
    int64_t retry_after_s;
    const char *body;
    enum verdict verdict;
    span_us retry_after_us;
    const char *detail; /* to be contained */
};

/* Whom a reply of status 200, or 429 with Retry-After, throttles. */
static inline enum throttle_scope scope_of(const struct channel *channel, int status,
                                           const char *body)
{
    struct http_reply reply = {.failure = HTTP_REPLIED,
                               .status = status,
                               .body = body,
                               .body_length = strlen(body),
                               .retry_after_s = status == 429 ? 5 : -1};
    struct outcome outcome;
    memset(&outcome, 0xAA, sizeof outcome);
    channel->type->verdict(channel, &reply, &outcome);
    assert_int_equal(outcome.verdict, VERDICT_THROTTLED);
    return outcome.scope;
}

static void check_verdicts(const struct channel *channel, const struct channel_case *cases,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct channel_case *row = &cases[i];
        struct http_reply reply = {.failure = row->failure,
                                   .status = row->status,
                                   .body = row->body,
                                   .body_length = strlen(row->body),
                                   .retry_after_s = row->retry_after_s};
        struct outcome outcome;
        if (row->failure != HTTP_REPLIED)
            snprintf(reply.failure_text, sizeof reply.failure_text, "it broke");
        memset(&outcome, 0xAA, sizeof outcome);
        channel->type->verdict(channel, &reply, &outcome);
        if (outcome.verdict != row->verdict || outcome.retry_after_us != row->retry_after_us ||
            strstr(outcome.detail, row->detail) == NULL ||
            (outcome.provider_id[0] && outcome.verdict != VERDICT_ACCEPTED))
            fail_msg("row %zu (%d %s): %s, %s", i, row->status, row->body,
                     verdict_word(outcome.verdict), outcome.detail);
    }
}

#endif
