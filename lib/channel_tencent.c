/* Short messages through Tencent Cloud: SendSms and PullSmsSendStatusByPhoneNumber of 2021-01-11.
 *
 * The provider makes the text from an approved template with numbered parameters. It can't tell a
 * repeat, so a request is made at most once. The reply carries our id as SessionContext; the
 * receipt doesn't, and is found by the provider's sid. What it answers when asked carries our id if
 * the provider has enabled that for the account. */
#include "duban/channel_tencent.h"

#include "duban/cloud_signature.h"
#include "duban/enquiry.h"
#include "duban/gateway.h"
#include "duban/mem.h"
#include "duban/outcome.h"
#include "duban/phone.h"
#include "duban/receipt.h"
#include "duban/sms_body.h"

#include <inttypes.h>
#include <string.h>

#define VERSION      "2021-01-11"
#define SERVICE      "sms"
#define CONTENT_TYPE "application/json; charset=utf-8"
#define HOUR         (3600 * US_PER_S)
#define PULL_MOST    100                     /* Limit */
#define PULL_SPAN    (7 * US_PER_DAY - HOUR) /* it keeps seven days */

static const struct setting settings[] = {
    {.key = "url",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct tencent_options, url),
     .standard = "https://sms.tencentcloudapi.com/",
     .help = "endpoint of the service"},
    {.key = "region",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct tencent_options, region),
     .standard = "ap-guangzhou",
     .help = "region of the service: ap-guangzhou, ap-beijing or ap-nanjing"},
    {.key = "secret_id",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct tencent_options, secret_id),
     .help = "SecretId of a sub-account that may call sms:SendSms and "
             "sms:PullSmsSendStatusByPhoneNumber, nothing else"},
    {.key = "secret_key",
     .kind = SETTING_SECRET,
     .offset = offsetof(struct tencent_options, secret_key),
     .help = "its SecretKey"},
    {.key = "sdk_app_id",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct tencent_options, sdk_app_id),
     .help = "SdkAppId of the SMS application"},
    {.key = "sign_name",
     .kind = SETTING_TEXT,
     .offset = offsetof(struct tencent_options, sign_name),
     .help = "approved signature, without 【】"},
    {.key = "parameter_most",
     .kind = SETTING_INT,
     .offset = offsetof(struct tencent_options, parameter_most),
     .standard = "20",
     .least = 6,
     .most = 100,
     .help = "characters that a template's parameter holds, as the console says; longer names are "
             "cut to it"},
};

/* The codes of a message (SendStatusSet) and of a whole call (Error). First the limits, which
 * pass; then what is wrong with the receiver or the content, for good; then what may have been
 * taken; then what is wrong with us. */
