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
#include "duban/receipt.h"
#include "duban/sms_text.h"
#include "duban/url.h"
#include "duban/utf8.h"

#include <inttypes.h>
#include <string.h>

#define ID_PLACEHOLDER     "{id}"
#define SECRET_PLACEHOLDER "{secret}"

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
     .help = "where Kannel reports to; {id} stands for the message's id, {secret} for the "
             "receipt_path, %d for the report"},
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
    if (kannel->dlr_url && strstr(kannel->dlr_url, SECRET_PLACEHOLDER) &&
        !yaml_get(node, "receipt_path_file") && !yaml_get(node, "receipt_path_credential"))
        yaml_problem(node, problems, "dlr_url has {secret}, and there is no receipt_path_file");
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

/* The URL of reports with its placeholders filled in. */
static void fill_report(struct buf *report, const char *text, const char *id, const char *secret)
{
    while (*text) {
        bool is_id = strncmp(text, ID_PLACEHOLDER, strlen(ID_PLACEHOLDER)) == 0;
        bool is_secret = strncmp(text, SECRET_PLACEHOLDER, strlen(SECRET_PLACEHOLDER)) == 0;
        if (is_id || is_secret)
            url_encode(report, is_id ? id : secret);
        else
            buf_char(report, *text);
        text += is_id ? strlen(ID_PLACEHOLDER) : is_secret ? strlen(SECRET_PLACEHOLDER) : 1;
    }
}

static void add_report(struct buf *url, const struct channel *channel, const char *id)
{
    const struct kannel_options *kannel = channel->options;
    AUTO_BUF report;
    buf_init(&report, HTTP_URL_BYTES);
    fill_report(&report, kannel->dlr_url, id, channel->receipt_path ? channel->receipt_path : "");
    buf_format(url, "&dlr-mask=%" PRId64, kannel->dlr_mask);
    add_parameter(url, "dlr-url", buf_string(&report));
}

static void add_query(struct buf *url, const struct channel *channel, const char *phone,
                      const struct message *message)
{
    const struct kannel_options *kannel = channel->options;
    buf_text(url, "?charset=UTF-8&coding=2");
    add_parameter(url, "username", kannel->username);
    add_parameter(url, "password", kannel->password);
    if (kannel->from)
        add_parameter(url, "from", kannel->from);
    add_parameter(url, "to", phone);
    add_parameter(url, "text", message->body);
    if (kannel->dlr_url)
        add_report(url, channel, message->id);
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
    add_query(&url, channel, phone, message);
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

/* --- receipts --- */

/* The message centre's own words: "id:A1 … stat:UNDELIV err:001 text:…" after a report from the
 * phone (SMPP 3.4, appendix B), else such as "NACK/0x45/…". The word after `key`. */
static void pick_word(const char *reply, const char *key, char word[RECEIPT_ID_BYTES])
{
    const char *at = strstr(reply, key);
    size_t length = at ? strcspn(at += strlen(key), " ") : 0;
    AUTO_FREE char *found = mem_text_n(at ? at : "", length);
    receipt_set_id(word, found);
}

static void set_words(struct receipt *receipt, const char *type, char *reply)
{
    char *text = strcasestr(reply, " text:"); /* what was sent: nobody else's business */
    if (text)
        *text = '\0';
    pick_word(reply, "stat:", receipt->code);
    if (receipt->code[0] == '\0')
        receipt_set_id(receipt->code, type);
    receipt_set_detail(receipt, reply);
}

/* Seconds since 1970, of this century. */
static wall_us read_timestamp(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits < 9 || digits > 10 || text[digits])
        return WALL_NONE;
    return strtoll(text, NULL, 10) * US_PER_S;
}

static bool read_receipt(const struct receipt_request *request, struct receipt_list *list,
                         struct error *error)
{
    static const struct {
        const char *type;
        enum receipt_status status;
    } types[] = {{"1", RECEIPT_DELIVERED},
                 {"2", RECEIPT_FAILED},
                 {"4", RECEIPT_BUFFERED},
                 {"8", RECEIPT_ACCEPTED},
                 {"16", RECEIPT_FAILED}};
    AUTO_BUF id, type, reply, at;
    receipt_parameter(request, "id", &id);
    receipt_parameter(request, "type", &type);
    receipt_parameter(request, "reply", &reply);
    receipt_parameter(request, "at", &at);
    struct receipt receipt = {.reported_at = read_timestamp(buf_string(&at))};
    if (id.length == 0 || !receipt_set_id(receipt.public_id, buf_string(&id)))
        return error_set(error, "expected id=, the message's id");
    size_t i = 0;
    while (i < COUNT_OF(types) && strcmp(types[i].type, buf_string(&type)) != 0)
        i++;
    if (i == COUNT_OF(types))
        return error_set(error, "expected type= with 1, 2, 4, 8 or 16");
    receipt.status = types[i].status;
    AUTO_FREE char *words = mem_text(buf_string(&reply));
    set_words(&receipt, types[i].type, words);
    list->items = mem_zero(1, sizeof receipt);
    list->items[0] = receipt;
    list->count = 1;
    return true;
}

/* Kannel ignores what it is told, and by default asks only once. */
static const struct receipt_format receipts = {
    .method = "GET",
    .read = read_receipt,
    .taken = {200, "text/plain", ""},
    .later = {503, "text/plain", ""},
};

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
    .receipt = &receipts,
};
