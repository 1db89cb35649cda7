/* Short messages through China Mobile's 云MAS.
 *
 * A request is JSON in base64, with an MD5 over its members and the account's password. It is a
 * text as it stands, or the parameters of an approved template. The platform takes no id of ours,
 * so it can't tell a repeat: a request is made at most once, and the receipt is found by the
 * platform's msgGroup. */
#include "duban/channel_mas.h"

#include "duban/digest.h"
#include "duban/gateway.h"
#include "duban/mem.h"
#include "duban/outcome.h"
#include "duban/phone.h"
#include "duban/receipt.h"
#include "duban/sms_body.h"

#include <string.h>
#include <strings.h>

#define BODY_BYTES_MOST 65536

static const struct setting settings[] = {
    {.key = "url",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct mas_options, url),
     .help = "address of the platform, as it was given with the account, without a path"},
    {.key = "text_path",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct mas_options, text_path),
     .optional = true,
     .help = "where texts are sent; by default /sms/submit over https, /sms/norsubmit over http"},
    {.key = "template_path",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct mas_options, template_path),
     .standard = "/sms/tmpsubmit",
     .help = "where approved templates are sent"},
    {.key = "ec_name",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct mas_options, ec_name),
     .help = "name of the enterprise, as registered (ecName)"},
    {.key = "ap_id",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct mas_options, ap_id),
     .help = "user of the interface (apId)"},
    {.key = "secret_key",
     .kind = SETTING_SECRET,
     .offset = offsetof(struct mas_options, secret_key),
     .help = "its password (secretKey)"},
    {.key = "sign",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct mas_options, sign),
     .help = "code of the signature, as the platform shows it"},
    {.key = "sign_name",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct mas_options, sign_name),
     .optional = true,
     .help = "text of that signature, without 【】, so that its length is counted"},
    {.key = "add_serial",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct mas_options, add_serial),
     .standard = "",
     .help = "extension of the sender number; only where the service code allows one"},
    {.key = "send_secret",
     .kind = SETTING_BOOL,
     .offset = offsetof(struct mas_options, send_secret),
     .standard = "false",
     .help = "put the password into the request too, for platforms that insist; only over https"},
    {.key = "parameter_most",
     .kind = SETTING_INT,
     .offset = offsetof(struct mas_options, parameter_most),
     .standard = "20",
     .least = 6,
     .most = 100,
     .help = "characters that a template's parameter holds; longer names are cut to it"},
};

static const struct gateway_code codes[] = {
    {"success", VERDICT_ACCEPTED, 0},
    {"InvalidMobile", VERDICT_PERMANENT, 0},
    {"TooManyMobiles", VERDICT_PERMANENT, 0},
    {"Illegal*", VERDICT_REJECTED, 0}, /* IllegalMac, IllegalSignId */
    {"InvalidUsrOrPwd", VERDICT_REJECTED, 0},
    {"InvalidMessage", VERDICT_REJECTED, 0}, /* it could not read the request */
    {"NoSignId", VERDICT_REJECTED, 0},
    {"NOT_WHITE_IP", VERDICT_REJECTED, 0},
};

static bool is_https(const struct mas_options *mas)
{
    return strncasecmp(mas->url, "https://", 8) == 0;
}

static bool check_path(const char *key, const char *path, const struct yaml_node *node,
                       struct problems *problems)
{
    if (path == NULL || (path[0] == '/' && strpbrk(path, " ?#") == NULL))
        return true;
    yaml_problem(node, problems, "%s: expected a path that begins with /", key);
    return false;
}

static bool check(const void *options, const struct yaml_node *node, struct problems *problems)
{
    const struct mas_options *mas = options;
    bool fine = gateway_check_endpoint(mas->url, node, problems);
    fine &= check_path("text_path", mas->text_path, node, problems);
    fine &= check_path("template_path", mas->template_path, node, problems);
    if (mas->sign_name)
        fine &= sms_check_signature("sign_name", mas->sign_name, node, problems);
    if (strspn(mas->add_serial, "0123456789") != strlen(mas->add_serial)) {
        yaml_problem(node, problems, "add_serial: expected digits");
        fine = false;
    }
    if (mas->send_secret && !is_https(mas)) {
        yaml_problem(node, problems, "send_secret: the password would be readable over http");
        fine = false;
    }
    return fine;
}

