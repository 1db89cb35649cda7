/* Short messages through a gateway that the configuration describes: what is sent, and what in a
 * reply means what. Made at most once, unless the gateway can tell a repeat by our id. */
#include "duban/channel_http.h"

#include "duban/gateway.h"
#include "duban/mem.h"
#include "duban/outcome.h"
#include "duban/phone.h"
#include "duban/sms_body.h"
#include "duban/url.h"

#include <string.h>
#include <strings.h>

#define URL_BYTES_MOST  16384
#define BODY_BYTES_MOST 65536
#define CONTENT_TYPE    "Content-Type"

static const char *const methods[] = {"POST", "GET", NULL};

#define AT(field) offsetof(struct http_gateway_options, field)

static const struct setting settings[] = {
    {.key = "url",
     .kind = SETTING_OTHER,
     .help = "with {to}, {text}, {id} and {secret} where they belong, written as %XX"},
    {.key = "method",
     .kind = SETTING_TEXT,
     .offset = AT(method),
     .standard = "POST",
     .choices = methods,
     .help = "of the request"},
    {.key = "headers",
     .kind = SETTING_OTHER,
     .optional = true,
     .help = "name: value; with {id}, {to} and {secret}"},
    {.key = "body",
     .kind = SETTING_OTHER,
     .optional = true,
     .help = "of a POST, with placeholders, written as the header Content-Type demands"},
    {.key = "secret",
     .kind = SETTING_SECRET,
     .offset = AT(secret),
     .optional = true,
     .help = "what {secret} stands for"},
    {.key = "reply",
     .kind = SETTING_OTHER,
     .help = "list of rules: verdict, and status, json (a pointer) with is, or contains; the first "
             "that fits counts"},
    {.key = "reply_id",
     .kind = SETTING_TEXT,
     .offset = AT(reply_id),
     .optional = true,
     .help = "JSON pointer to the gateway's id of the message"},
    {.key = "repeatable",
     .kind = SETTING_BOOL,
     .offset = AT(repeatable),
     .standard = "false",
     .help = "the gateway drops a repeat with the same {id}: what is unknown may be sent again"},
    {.key = "sign_name",
     .kind = SETTING_TEXT,
     .offset = AT(sign_name),
     .optional = true,
     .help = "signature that the gateway adds, without 【】, so that its length is counted"},
    {.key = "gsm7",
     .kind = SETTING_BOOL,
     .offset = AT(gsm7),
     .standard = "false",
     .help = "texts of GSM 7-bit characters are billed as such: 160, then 153 a part"},
};

/* --- settings --- */

/* How values are written into a body of this type; false for a type that isn't known. */
static bool escape_of(const char *type, enum pattern_escape *escape)
{
    static const struct {
        const char *type;
        enum pattern_escape escape;
    } types[] = {
        {"application/json", ESCAPE_JSON}, {"application/x-www-form-urlencoded", ESCAPE_URL},
        {"application/xml", ESCAPE_XML},   {"text/xml", ESCAPE_XML},
        {"text/plain", ESCAPE_NONE},
    };
    size_t length = strcspn(type, "; ");
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (strlen(types[i].type) == length && strncasecmp(types[i].type, type, length) == 0) {
            *escape = types[i].escape;
            return true;
        }
    }
    return false;
}

/* The value of a header as it is written in the map. */
static const struct yaml_node *find_header(const struct yaml_node *map, const char *name)
{
    const struct yaml_node *headers = yaml_get(map, "headers");
    for (size_t i = 0; headers && headers->kind == YAML_MAP && i < headers->count; i++)
        if (strcasecmp(headers->keys[i]->text, name) == 0)
            return headers->values[i];
    return NULL;
}

static bool check_header(const struct yaml_node *name, struct problems *problems)
{
    static const char *const ours[] = {"Host", "Content-Length", "Transfer-Encoding", "Expect",
                                       "Connection"};
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "-_";
    if (*name->text == '\0' || name->text[strspn(name->text, allowed)]) {
        yaml_problem(name, problems, "expected the name of a header: letters, digits and -");
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(ours); i++) {
        if (strcasecmp(name->text, ours[i]) == 0) {
            yaml_problem(name, problems, "duban sets the header %s itself", ours[i]);
            return false;
        }
    }
    return true;
}

static bool read_headers(struct http_gateway_options *gateway, const struct yaml_node *map,
                         struct problems *problems)
{
    if (map == NULL || !yaml_expect(map, YAML_MAP, problems))
        return map == NULL;
    if (map->count > GATEWAY_HEADERS_MOST) {
        yaml_problem(map, problems, "%d headers at most", GATEWAY_HEADERS_MOST);
        return false;
    }
    bool fine = true;
    for (size_t i = 0; i < map->count; i++) {
        struct http_pattern *value = http_pattern_create(map->values[i], ESCAPE_NONE, problems);
        fine &= value && check_header(map->keys[i], problems);
        if (value == NULL)
            continue;
        gateway->headers[gateway->header_count++] =
            (struct gateway_header){map->keys[i]->text, value};
        if (http_pattern_uses(value, PATTERN_TEXT)) {
            yaml_problem(map->values[i], problems, "a header can't carry {text}");
            fine = false;
        }
    }
    return fine;
}

