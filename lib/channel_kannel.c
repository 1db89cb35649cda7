/* Short messages through Kannel's sendsms.
 *
 * Kannel can't tell a repeat from a new message, so a request is made at most once: on a
 * connection of its own, which libcurl never repeats on, and after a time-out the outcome is
 * unknown. Three losses that Kannel would answer with 202 are ruled out here: coding=2 always
 * (without it Chinese becomes "???"), no empty text, and the URL's cap keeps a text far below
 * Kannel's max-messages. */
#include "duban/channel_kannel.h"

#include "duban/mem.h"
#include "duban/outcome.h"
#include "duban/phone.h"
#include "duban/sms_text.h"
#include "duban/url.h"
#include "duban/utf8.h"

#include <inttypes.h>
#include <string.h>

#define ID_PLACEHOLDER "{id}"

static const struct setting settings[] = {
    {.key = "url",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct kannel_options, url),
     .standard = "http://127.0.0.1:13013/cgi-bin/sendsms",
     .help = "Kannel's sendsms, without a query"},
    {.key = "username",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct kannel_options, username),
     .help = "username of the group sendsms-user"},
    {.key = "password",
     .kind = SETTING_SECRET,
     .offset = offsetof(struct kannel_options, password),
     .help = "its password"},
    {.key = "from",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct kannel_options, from),
     .optional = true,
     .help = "sender number; left out when the gateway has its own"},
    {.key = "dlr_mask",
     .kind = SETTING_INT,
     .offset = offsetof(struct kannel_options, dlr_mask),
     .standard = "0",
     .least = 0,
     .most = 31,
     .help = "delivery reports wanted: 1 delivered, 2 failed, 4 buffered, 8 accepted, 16 "
             "rejected, added up; 0 none"},
    {.key = "dlr_url",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct kannel_options, dlr_url),
     .optional = true,
     .help = "where Kannel reports to; {id} stands for the message's id, %d for the report"},
};

static bool check(const void *options, const struct yaml_node *node, struct problems *problems)
{
    const struct kannel_options *kannel = options;
    size_t before = problems->total;
    struct error error;
    if (!url_check(kannel->url, &error))
        yaml_problem(node, problems, "url: %s", error.text);
    else if (strchr(kannel->url, '?'))
        yaml_problem(node, problems, "url: expected no query (?…), duban adds its own");
    if ((kannel->dlr_mask != 0) != (kannel->dlr_url != NULL))
        yaml_problem(node, problems, "dlr_mask and dlr_url are only useful together");
    if (kannel->dlr_url && strncmp(kannel->dlr_url, "http://", 7) != 0 &&
        strncmp(kannel->dlr_url, "https://", 8) != 0)
        yaml_problem(node, problems, "dlr_url begins with neither http:// nor https://");
    if (kannel->dlr_url && strstr(kannel->dlr_url, ID_PLACEHOLDER) == NULL)
        yaml_problem(node, problems,
                     "dlr_url lacks {id}, so that no report would find its message");
    return problems->total == before;
}

static bool check_address(const char *address, struct error *error)
{
    char phone[PHONE_BYTES];
    return phone_read(address, phone, error);
}

static bool check_text(const struct message *message, struct error *error)
{
    if (!utf8_is_valid(message->body, message->body_length))
        return error_set(error, "the text is not UTF-8");
    if (strspn(message->body, " \t\r\n") == message->body_length)
        return error_set(error, "the text is empty");
    return true;
}

static void add_parameter(struct buf *url, const char *name, const char *value)
{
    buf_format(url, "&%s=", name);
    url_encode(url, value);
}

static void add_report(struct buf *url, const struct kannel_options *kannel, const char *id)
{
    AUTO_BUF report;
    buf_init(&report, HTTP_URL_BYTES);
    const char *text = kannel->dlr_url;
    for (const char *at; (at = strstr(text, ID_PLACEHOLDER)); text = at + strlen(ID_PLACEHOLDER)) {
        buf_add(&report, text, (size_t)(at - text));
        url_encode(&report, id);
    }
    buf_text(&report, text);
    buf_format(url, "&dlr-mask=%" PRId64, kannel->dlr_mask);
    add_parameter(url, "dlr-url", buf_string(&report));
}