static bool compose(const struct channel *channel, const struct wording *wording, struct buf *body,
                    struct error *error)
{
    const struct mas_options *mas = channel->options;
    return sms_body_compose(channel, wording, (size_t)mas->parameter_most, body, error);
}

static void billing(const struct channel *channel, struct channel_billing *billing)
{
    const struct mas_options *mas = channel->options;
    *billing = (struct channel_billing){.signature = mas->sign_name};
}

/* `params`: the values as the text of a JSON array; one empty value stands for none. */
static char *params_text(const struct sms_body *body)
{
    json_t *values = json_array();
    const char *name, *value;
    for (size_t i = 0; sms_body_parameter(body, i, &name, &value); i++)
        json_array_append_new(values, json_string(value));
    if (json_array_size(values) == 0)
        json_array_append_new(values, json_string(""));
    char *text = json_dumps(values, JSON_COMPACT);
    json_decref(values);
    return text;
}

struct member {
    const char *name, *value;
};

/* The MD5 of all values one after the other, the password among them. */
static const char *mac_of(const struct member *members, size_t count, char hex[DIGEST_HEX_BYTES])
{
    AUTO_BUF text;
    buf_init(&text, BODY_BYTES_MOST);
    for (size_t i = 0; i < count; i++)
        buf_text(&text, members[i].value);
    md5_hex(buf_string(&text), text.length, hex);
    explicit_bzero(text.data, text.length);
    return hex;
}

/* The members in the order of the MAC, without the password unless it is wanted; base64. */
static char *encode(const struct mas_options *mas, const struct member *members, size_t count)
{
    char hex[DIGEST_HEX_BYTES];
    json_t *root = json_object();
    for (size_t i = 0; i < count; i++)
        if (members[i].value != mas->secret_key || mas->send_secret)
            json_object_set_new(root, members[i].name, json_string(members[i].value));
    json_object_set_new(root, "mac", json_string(mac_of(members, count, hex)));
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    struct buf encoded;
    buf_init(&encoded, 2 * BODY_BYTES_MOST);
    base64_add(&encoded, text, strlen(text));
    explicit_bzero(text, strlen(text));
    free(text);
    return buf_take(&encoded);
}

static char *encode_text(const struct mas_options *mas, const char *phone, const char *content)
{
    const struct member members[] = {
        {"ecName", mas->ec_name},       {"apId", mas->ap_id},
        {"secretKey", mas->secret_key}, {"mobiles", phone},
        {"content", content},           {"sign", mas->sign},
        {"addSerial", mas->add_serial},
    };
    return encode(mas, members, COUNT_OF(members));
}

static char *encode_template(const struct mas_options *mas, const char *phone,
                             const struct sms_body *body)
{
    AUTO_FREE char *params = params_text(body);
    const struct member members[] = {
        {"ecName", mas->ec_name},
        {"apId", mas->ap_id},
        {"secretKey", mas->secret_key},
        {"templateId", body->code},
        {"mobiles", phone},
        {"params", params},
        {"sign", mas->sign},
        {"addSerial", mas->add_serial},
    };
    return encode(mas, members, COUNT_OF(members));
}

static const char *path_of(const struct mas_options *mas, const struct sms_body *body)
{
    if (*body->code)
        return mas->template_path;
    if (mas->text_path)
        return mas->text_path;
    return is_https(mas) ? "/sms/submit" : "/sms/norsubmit";
}