static const struct gateway_code codes[] = {
    {"Ok", VERDICT_ACCEPTED, 0},
    {"LimitExceeded.PhoneNumberThirtySecondLimit", VERDICT_THROTTLED, 30 * US_PER_S},
    {"LimitExceeded.PhoneNumberOneHourLimit", VERDICT_THROTTLED, HOUR},
    {"LimitExceeded.PhoneNumberDailyLimit", VERDICT_THROTTLED, 4 * HOUR},
    {"LimitExceeded.PhoneNumberSameContentDailyLimit", VERDICT_THROTTLED, 4 * HOUR},
    {"LimitExceeded.DeliveryFrequencyLimit", VERDICT_THROTTLED, 60 * US_PER_S},
    {"LimitExceeded.AppCountryOrRegionInBlacklist", VERDICT_PERMANENT, 0},
    {"LimitExceeded.PhoneNumberCountLimit", VERDICT_PERMANENT, 0},
    {"LimitExceeded.AppCountryOrRegionDailyLimit", VERDICT_THROTTLED, 4 * HOUR},
    {"LimitExceeded.AppDailyLimit", VERDICT_THROTTLED, 4 * HOUR},
    {"LimitExceeded.AppGlobalDailyLimit", VERDICT_THROTTLED, 4 * HOUR},
    {"LimitExceeded.AppMainlandChinaDailyLimit", VERDICT_THROTTLED, 4 * HOUR},
    {"LimitExceeded.DailyLimit", VERDICT_THROTTLED, 4 * HOUR},
    {"LimitExceeded*", VERDICT_THROTTLED, 0},
    {"RequestLimitExceeded*", VERDICT_THROTTLED, 0},
    {"FailedOperation.PhoneNumberInBlacklist", VERDICT_PERMANENT, 0},
    {"FailedOperation.ContainSensitiveWord", VERDICT_PERMANENT, 0},
    {"InvalidParameterValue.SdkAppIdNotExist", VERDICT_REJECTED, 0},
    {"InvalidParameterValue*", VERDICT_PERMANENT, 0},
    {"UnsupportedOperation*", VERDICT_PERMANENT, 0},
    {"InternalError.SigFieldMissing", VERDICT_REJECTED, 0},
    {"InternalError.SigVerificationFail", VERDICT_REJECTED, 0},
    {"InternalError.RestApiInterfaceNotExist", VERDICT_REJECTED, 0},
    {"InternalError.JsonParseFail", VERDICT_REJECTED, 0},
    {"InternalError*", VERDICT_UNKNOWN, 0},
    {"ServiceUnavailable*", VERDICT_TEMPORARY, 0},
    {"ResourceUnavailable*", VERDICT_TEMPORARY, 0},
    {"ResourceInsufficient*", VERDICT_TEMPORARY, 0},
    {"FailedOperation.*", VERDICT_REJECTED, 0}, /* signature, template, balance, form */
    {"FailedOperation", VERDICT_UNKNOWN, 0},
    {"AuthFailure*", VERDICT_REJECTED, 0},
    {"UnauthorizedOperation*", VERDICT_REJECTED, 0},
    {"MissingParameter*", VERDICT_REJECTED, 0},
    {"InvalidParameter", VERDICT_REJECTED, 0},
    {"InvalidRequest", VERDICT_REJECTED, 0},
    {"InvalidAction", VERDICT_REJECTED, 0},
    {"Ip*", VERDICT_REJECTED, 0}, /* IpInBlacklist, IpNotInWhitelist */
    {"NoSuch*", VERDICT_REJECTED, 0},
    {"ActionOffline", VERDICT_REJECTED, 0},
    {"Unsupported*", VERDICT_REJECTED, 0},
    {"Unknown*", VERDICT_REJECTED, 0}, /* UnknownParameter */
};

/* The limits of the whole account; the others are a number's. */
static const char *const account_limits[] = {
    "LimitExceeded.AppCountryOrRegionDailyLimit",
    "LimitExceeded.AppDailyLimit",
    "LimitExceeded.AppGlobalDailyLimit",
    "LimitExceeded.AppMainlandChinaDailyLimit",
    "LimitExceeded.DailyLimit",
    "RequestLimitExceeded*",
};

static bool check(const void *options, const struct yaml_node *node, struct problems *problems)
{
    const struct tencent_options *tencent = options;
    bool fine = gateway_check_endpoint(tencent->url, node, problems);
    if (strspn(tencent->sdk_app_id, "0123456789") != strlen(tencent->sdk_app_id)) {
        yaml_problem(node, problems, "sdk_app_id: expected digits, as 1400006666");
        fine = false;
    }
    return sms_check_signature("sign_name", tencent->sign_name, node, problems) && fine;
}

static bool compose(const struct channel *channel, const struct wording *wording, struct buf *body,
                    struct error *error)
{
    const struct tencent_options *tencent = channel->options;
    return sms_body_compose(channel, wording, (size_t)tencent->parameter_most, body, error);
}

static void billing(const struct channel *channel, struct channel_billing *billing)
{
    const struct tencent_options *tencent = channel->options;
    *billing = (struct channel_billing){.signature = tencent->sign_name};
}

/* In E.164. */
static char *full_number(const char *phone)
{
    return mem_format("%s%s", *phone == '+' ? "" : "+86", phone);
}

static char *make_body(const struct tencent_options *tencent, const char *phone,
                       const struct message *message, const struct sms_body *body)
{
    AUTO_FREE char *number = full_number(phone);
    json_t *numbers = json_array(), *values = json_array(), *root = json_object();
    const char *name, *value;
    json_array_append_new(numbers, json_string(number));
    for (size_t i = 0; sms_body_parameter(body, i, &name, &value); i++)
        json_array_append_new(values, json_string(value));
    json_object_set_new(root, "PhoneNumberSet", numbers);
    json_object_set_new(root, "SmsSdkAppId", json_string(tencent->sdk_app_id));
    json_object_set_new(root, "SignName", json_string(tencent->sign_name));
    json_object_set_new(root, "TemplateId", json_string(body->code));
    json_object_set_new(root, "TemplateParamSet", values);
    json_object_set_new(root, "SessionContext", json_string(message->id));
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}

