/* Short messages through Alibaba Cloud: Dysmsapi 2017-05-25, SendSms and QuerySendDetails.
 *
 * The provider makes the text from an approved template; it is told the template's code and the
 * parameters. It can't tell a repeat (its documentation says so), so a request is made at most
 * once; the receipt carries our id as OutId, and so does what it answers when asked. */
#include "duban/channel_aliyun.h"

#include "duban/cloud_signature.h"
#include "duban/digest.h"
#include "duban/enquiry.h"
#include "duban/gateway.h"
#include "duban/mem.h"
#include "duban/outcome.h"
#include "duban/phone.h"
#include "duban/receipt.h"
#include "duban/sms_body.h"
#include "duban/url.h"

#include <inttypes.h>
#include <string.h>

#define URL_BYTES_MOST   16384
#define PARAM_BYTES_MOST 8192
#define NONCE_DIGITS     32
#define HOUR             (3600 * US_PER_S)
#define CHINA_OFFSET_US  (8 * HOUR)
#define DETAILS_MOST     50 /* PageSize */

static const struct setting settings[] = {
    {.key = "url",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct aliyun_options, url),
     .standard = "https://dysmsapi.aliyuncs.com/",
     .help = "endpoint of the service's region"},
    {.key = "access_key_id",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct aliyun_options, access_key_id),
     .help = "AccessKey ID of a RAM user that may call dysms:SendSms and dysms:QuerySendDetails, "
             "nothing else"},
    {.key = "access_key_secret",
     .kind = SETTING_SECRET,
     .offset = offsetof(struct aliyun_options, access_key_secret),
     .help = "its AccessKey secret"},
    {.key = "sign_name",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct aliyun_options, sign_name),
     .help = "approved signature, without 【】"},
    {.key = "parameter_most",
     .kind = SETTING_INT,
     .offset = offsetof(struct aliyun_options, parameter_most),
     .standard = "35",
     .least = 6,
     .most = 100,
     .help = "characters that a template's parameter holds; longer names are cut to it"},
};

/* What it answers in Code, in HTTP 200 as well as 4xx. First the limits, which pass; then what is
 * wrong with the receiver or the content, for good; then what is wrong with us. */
static const struct gateway_code codes[] = {
    {"OK", VERDICT_ACCEPTED, 0},
    {"isv.DAY_LIMIT_CONTROL", VERDICT_THROTTLED, 4 * HOUR},
    {"Throttling*", VERDICT_THROTTLED, 0},
    {"isv.MOBILE_NUMBER_ILLEGAL", VERDICT_PERMANENT, 0},
    {"isv.MOBILE_COUNT_OVER_LIMIT", VERDICT_PERMANENT, 0},
    {"isv.DOMESTIC_NUMBER_NOT_SUPPORTED", VERDICT_PERMANENT, 0},
    {"isv.BLACK_KEY_CONTROL_LIMIT", VERDICT_PERMANENT, 0},
    {"isv.PARAM_LENGTH_LIMIT", VERDICT_PERMANENT, 0},
    {"isv.PARAM_NOT_SUPPORT_URL", VERDICT_PERMANENT, 0},
    {"isv.TEMPLATE_PARAMS_ILLEGAL", VERDICT_PERMANENT, 0},
    {"isv.SMS_CONTENT*", VERDICT_PERMANENT, 0},
    {"isv.MONTH_LIMIT_CONTROL", VERDICT_REJECTED, 0},
    {"isv.AMOUNT_NOT_ENOUGH", VERDICT_REJECTED, 0},
    {"isv.OUT_OF_SERVICE", VERDICT_REJECTED, 0},
    {"isv.PRODUCT_UN*", VERDICT_REJECTED, 0},
    {"isv.ACCOUNT_*", VERDICT_REJECTED, 0},
    {"isv.SMS_SIGN*", VERDICT_REJECTED, 0},
    {"isv.SIGN_*", VERDICT_REJECTED, 0},
    {"isv.SMS_TEMPLATE*", VERDICT_REJECTED, 0},
    {"isv.TEMPLATE_*", VERDICT_REJECTED, 0},
    {"isv.INVALID_*", VERDICT_REJECTED, 0},
    {"isv.EXTEND_CODE_ERROR", VERDICT_REJECTED, 0},
    {"isv.DENY_IP_RANGE", VERDICT_REJECTED, 0},
    {"isp.RAM_PERMISSION_DENY", VERDICT_REJECTED, 0},
    {"isp.*", VERDICT_TEMPORARY, 0},
    {"ServiceUnavailable*", VERDICT_TEMPORARY, 0},
    {"InternalError*", VERDICT_UNKNOWN, 0},
    {"SignatureDoesNotMatch*", VERDICT_REJECTED, 0},
    {"SignatureNonceUsed", VERDICT_UNKNOWN, 0}, /* the same request was there before */
    {"IncompleteSignature*", VERDICT_REJECTED, 0},
    {"InvalidAccessKeyId*", VERDICT_REJECTED, 0},
    {"InvalidTimeStamp*", VERDICT_REJECTED, 0},
    {"InvalidVersion*", VERDICT_REJECTED, 0},
    {"InvalidAction*", VERDICT_REJECTED, 0},
    {"Missing*", VERDICT_REJECTED, 0},
    {"Forbidden*", VERDICT_REJECTED, 0},
    {"NoPermission*", VERDICT_REJECTED, 0},
    {"InactiveAccessKey*", VERDICT_REJECTED, 0},
};

