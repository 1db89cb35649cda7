/* Webhooks: a POST of JSON with the headers of the Standard Webhooks specification.
 *
 * The id is the same in every attempt, so a receiver can drop what it has already seen: after an
 * unknown outcome the message is simply sent again. */
#include "duban/channel_webhook.h"

#include "duban/body.h"
#include "duban/mem.h"
#include "duban/outcome.h"
#include "duban/signature.h"
#include "duban/url.h"

#include <inttypes.h>
#include <string.h>

static const struct setting settings[] = {
    {.key = "secret",
     .kind = SETTING_SECRET,
     .offset = offsetof(struct webhook_options, secret),
     .help = "signs every request; whsec_ and base64, or a text of at least 16 bytes"},
};

static bool check(const void *options, const struct yaml_node *node, struct problems *problems)
{
    const struct webhook_options *webhook = options;
    struct signature_key key;
    struct error error;
    bool fine = signature_key_read(webhook->secret, &key, &error);
    if (!fine)
        yaml_problem(node, problems, "%s", error.text);
    explicit_bzero(&key, sizeof key);
    return fine;
}

static bool compose(const struct channel *channel, const struct wording *wording, struct buf *body,
                    struct error *error)
{
    (void)error;
    body_render(wording->notice, wording->id, channel->include_applicant, body);
    return true;
}

static bool request(const struct channel *channel, const struct message *message, wall_us now,
                    struct http_request *request, struct error *error)
{
    const struct webhook_options *webhook = channel->options;
    struct signature_key key;
    char signature[SIGNATURE_BYTES];
    if (!url_check(message->address, error) || !signature_key_read(webhook->secret, &key, error))
        return false;
    int64_t timestamp_s = now / US_PER_S;
    signature_make(&key, message->id, timestamp_s, message->body, message->body_length, signature);
    explicit_bzero(&key, sizeof key);

    *request = (struct http_request){
        .method = "POST",
        .url = mem_text(message->address),
        .body = message->body,
        .body_length = message->body_length,
    };
    http_request_header(request, "Content-Type", "application/json; charset=utf-8");
    http_request_header(request, "webhook-id", "%s", message->id);
    http_request_header(request, "webhook-timestamp", "%" PRId64, timestamp_s);
    http_request_header(request, "webhook-signature", "%s", signature);
    return true;
}

/* Without a status nothing is known but that a repeat does no harm. */
static void judge_failure(const struct http_reply *reply, struct outcome *outcome)
{
    outcome_set(outcome, VERDICT_TEMPORARY, "%s", reply->failure_text);
}

static void judge_status(const struct http_reply *reply, struct outcome *outcome)
{
    int status = reply->status;
    if (status >= 200 && status < 300)
        outcome_quote(outcome, VERDICT_DELIVERED, reply);
    else if (status >= 300 && status < 400)
        outcome_set(outcome, VERDICT_PERMANENT, "HTTP %d: redirects are not followed", status);
    else if (status == 429 || (status == 503 && reply->retry_after_s >= 0))
        outcome_throttle(outcome, reply);
    else if (status == 410)
        outcome_set(outcome, VERDICT_PERMANENT, "HTTP 410: gone, the receiver wants no more");
    else if (status >= 400 && status < 500 && status != 408 && status != 425)
        outcome_quote(outcome, VERDICT_PERMANENT, reply);
    else
        outcome_quote(outcome, VERDICT_TEMPORARY, reply);
}

static void verdict(const struct channel *channel, const struct http_reply *reply,
                    struct outcome *outcome)
{
    (void)channel;
    /* Of a reply that is too large the status has been read, and only that counts. */
    if (reply->failure == HTTP_REPLIED || reply->failure == HTTP_TOO_LARGE)
        judge_status(reply, outcome);
    else
        judge_failure(reply, outcome);
}

const struct channel_type channel_webhook = {
    .name = CHANNEL_WEBHOOK,
    .repeatable = true,
    .address_is_endpoint = true,
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .options_size = sizeof(struct webhook_options),
    .check = check,
    .compose = compose,
    .check_address = url_check,
    .request = request,
    .verdict = verdict,
};