struct action {
    const char *name;
    const char *signed_name; /* in small letters */
};

static const struct action send_action = {"SendSms", "sendsms"};
static const struct action pull_action = {"PullSmsSendStatusByPhoneNumber",
                                          "pullsmssendstatusbyphonenumber"};

static void sign(struct http_request *request, const struct tencent_options *tencent,
                 const struct action *action, wall_us now)
{
    AUTO_FREE char *host = gateway_host(tencent->url);
    AUTO_BUF authorization;
    int64_t timestamp_s = now / US_PER_S;
    const struct cloud_header headers[] = {
        {"content-type", CONTENT_TYPE},
        {"host", host},
        {"x-tc-action", action->signed_name},
    };
    const struct cloud_request canonical = {.method = "POST",
                                            .path = "/",
                                            .query = "",
                                            .headers = headers,
                                            .header_count = COUNT_OF(headers),
                                            .body = request->body,
                                            .body_length = request->body_length};
    const struct cloud_key key = {tencent->secret_id, tencent->secret_key};
    buf_init(&authorization, HTTP_URL_BYTES);
    tc3_authorize(&canonical, &key, SERVICE, timestamp_s, &authorization);
    http_request_header(request, "Content-Type", CONTENT_TYPE);
    http_request_header(request, "Host", "%s", host);
    http_request_header(request, "X-TC-Action", "%s", action->name);
    http_request_header(request, "X-TC-Version", VERSION);
    http_request_header(request, "X-TC-Region", "%s", tencent->region);
    http_request_header(request, "X-TC-Timestamp", "%" PRId64, timestamp_s);
    http_request_header(request, "Authorization", "%s", buf_string(&authorization));
}

/* Takes the body over. */
static void make_request(const struct tencent_options *tencent, const struct action *action,
                         char *body, wall_us now, struct http_request *request)
{
    *request = (struct http_request){.method = "POST",
                                     .url = mem_text(tencent->url),
                                     .body = body,
                                     .body_length = strlen(body),
                                     .made_body = body,
                                     .fresh_connection = true};
    sign(request, tencent, action, now);
}

static bool request(const struct channel *channel, const struct message *message, wall_us now,
                    struct http_request *request, struct error *error)
{
    const struct tencent_options *tencent = channel->options;
    char phone[PHONE_BYTES];
    struct sms_body body;
    if (!phone_read(message->address, phone, error) || !sms_body_read(message, &body, error))
        return false;
    bool has_code = *body.code != '\0';
    if (has_code) {
        char *text = make_body(tencent, phone, message, &body);
        make_request(tencent, &send_action, text, now, request);
    }
    sms_body_finish(&body);
    return has_code || error_set(error, "the message has no approved template");
}

/* The whole call's error, or else the state of the one message in it. */
static const json_t *find_status(const json_t *root)
{
    const json_t *response = json_object_get(root, "Response");
    const json_t *failure = json_object_get(response, "Error");
    return failure ? failure : json_array_get(json_object_get(response, "SendStatusSet"), 0);
}

static void verdict(const struct channel *channel, const struct http_reply *reply,
                    struct outcome *outcome)
{
    (void)channel;
    if (gateway_judge_failure(reply, outcome))
        return;
    json_t *root = gateway_reply_object(reply);
    const json_t *status = find_status(root);
    const char *code = gateway_text(status, "Code");
    if (*code)
        gateway_judge_code(codes, COUNT_OF(codes), code, gateway_text(status, "Message"), outcome);
    else
        gateway_judge_status(reply, outcome);
    gateway_judge_scope(account_limits, COUNT_OF(account_limits), code, outcome);
    if (outcome->verdict == VERDICT_ACCEPTED)
        outcome_identify(outcome, gateway_text(status, "SerialNo"));
    json_decref(root);
}