static bool read_body(struct http_gateway_options *gateway, const struct yaml_node *map,
                      struct problems *problems)
{
    const struct yaml_node *body = yaml_get(map, "body"), *type = find_header(map, CONTENT_TYPE);
    enum pattern_escape escape = ESCAPE_NONE;
    if (body == NULL)
        return true;
    if (type == NULL || type->text == NULL || !escape_of(type->text, &escape)) {
        yaml_problem(body, problems,
                     "a body needs the header Content-Type: application/json, "
                     "application/x-www-form-urlencoded, application/xml or text/plain, which "
                     "tells how values are written into it");
        return false;
    }
    gateway->body = http_pattern_create(body, escape, problems);
    return gateway->body != NULL;
}

static bool read(void *options, const struct yaml_node *map, struct problems *problems)
{
    struct http_gateway_options *gateway = options;
    const struct yaml_node *url = yaml_get(map, "url"), *reply = yaml_get(map, "reply");
    if (url)
        gateway->url = http_pattern_create(url, ESCAPE_URL, problems);
    else
        yaml_problem(map, problems, "'url' is missing: where the gateway is called");
    bool fine = read_headers(gateway, yaml_get(map, "headers"), problems);
    fine &= read_body(gateway, map, problems);
    if (reply)
        gateway->rules = reply_rules_create(reply, problems);
    else
        yaml_problem(map, problems, "'reply' is missing: what in a reply means accepted");
    return fine && gateway->url && gateway->rules;
}

static void finish(void *options)
{
    struct http_gateway_options *gateway = options;
    http_pattern_destroy(gateway->url);
    http_pattern_destroy(gateway->body);
    for (size_t i = 0; i < gateway->header_count; i++)
        http_pattern_destroy(gateway->headers[i].value);
    reply_rules_destroy(gateway->rules);
}

static bool uses(const struct http_gateway_options *gateway, enum pattern_field field)
{
    bool used = http_pattern_uses(gateway->url, field) || http_pattern_uses(gateway->body, field);
    for (size_t i = 0; !used && i < gateway->header_count; i++)
        used = http_pattern_uses(gateway->headers[i].value, field);
    return used;
}

/* The request as it will be, with values that are hard to write. */
static bool check_rendered(const struct http_gateway_options *gateway, const struct yaml_node *map,
                           struct problems *problems)
{
    static const char *const samples[PATTERN_FIELDS] = {[PATTERN_TO] = "13800138000",
                                                        [PATTERN_TEXT] = "\"\\督办&<\n",
                                                        [PATTERN_ID] = "m-1",
                                                        [PATTERN_SECRET] = "s"};
    const struct yaml_node *type = find_header(map, CONTENT_TYPE);
    enum pattern_escape escape;
    struct error error;
    AUTO_BUF text;
    buf_init(&text, BODY_BYTES_MOST);
    http_pattern_render(gateway->url, samples, &text);
    const char *url = yaml_get(map, "url")->text;
    const char *scheme = strstr(url, "://");
    bool fine = true;
    if (!url_check(buf_string(&text), &error)) {
        yaml_problem(yaml_get(map, "url"), problems, "%s", error.text);
        fine = false;
    } else if (scheme && memchr(scheme + 3, '{', strcspn(scheme + 3, "/?"))) {
        yaml_problem(yaml_get(map, "url"), problems, "the host can't contain a placeholder");
        fine = false;
    }
    if (gateway->body && type && escape_of(type->text, &escape) && escape == ESCAPE_JSON) {
        buf_clear(&text);
        http_pattern_render(gateway->body, samples, &text);
        json_error_t where;
        json_t *json = json_loadb(buf_string(&text), text.length, JSON_DECODE_ANY, &where);
        if (json == NULL) {
            yaml_problem(yaml_get(map, "body"), problems,
                         "the body is not JSON once the placeholders are filled in: %s",
                         where.text);
            fine = false;
        }
        json_decref(json);
    }
    return fine;
}

static bool demand(bool fine, const struct yaml_node *node, struct problems *problems,
                   const char *what)
{
    if (!fine)
        yaml_problem(node, problems, "%s", what);
    return fine;
}