static void add_query(struct buf *url, const struct kannel_options *kannel, const char *phone,
                      const struct message *message)
{
    buf_text(url, "?charset=UTF-8&coding=2");
    add_parameter(url, "username", kannel->username);
    add_parameter(url, "password", kannel->password);
    if (kannel->from)
        add_parameter(url, "from", kannel->from);
    add_parameter(url, "to", phone);
    add_parameter(url, "text", message->body);
    if (kannel->dlr_url)
        add_report(url, kannel, message->id);
}

static bool request(const struct channel *channel, const struct message *message, wall_us now,
                    struct http_request *request, struct error *error)
{
    (void)now;
    const struct kannel_options *kannel = channel->options;
    char phone[PHONE_BYTES];
    if (!phone_read(message->address, phone, error) || !check_text(message, error))
        return false;
    struct http_request made = {.method = "GET", .fresh_connection = true};
    struct buf url;
    buf_init(&url, HTTP_URL_BYTES - 1);
    buf_text(&url, kannel->url);
    add_query(&url, kannel, phone, message);
    bool fits = !url.overflowed;
    made.url = buf_take(&url);
    if (fits)
        *request = made;
    else
        http_request_finish(&made);
    return fits || error_set(error, "the text is too long for one request (%zu units)",
                             sms_units(message->body));
}

static bool compose(const struct channel *channel, const struct wording *wording, struct buf *body,
                    struct error *error)
{
    (void)channel, (void)error;
    template_render(wording->text, wording->notice, wording->locale, sms_room(wording->segments, 0),
                    body);
    return true;
}

/* What the operator's signature is, only the operator knows. */
static void billing(const struct channel *channel, struct channel_billing *billing)
{
    (void)channel;
    *billing = (struct channel_billing){.signature = NULL};
}

static bool says(const struct http_reply *reply, const char *words)
{
    return strstr(reply->body, words) != NULL;
}

/* 2xx: only Kannel's own words mean that it took the message. */
static enum verdict judge_success(const struct http_reply *reply)
{
    bool taken = strncmp(reply->body, "0:", 2) == 0 || strncmp(reply->body, "3:", 2) == 0;
    return taken ? VERDICT_ACCEPTED : VERDICT_UNKNOWN;
}

/* 400: either the receiver is wrong, or what we say of ourselves. */
static enum verdict judge_bad_request(const struct http_reply *reply)
{
    return says(reply, "Sender missing") || says(reply, "Invalid content-type") ? VERDICT_REJECTED
                                                                                : VERDICT_PERMANENT;
}

static enum verdict judge_status(const struct http_reply *reply)
{
    int status = reply->status;
    if (status >= 200 && status < 300)
        return judge_success(reply);
    switch (status) {
    case 400:
        return judge_bad_request(reply);
    case 401:
    case 403:
    case 404:
    case 405:
        return VERDICT_REJECTED;
    case 429:
        return VERDICT_THROTTLED;
    case 503:
        return reply->retry_after_s >= 0 ? VERDICT_THROTTLED : VERDICT_TEMPORARY;
    case 408: /* said by something in between, which may have passed the request on */
        return VERDICT_UNKNOWN;
    default:
        break;
    }
    if (status >= 300 && status < 400)
        return VERDICT_REJECTED; /* the configured URL is not the gateway's */
    return status >= 400 && status < 500 ? VERDICT_PERMANENT : VERDICT_UNKNOWN;
}

static void verdict(const struct channel *channel, const struct http_reply *reply,
                    struct outcome *outcome)
{
    (void)channel;
    if (reply->failure != HTTP_REPLIED) {
        bool untouched = reply->failure == HTTP_NOT_SENT;
        outcome_set(outcome, untouched ? VERDICT_TEMPORARY : VERDICT_UNKNOWN, "%s",
                    reply->failure_text);
        return;
    }
    enum verdict judged = judge_status(reply);
    if (judged == VERDICT_THROTTLED)
        outcome_throttle(outcome, reply);
    else
        outcome_quote(outcome, judged, reply);
}

const struct channel_type channel_kannel = {
    .name = CHANNEL_KANNEL,
    .gathers = true,
    .personal = true,
    .repeatable = false,
    .compose = compose,
    .billing = billing,
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .options_size = sizeof(struct kannel_options),
    .check = check,
    .check_address = check_address,
    .request = request,
    .verdict = verdict,
};
