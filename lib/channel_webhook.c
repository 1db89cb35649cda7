/* Webhooks: a POST of JSON with the headers of the Standard Webhooks specification.
 *
 * The id is the same in every attempt, so a receiver can drop what it has already seen: after an
 * unknown outcome the message is simply sent again. */
#include "duban/channel_webhook.h"

#include "duban/body.h"
#include "duban/mask.h"
#include "duban/mem.h"
#include "duban/outcome.h"
#include "duban/signature.h"
#include "duban/url.h"

#include <inttypes.h>
#include <string.h>

#define CLOUDEVENT_BEGIN    "{\"specversion\":"
#define PROPOSAL_BYTES_MOST (64u << 10)

#define AT(field) offsetof(struct webhook_options, field)

static const char *const formats[] = {"standard", "cloudevents", NULL};

static const struct setting settings[] = {
    {"secret", SETTING_SECRET, AT(secret),
     .help = "signs every request; whsec_ and base64, or a text of at least 16 bytes"},
    {"old_secret", SETTING_SECRET, AT(old_secret), .optional = true,
     .help = "the former secret: signs too, until all receivers know the new one"},
    {"format", SETTING_TEXT, AT(format), "standard", .choices = formats,
     .help = "of the body: duban's own, or CloudEvents 1.0 in structured mode"},
    {"source", SETTING_TEXT, AT(source), "duban",
     .help = "CloudEvents: who sends, a URI reference"},
    {"headers", SETTING_OTHER, .optional = true,
     .help = "map of further headers: a text, or {file: PATH} or {credential: NAME} of a secret"},
    {"certificate_file", SETTING_PATH, AT(certificate), .optional = true,
     .help = "PEM file with the certificate that duban shows to receivers that ask, and its chain"},
    {"key_file", SETTING_PATH, AT(key), .optional = true,
     .help = "PEM file with the certificate's key, without a passphrase"},
};

static void check_secret(const char *key, const char *secret, const struct yaml_node *node,
                         struct problems *problems)
{
    struct signature_key read;
    struct error error;
    if (!signature_key_read(secret, &read, &error))
        yaml_problem(node, problems, "%s%s", key, error.text);
    explicit_bzero(&read, sizeof read);
}

/* As much of a URI reference as can go wrong unseen: emptiness, spaces, quotes, other alphabets. */
static bool is_reference(const char *source)
{
    size_t length = strlen(source);
    for (size_t i = 0; i < length; i++)
        if (source[i] <= ' ' || source[i] > '~' || strchr("\"<>\\^`{|}", source[i]))
            return false;
    return length > 0;
}

static bool check(const void *options, const struct yaml_node *node, struct problems *problems)
{
    const struct webhook_options *webhook = options;
    size_t before = problems->total;
    check_secret("", webhook->secret, node, problems);
    if (webhook->old_secret)
        check_secret("old_secret: ", webhook->old_secret, node, problems);
    if (webhook->old_secret && strcmp(webhook->secret, webhook->old_secret) == 0)
        yaml_problem(node, problems, "old_secret is the same as secret");
    if (!is_reference(webhook->source))
        yaml_problem(node, problems, "source is not a URI reference, as https://duban.example/");
    return problems->total == before;
}

static void render(const struct channel *channel, const struct notice *notice, const char *id,
                   struct buf *body)
{
    const struct webhook_options *webhook = channel->options;
    if (strcmp(webhook->format, formats[1]) == 0)
        body_render_cloudevent(notice, id, webhook->source, channel->include_applicant, body);
    else
        body_render(notice, id, channel->include_applicant, body);
}

/* The words of a proposal belong to it: a program can lay them before who has to sign. */
static void render_proposal(const struct channel *channel, const struct wording *wording,
                            struct buf *body)
{
    struct notice notice = *wording->notice;
    AUTO_FREE struct facts *facts = mem_zero(1, sizeof *facts);
    *facts = *notice.facts;
    if (!channel->include_applicant)
        mask_persons(facts);
    AUTO_BUF text;
    buf_init(&text, PROPOSAL_BYTES_MOST);
    notice.facts = facts;
    template_render(wording->text, &notice, wording->locale, 0, &text);
    notice.facts = wording->notice->facts;
    notice.proposal = buf_string(&text);
    render(channel, &notice, wording->id, body);
}

static bool compose(const struct channel *channel, const struct wording *wording, struct buf *body,
                    struct error *error)
{
    (void)error;
    if (wording->notice->facts && strcmp(wording->notice->kind, "tacit_approval") == 0)
        render_proposal(channel, wording, body);
    else
        render(channel, wording->notice, wording->id, body);
    return true;
}

static bool sign(const char *secret, const struct message *message, int64_t timestamp_s,
                 char signature[SIGNATURE_BYTES], struct error *error)
{
    struct signature_key key;
    if (!signature_key_read(secret, &key, error))
        return false;
    signature_make(&key, message->id, timestamp_s, message->body, message->body_length, signature);
    explicit_bzero(&key, sizeof key);
    return true;
}

/* By the body's own beginning: it may have been composed under another configuration. */
static const char *content_type(const struct message *message)
{
    bool cloudevent = strncmp(message->body, CLOUDEVENT_BEGIN, strlen(CLOUDEVENT_BEGIN)) == 0;
    return cloudevent ? "application/cloudevents+json; charset=utf-8"
                      : "application/json; charset=utf-8";
}

static bool request(const struct channel *channel, const struct message *message, wall_us now,
                    struct http_request *request, struct error *error)
{
    const struct webhook_options *webhook = channel->options;
    char signature[SIGNATURE_BYTES], old_signature[SIGNATURE_BYTES] = "";
    int64_t timestamp_s = now / US_PER_S;
    if (!url_check(message->address, error) ||
        !sign(webhook->secret, message, timestamp_s, signature, error) ||
        (webhook->old_secret &&
         !sign(webhook->old_secret, message, timestamp_s, old_signature, error)))
        return false;

    *request = (struct http_request){
        .method = "POST",
        .url = mem_text(message->address),
        .body = message->body,
        .body_length = message->body_length,
        .certificate = webhook->certificate,
        .key = webhook->key,
    };
    http_request_header(request, "Content-Type", "%s", content_type(message));
    http_request_header(request, "webhook-id", "%s", message->id);
    http_request_header(request, "webhook-timestamp", "%" PRId64, timestamp_s);
    http_request_header(request, "webhook-signature", "%s%s%s", signature,
                        webhook->old_secret ? " " : "", old_signature);
    for (size_t i = 0; i < webhook->header_count; i++)
        http_request_header(request, webhook->headers[i].name, "%s", webhook->headers[i].value);
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
        outcome_set(outcome, VERDICT_GONE, "HTTP 410: gone, the receiver wants no more");
    else if (status == 401) /* it doesn't know our secret or certificate: nothing will be taken */
        outcome_quote(outcome, VERDICT_REJECTED, reply);
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
    .read = webhook_read,
    .finish = webhook_finish,
    .check = check,
    .compose = compose,
    .check_address = url_check,
    .request = request,
    .verdict = verdict,
};