/* The limits of the whole account. */
static const char *const account_limits[] = {"isv.DAY_LIMIT_CONTROL", "Throttling*"};

/* One code for every limit of a signature, template and number; the sentence beside it tells which.
 * When a day's or an hour's window began isn't said, so it is asked again within. */
static const struct {
    const char *words;
    span_us pause_us;
} limits[] = {{"天级", 4 * HOUR}, {"小时级", HOUR}, {"分钟级", 60 * US_PER_S}};

static bool check(const void *options, const struct yaml_node *node, struct problems *problems)
{
    const struct aliyun_options *aliyun = options;
    bool fine = gateway_check_endpoint(aliyun->url, node, problems);
    return sms_check_signature("sign_name", aliyun->sign_name, node, problems) && fine;
}

static bool compose(const struct channel *channel, const struct wording *wording, struct buf *body,
                    struct error *error)
{
    const struct aliyun_options *aliyun = channel->options;
    return sms_body_compose(channel, wording, (size_t)aliyun->parameter_most, body, error);
}

static void billing(const struct channel *channel, struct channel_billing *billing)
{
    const struct aliyun_options *aliyun = channel->options;
    *billing = (struct channel_billing){.signature = aliyun->sign_name};
}

/* TemplateParam: the parameters as a JSON object. */
static char *template_param(const struct sms_body *body)
{
    json_t *object = json_object();
    const char *name, *value;
    for (size_t i = 0; sms_body_parameter(body, i, &name, &value); i++)
        json_object_set_new(object, name, json_string(value));
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

static void add_parameter(struct buf *query, const char *name, const char *value)
{
    buf_format(query, "%s%s=", query->length ? "&" : "", name);
    url_encode(query, value);
}

/* In the order of the names, as the signature wants them. */
static void add_query(struct buf *query, const struct aliyun_options *aliyun, const char *phone,
                      const struct message *message, const struct sms_body *body)
{
    char *param = template_param(body);
    add_parameter(query, "OutId", message->id);
    /* a foreign number is written with its country but without + */
    add_parameter(query, "PhoneNumbers", phone + (*phone == '+'));
    add_parameter(query, "SignName", aliyun->sign_name);
    add_parameter(query, "TemplateCode", body->code);
    add_parameter(query, "TemplateParam", param);
    free(param);
}

/* One call of the service. */
struct call {
    const char *action;
    const char *query; /* its parameters */
    const char *id;    /* the message that it is about, … */
    int32_t number;    /* … and which call for it: tries from 1, enquiries from -1 downwards */
};

/* Never the same for two requests: the service refuses one that it has seen. */
static const char *nonce_of(const struct call *call, wall_us now, char hex[DIGEST_HEX_BYTES])
{
    AUTO_BUF text;
    buf_init(&text, 512);
    buf_format(&text, "%s/%" PRId32 "/%" PRId64, call->id, call->number, now);
    sha256_hex(buf_string(&text), text.length, hex);
    hex[NONCE_DIGITS] = '\0';
    return hex;
}

static void sign(struct http_request *request, const struct aliyun_options *aliyun,
                 const struct call *call, wall_us now)
{
    AUTO_FREE char *host = gateway_host(aliyun->url);
    AUTO_BUF authorization;
    char nonce[DIGEST_HEX_BYTES], nothing[DIGEST_HEX_BYTES], date[INSTANT_TEXT_BYTES];
    const struct cloud_header headers[] = {
        {"host", host},
        {"x-acs-action", call->action},
        {"x-acs-content-sha256", sha256_hex("", 0, nothing)},
        {"x-acs-date", instant_text(now - now % US_PER_S, date)},
        {"x-acs-signature-nonce", nonce_of(call, now, nonce)},
        {"x-acs-version", "2017-05-25"},
    };
    const struct cloud_request canonical = {.method = "POST",
                                            .path = "/",
                                            .query = call->query,
                                            .headers = headers,
                                            .header_count = COUNT_OF(headers),
                                            .body = ""};
    const struct cloud_key key = {aliyun->access_key_id, aliyun->access_key_secret};
    buf_init(&authorization, HTTP_URL_BYTES);
    acs3_authorize(&canonical, &key, &authorization);
    for (size_t i = 0; i < COUNT_OF(headers); i++)
        http_request_header(request, headers[i].name, "%s", headers[i].value);
    http_request_header(request, "Authorization", "%s", buf_string(&authorization));
}

static void make_request(const struct aliyun_options *aliyun, const struct call *call, wall_us now,
                         struct http_request *request)
{
    size_t length = strlen(aliyun->url);
    *request = (struct http_request){
        .method = "POST",
        .url = mem_format("%.*s/?%s", (int)(length - (aliyun->url[length - 1] == '/')), aliyun->url,
                          call->query),
        .fresh_connection = true};
    sign(request, aliyun, call, now);
}

static bool make(const struct aliyun_options *aliyun, const char *phone,
                 const struct message *message, const struct sms_body *body, wall_us now,
                 struct http_request *request, struct error *error)
{
    AUTO_BUF query;
    buf_init(&query, URL_BYTES_MOST);
    add_query(&query, aliyun, phone, message, body);
    if (query.overflowed)
        return error_set(error, "the parameters are too long for one request");
    const struct call call = {"SendSms", buf_string(&query), message->id, message->attempt};
    make_request(aliyun, &call, now, request);
    return true;
}

static bool request(const struct channel *channel, const struct message *message, wall_us now,
                    struct http_request *request, struct error *error)
{
    char phone[PHONE_BYTES];
    struct sms_body body;
    if (!phone_read(message->address, phone, error) || !sms_body_read(message, &body, error))
        return false;
    bool made = *body.code ? make(channel->options, phone, message, &body, now, request, error)
                           : error_set(error, "the message has no approved template");
    sms_body_finish(&body);
    return made;
}

static void judge_limit(const char *words, struct outcome *outcome)
{
    outcome_say(outcome, VERDICT_THROTTLED, "isv.BUSINESS_LIMIT_CONTROL", words);
    for (size_t i = 0; i < COUNT_OF(limits) && outcome->retry_after_us == 0; i++)
        if (strstr(words, limits[i].words))
            outcome->retry_after_us = limits[i].pause_us;
}

static void verdict(const struct channel *channel, const struct http_reply *reply,
                    struct outcome *outcome)
{
    (void)channel;
    if (gateway_judge_failure(reply, outcome))
        return;
    json_t *root = gateway_reply_object(reply);
    const char *code = gateway_text(root, "Code"), *words = gateway_text(root, "Message");
    if (*code == '\0') {
        gateway_judge_status(reply, outcome);
    } else if (strcmp(code, "isv.BUSINESS_LIMIT_CONTROL") == 0) {
        judge_limit(words, outcome);
    } else {
        gateway_judge_code(codes, COUNT_OF(codes), code, words, outcome);
        gateway_judge_scope(account_limits, COUNT_OF(account_limits), code, outcome);
        if (outcome->verdict == VERDICT_ACCEPTED)
            outcome_identify(outcome, gateway_text(root, "BizId"));
    }
    json_decref(root);
}

/* An entry of SmsReport. */
static bool read_entry(const json_t *entry, struct receipt *receipt, struct error *error)
{
    const json_t *success = json_object_get(entry, "success");
    bool ours = receipt_set_id(receipt->public_id, gateway_text(entry, "out_id"));
    bool theirs = receipt_set_id(receipt->provider_id, gateway_text(entry, "biz_id"));
    if (!ours || !theirs || (!*receipt->public_id && !*receipt->provider_id))
        return error_set(error, "expected out_id or biz_id");
    if (!json_is_boolean(success))
        return error_set(error, "expected success, true or false");
    receipt->status = json_is_true(success) ? RECEIPT_DELIVERED : RECEIPT_FAILED;
    receipt_set_id(receipt->code, gateway_text(entry, "err_code"));
    receipt_set_detail(receipt, gateway_text(entry, "err_msg"));
    receipt->reported_at = receipt_china_time(gateway_text(entry, "report_time"));
    return true;
}

static bool read_receipts(const struct receipt_request *request, struct receipt_list *list,
                          struct error *error)
{
    return receipt_read_json(request, read_entry, list, error);
}

static const struct receipt_format receipts = {
    .method = "POST",
    .read = read_receipts,
    .taken = {200, "application/json", "{\"code\":0,\"msg\":\"接收成功\"}"},
    .later = {503, "application/json", "{\"code\":1,\"msg\":\"请稍后重试\"}"},
};

/* The day to ask for, in China. A try may have crossed midnight, or its daemon may have died and
 * its outcome been noted days later; the service dates the message when it takes it, perhaps a
 * little later than we gave up. So the last of these days first, the others with later enquiries.
 */
static day_number day_to_ask(const struct enquiry_message *message)
{
    wall_us last_at = message->until + 60 * US_PER_S;
    day_number first = (day_number)((message->since + CHINA_OFFSET_US) / US_PER_DAY);
    day_number last = (day_number)((last_at + CHINA_OFFSET_US) / US_PER_DAY);
    return last > first ? last - message->number % (last - first + 1) : last;
}

static bool ask(const struct channel *channel, const struct enquiry_message *message, wall_us now,
                struct http_request *request, struct error *error)
{
    char phone[PHONE_BYTES];
    if (!phone_read(message->address, phone, error))
        return false;
    struct civil day = civil_from_day(day_to_ask(message));
    AUTO_BUF query;
    buf_init(&query, URL_BYTES_MOST);
    buf_format(&query, "CurrentPage=1&PageSize=%d&PhoneNumber=%s&SendDate=%04d%02d%02d",
               DETAILS_MOST, phone + (*phone == '+'), day.year, day.month, day.day);
    const struct call call = {"QuerySendDetails", buf_string(&query), message->id,
                              -1 - message->number};
    make_request(channel->options, &call, now, request);
    return true;
}

/* An entry of SmsSendDetailDTO. */
static bool read_detail(const json_t *entry, const struct enquiry_message *message,
                        struct receipt *receipt)
{
    static const enum receipt_status statuses[] = {
        [1] = RECEIPT_ACCEPTED, [2] = RECEIPT_FAILED, [3] = RECEIPT_DELIVERED};
    wall_us sent_at = receipt_china_time(gateway_text(entry, "SendDate"));
    int64_t status = json_integer_value(json_object_get(entry, "SendStatus"));
    bool earlier = sent_at != WALL_NONE && sent_at + US_PER_S <= message->since;
    if (strcmp(gateway_text(entry, "OutId"), message->id) != 0 || earlier)
        return false;
    if (status < 1 || (size_t)status >= COUNT_OF(statuses))
        return false;
    receipt->status = statuses[status];
    receipt_set_id(receipt->code, gateway_text(entry, "ErrCode"));
    receipt_set_detail(receipt, "the provider says so when asked");
    receipt->reported_at = receipt_china_time(gateway_text(entry, "ReceiveDate"));
    return true;
}

static void read_details(const struct channel *channel, const struct http_reply *reply,
                         const struct enquiry_message *message, struct enquiry_answer *answer)
{
    struct outcome outcome = {0};
    verdict(channel, reply, &outcome);
    if (outcome.verdict != VERDICT_ACCEPTED) {
        enquiry_fail(&outcome, answer);
        return;
    }
    json_t *root = gateway_reply_object(reply);
    const json_t *details = json_object_get(root, "SmsSendDetailDTOs");
    enquiry_read(json_object_get(details, "SmsSendDetailDTO"), read_detail, message, answer);
    json_decref(root);
}

static const struct enquiry_format enquiry = {.request = ask, .read = read_details};

const struct channel_type channel_aliyun = {
    .name = CHANNEL_ALIYUN,
    .gathers = true,
    /* Notices: one signature and template to one number, within any 24 hours
     * (help.aliyun.com, isv.BUSINESS_LIMIT_CONTROL). */
    .quota = {.scope = QUOTA_TEMPLATE, .most = 50, .span = US_PER_DAY},
    .personal = true,
    .repeatable = false,
    .code = CODE_REQUIRED,
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .options_size = sizeof(struct aliyun_options),
    .check = check,
    .compose = compose,
    .billing = billing,
    .check_address = gateway_check_address,
    .request = request,
    .verdict = verdict,
    .receipt = &receipts,
    .enquiry = &enquiry,
};