static bool request(const struct channel *channel, const struct message *message, wall_us now,
                    struct http_request *request, struct error *error)
{
    (void)now;
    const struct mas_options *mas = channel->options;
    char phone[PHONE_BYTES];
    struct sms_body body;
    if (!phone_read(message->address, phone, error) || !sms_body_read(message, &body, error))
        return false;
    bool fine = *phone != '+' || error_set(error, "the number is not of the mainland");
    if (fine) {
        size_t length = strlen(mas->url);
        *request = (struct http_request){
            .method = "POST",
            .url = mem_format("%.*s%s", (int)(length - (mas->url[length - 1] == '/')), mas->url,
                              path_of(mas, &body)),
            .made_body = *body.code ? encode_template(mas, phone, &body)
                                    : encode_text(mas, phone, body.text),
            .fresh_connection = true};
        request->body = request->made_body;
        request->body_length = strlen(request->made_body);
        http_request_header(request, "Content-Type", "text/plain; charset=utf-8");
    }
    sms_body_finish(&body);
    return fine;
}

/* The platform's manual spells the batch's number in two ways. */
static const char *batch_of(const json_t *root)
{
    const char *batch = gateway_text(root, "msgGroup");
    return *batch ? batch : gateway_text(root, "mgsGroup");
}

static void verdict(const struct channel *channel, const struct http_reply *reply,
                    struct outcome *outcome)
{
    (void)channel;
    if (gateway_judge_failure(reply, outcome))
        return;
    json_t *root = gateway_reply_object(reply);
    const char *code = gateway_text(root, "rspcod");
    if (*code == '\0')
        gateway_judge_status(reply, outcome);
    else if (strcmp(code, "success") == 0 && json_is_false(json_object_get(root, "success")))
        outcome_quote(outcome, VERDICT_UNKNOWN, reply); /* it contradicts itself */
    else
        gateway_judge_code(codes, COUNT_OF(codes), code, NULL, outcome);
    if (outcome->verdict == VERDICT_ACCEPTED)
        outcome_identify(outcome, batch_of(root));
    json_decref(root);
}

/* --- receipts --- */

/* The words of success that are known: the platform's, and those of the operator's network. */
static bool means_delivered(const char *word)
{
    static const char *const words[] = {"CM:0000", "DELIVRD", "success", "0"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcasecmp(words[i], word) == 0)
            return true;
    return false;
}

/* Delivered only when nothing in it says otherwise. */
static bool read_entry(const json_t *entry, struct receipt *receipt, struct error *error)
{
    const char *status = gateway_text(entry, "reportStatus");
    const char *code = gateway_text(entry, "errorCode");
    if (!receipt_set_id(receipt->provider_id, batch_of(entry)) || !*receipt->provider_id)
        return error_set(error, "expected msgGroup");
    if (!*status && !*code)
        return error_set(error, "expected reportStatus or errorCode");
    bool delivered = (!*status || means_delivered(status)) && (!*code || means_delivered(code));
    receipt->status = delivered ? RECEIPT_DELIVERED : RECEIPT_FAILED;
    receipt_set_id(receipt->code, *code && !means_delivered(code) ? code : *status ? status : code);
    AUTO_FREE char *words = mem_format("%s%s%s", status, *status && *code ? " " : "", code);
    receipt_set_detail(receipt, words);
    receipt->reported_at = receipt_china_time(gateway_text(entry, "receiveDate"));
    return true;
}

static bool read_receipts(const struct receipt_request *request, struct receipt_list *list,
                          struct error *error)
{
    return receipt_read_json(request, read_entry, list, error);
}

/* What the platform wants to hear isn't known: see docs/receipts.md. */
static const struct receipt_format receipts = {
    .method = "POST",
    .read = read_receipts,
    .taken = {200, "text/plain", "success"},
    .later = {503, "text/plain", "try again later"},
};

const struct channel_type channel_mas = {
    .name = CHANNEL_MAS,
    .gathers = true,
    .personal = true,
    .repeatable = false,
    .code = CODE_POSSIBLE,
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .options_size = sizeof(struct mas_options),
    .check = check,
    .compose = compose,
    .billing = billing,
    .check_address = gateway_check_address,
    .request = request,
    .verdict = verdict,
    .receipt = &receipts,
};