static bool check(const void *options, const struct yaml_node *node, struct problems *problems)
{
    const struct http_gateway_options *gateway = options;
    bool is_get = strcmp(gateway->method, "GET") == 0;
    bool fine = demand(!is_get || !gateway->body, node, problems, "a GET has no body");
    fine &= demand(uses(gateway, PATTERN_TO), node, problems, "the number, {to}, is sent nowhere");
    fine &= demand(uses(gateway, PATTERN_TEXT), node, problems, "{text} is sent nowhere");
    fine &= demand(!uses(gateway, PATTERN_SECRET) || gateway->secret, node, problems,
                   "{secret} is used, and there is no secret_file or secret_credential");
    fine &= demand(!gateway->repeatable || uses(gateway, PATTERN_ID), node, problems,
                   "repeatable: without {id} the gateway can't tell a repeat");
    fine &= demand(!gateway->reply_id || json_pointer_check(gateway->reply_id), node, problems,
                   "reply_id: expected a JSON pointer, as /data/id");
    if (gateway->sign_name)
        fine &= sms_check_signature("sign_name", gateway->sign_name, node, problems);
    return check_rendered(gateway, node, problems) && fine;
}

/* --- messages --- */

static bool compose(const struct channel *channel, const struct wording *wording, struct buf *body,
                    struct error *error)
{
    return sms_body_compose(channel, wording, 0, body, error);
}

static void billing(const struct channel *channel, struct channel_billing *billing)
{
    const struct http_gateway_options *gateway = channel->options;
    *billing = (struct channel_billing){.signature = gateway->sign_name, .gsm7 = gateway->gsm7};
}

static bool is_repeatable(const struct channel *channel)
{
    const struct http_gateway_options *gateway = channel->options;
    return gateway->repeatable;
}

static void add_headers(const struct http_gateway_options *gateway,
                        const char *const values[PATTERN_FIELDS], struct http_request *request)
{
    for (size_t i = 0; i < gateway->header_count; i++) {
        AUTO_BUF value;
        buf_init(&value, HTTP_URL_BYTES);
        http_pattern_render(gateway->headers[i].value, values, &value);
        http_request_header(request, gateway->headers[i].name, "%s", buf_string(&value));
        if (value.length)
            explicit_bzero(value.data, value.length);
    }
}

static bool make(const struct http_gateway_options *gateway,
                 const char *const values[PATTERN_FIELDS], struct http_request *request,
                 struct error *error)
{
    struct buf url, body;
    buf_init(&url, URL_BYTES_MOST);
    buf_init(&body, BODY_BYTES_MOST);
    http_pattern_render(gateway->url, values, &url);
    if (gateway->body)
        http_pattern_render(gateway->body, values, &body);
    bool fits = !url.overflowed && !body.overflowed;
    struct http_request made = {.method = gateway->method,
                                .body_length = body.length,
                                .fresh_connection = !gateway->repeatable};
    made.url = buf_take(&url);
    made.made_body = gateway->body ? buf_take(&body) : NULL;
    made.body = made.made_body;
    add_headers(gateway, values, &made);
    if (fits)
        *request = made;
    else
        http_request_finish(&made);
    buf_finish(&body);
    return fits || error_set(error, "the text is too long for one request");
}

static bool request(const struct channel *channel, const struct message *message, wall_us now,
                    struct http_request *request, struct error *error)
{
    (void)now;
    const struct http_gateway_options *gateway = channel->options;
    char phone[PHONE_BYTES];
    struct sms_body body;
    if (!phone_read(message->address, phone, error) || !sms_body_read(message, &body, error))
        return false;
    const char *const values[PATTERN_FIELDS] = {[PATTERN_TO] = phone,
                                                [PATTERN_TEXT] = body.text,
                                                [PATTERN_ID] = message->id,
                                                [PATTERN_SECRET] =
                                                    gateway->secret ? gateway->secret : ""};
    bool made = make(gateway, values, request, error);
    sms_body_finish(&body);
    return made;
}

/* Any JSON: a gateway may answer with a list or a bare number. */
static json_t *reply_json(const struct http_reply *reply)
{
    return json_loadb(reply->body, reply->body_length, JSON_DECODE_ANY, NULL);
}

static void verdict(const struct channel *channel, const struct http_reply *reply,
                    struct outcome *outcome)
{
    const struct http_gateway_options *gateway = channel->options;
    if (gateway_judge_failure(reply, outcome))
        return;
    json_t *root = reply_json(reply);
    if (!reply_rules_judge(gateway->rules, reply, root, outcome))
        gateway_judge_status(reply, outcome);
    char id[80];
    bool taken = outcome->verdict == VERDICT_ACCEPTED || outcome->verdict == VERDICT_DELIVERED;
    if (taken && gateway->reply_id &&
        json_scalar_text(json_pointer_get(root, gateway->reply_id), id))
        outcome_identify(outcome, id);
    json_decref(root);
}

const struct channel_type channel_http = {
    .name = CHANNEL_HTTP,
    .gathers = true,
    .personal = true,
    .repeatable = false,
    .is_repeatable = is_repeatable,
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .options_size = sizeof(struct http_gateway_options),
    .read = read,
    .finish = finish,
    .check = check,
    .compose = compose,
    .billing = billing,
    .check_address = gateway_check_address,
    .request = request,
    .verdict = verdict,
};