/* An entry of a status notification. `sid` is the SerialNo of the reply. */
static bool read_entry(const json_t *entry, struct receipt *receipt, struct error *error)
{
    const char *status = gateway_text(entry, "report_status");
    bool delivered = strcmp(status, "SUCCESS") == 0;
    if (!receipt_set_id(receipt->provider_id, gateway_text(entry, "sid")) || !*receipt->provider_id)
        return error_set(error, "expected sid");
    if (!delivered && strcmp(status, "FAIL") != 0)
        return error_set(error, "expected report_status SUCCESS or FAIL");
    receipt->status = delivered ? RECEIPT_DELIVERED : RECEIPT_FAILED;
    receipt_set_id(receipt->code, gateway_text(entry, "errmsg"));
    receipt_set_detail(receipt, gateway_text(entry, "description"));
    receipt->reported_at = receipt_china_time(gateway_text(entry, "user_receive_time"));
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
    .taken = {200, "application/json", "{\"result\":0,\"errmsg\":\"OK\"}"},
    .later = {503, "application/json", "{\"result\":1,\"errmsg\":\"try again later\"}"},
};

static bool ask(const struct channel *channel, const struct enquiry_message *message, wall_us now,
                struct http_request *request, struct error *error)
{
    const struct tencent_options *tencent = channel->options;
    char phone[PHONE_BYTES];
    if (!phone_read(message->address, phone, error))
        return false;
    wall_us begin = message->since > now - PULL_SPAN ? message->since : now - PULL_SPAN;
    AUTO_FREE char *number = full_number(phone);
    json_t *root = json_object();
    json_object_set_new(root, "PhoneNumber", json_string(number));
    json_object_set_new(root, "SmsSdkAppId", json_string(tencent->sdk_app_id));
    json_object_set_new(root, "BeginTime", json_integer(begin / US_PER_S));
    json_object_set_new(root, "EndTime", json_integer(now / US_PER_S));
    json_object_set_new(root, "Offset", json_integer(0));
    json_object_set_new(root, "Limit", json_integer(PULL_MOST));
    make_request(tencent, &pull_action, json_dumps(root, JSON_COMPACT), now, request);
    json_decref(root);
    return true;
}

/* An entry of PullSmsSendStatusSet. */
static bool read_status(const json_t *entry, const struct enquiry_message *message,
                        struct receipt *receipt)
{
    const char *status = gateway_text(entry, "ReportStatus");
    const char *words = gateway_text(entry, "Description");
    int64_t received_s = json_integer_value(json_object_get(entry, "UserReceiveTime"));
    bool delivered = strcmp(status, "SUCCESS") == 0;
    bool dated = received_s > 0 && received_s < INT64_MAX / US_PER_S;
    if (strcmp(gateway_text(entry, "SessionContext"), message->id) != 0)
        return false;
    if ((!delivered && strcmp(status, "FAIL") != 0) ||
        (dated && (received_s + 1) * US_PER_S <= message->since))
        return false;
    receipt->status = delivered ? RECEIPT_DELIVERED : RECEIPT_FAILED;
    receipt_set_id(receipt->provider_id, gateway_text(entry, "SerialNo"));
    receipt_set_id(receipt->code, words);
    receipt_set_detail(receipt, words);
    if (dated)
        receipt->reported_at = received_s * US_PER_S;
    return true;
}

static void read_statuses(const struct channel *channel, const struct http_reply *reply,
                          const struct enquiry_message *message, struct enquiry_answer *answer)
{
    json_t *root = reply->failure == HTTP_REPLIED ? gateway_reply_object(reply) : NULL;
    const json_t *response = json_object_get(root, "Response");
    const json_t *statuses = json_object_get(response, "PullSmsSendStatusSet");
    struct outcome outcome = {0};
    if (statuses && json_object_get(response, "Error") == NULL) {
        enquiry_read(statuses, read_status, message, answer);
    } else {
        verdict(channel, reply, &outcome);
        enquiry_fail(&outcome, answer);
    }
    json_decref(root);
}

static const struct enquiry_format enquiry = {.request = ask, .read = read_statuses};

const struct channel_type channel_tencent = {
    .name = CHANNEL_TENCENT,
    .gathers = true,
    /* The default of an application (cloud.tencent.com/document/faq/382/13303). */
    .quota = {.scope = QUOTA_NUMBER, .most = 2, .span = US_PER_DAY},
    .personal = true,
    .repeatable = false,
    .code = CODE_REQUIRED,
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .options_size = sizeof(struct tencent_options),
    .check = check,
    .compose = compose,
    .billing = billing,
    .check_address = gateway_check_address,
    .request = request,
    .verdict = verdict,
    .receipt = &receipts,
    .enquiry = &enquiry,
};
