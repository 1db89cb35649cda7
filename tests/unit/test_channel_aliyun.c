/* Short messages through Alibaba Cloud: bodies, requests and verdicts. */
#include "duban/channel_aliyun.h"

#include "duban/mem.h"
#include "duban/sms_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "channel_case.h"
#include "sms_sample.h"

#define NOW INT64_C(1792000000123456)

static char secret[] = "testsecret";
static struct aliyun_options options = {.url = "https://dysmsapi.aliyuncs.com/",
                                        .access_key_id = "testid",
                                        .access_key_secret = secret,
                                        .sign_name = "丰城政务",
                                        .parameter_most = 35};
static const struct channel channel = {.name = "sms", .type = &channel_aliyun, .options = &options};

/* The query and the signature were computed by another implementation (Python's hmac and
 * urllib.parse) from the documentation's rules. */
static void a_message_is_a_signed_post(void **state)
{
    (void)state;
    struct http_request request;
    struct message message = sms_message(
        "+86 138 0013 8000",
        "{\"text\":\"t\",\"code\":\"SMS_154950909\",\"params\":["
        "{\"name\":\"item\",\"value\":\"食品 +*~\"},{\"name\":\"no\",\"value\":\"FC1\"}]}");
    assert_true(channel_aliyun.request(&channel, &message, NOW, &request, NULL));
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url,
                        "https://dysmsapi.aliyuncs.com/?OutId=m-1&PhoneNumbers=13800138000"
                        "&SignName=%E4%B8%B0%E5%9F%8E%E6%94%BF%E5%8A%A1&TemplateCode=SMS_154950909"
                        "&TemplateParam=%7B%22item%22%3A%22%E9%A3%9F%E5%93%81%20%2B%2A~%22%2C"
                        "%22no%22%3A%22FC1%22%7D");
    assert_true(request.fresh_connection);
    assert_null(request.body);
    assert_string_equal(sms_header(&request, "host"), "dysmsapi.aliyuncs.com");
    assert_string_equal(sms_header(&request, "x-acs-action"), "SendSms");
    assert_string_equal(sms_header(&request, "x-acs-version"), "2017-05-25");
    assert_string_equal(sms_header(&request, "x-acs-date"), "2026-10-14T17:46:40Z");
    assert_string_equal(sms_header(&request, "x-acs-signature-nonce"),
                        "fbbb1a5c136e69fec40774538b5bab58");
    assert_string_equal(
        sms_header(&request, "Authorization"),
        "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
        "x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=0d48040df24ccf2744fed86b60b47a402973f6c41407eac932843b5993a82550");
    http_request_finish(&request);
}

static void every_attempt_has_its_own_nonce(void **state)
{
    (void)state;
    struct message message = sms_message("13800138000", "{\"text\":\"t\",\"code\":\"SMS_1\"}");
    struct http_request one, other;
    assert_true(channel_aliyun.request(&channel, &message, NOW, &one, NULL));
    message.attempt = 2;
    assert_true(channel_aliyun.request(&channel, &message, NOW, &other, NULL));
    assert_string_not_equal(sms_header(&one, "x-acs-signature-nonce"),
                            sms_header(&other, "x-acs-signature-nonce"));
    http_request_finish(&one);
    http_request_finish(&other);
}

static void the_endpoint_may_be_another(void **state)
{
    (void)state;
    struct aliyun_options own = options;
    struct channel elsewhere = channel;
    elsewhere.options = &own;
    own.url = "http://127.0.0.1:8080";
    struct http_request request;
    struct message message =
        sms_message("+85261234567", "{\"text\":\"t\",\"code\":\"SMS_1\",\"params\":[]}");
    assert_true(channel_aliyun.request(&elsewhere, &message, NOW, &request, NULL));
    assert_string_equal(request.url,
                        "http://127.0.0.1:8080/?OutId=m-1&PhoneNumbers=85261234567"
                        "&SignName=%E4%B8%B0%E5%9F%8E%E6%94%BF%E5%8A%A1&TemplateCode=SMS_1"
                        "&TemplateParam=%7B%7D");
    assert_string_equal(sms_header(&request, "host"), "127.0.0.1:8080");
    http_request_finish(&request);
}

static void what_cannot_be_sent_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *address, *body, *why;
    } cases[] = {
        {"0795-6428888", "{\"text\":\"t\",\"code\":\"S\"}", "landline"},
        {"13800138000", "a text", "the stored body is no short message"},
        {"13800138000", "{\"code\":\"S\"}", "the stored body is no short message"},
        {"13800138000", "{\"text\":\"t\",\"code\":\"S\",\"params\":{}}", "no short message"},
        {"13800138000", "{\"text\":\"t\",\"code\":\"S\",\"params\":[{\"name\":\"a\"}]}",
         "no short message"},
        {"13800138000", "{\"text\":\"t\"}", "the message has no approved template"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_request request = {.header_count = 7};
        struct message message = sms_message(cases[i].address, cases[i].body);
        struct error error;
        assert_false(channel_aliyun.request(&channel, &message, NOW, &request, &error));
        assert_non_null(strstr(error.text, cases[i].why));
        assert_int_equal(request.header_count, 7);
    }
}

static void a_body_keeps_the_text_and_its_parameters(void **state)
{
    (void)state;
    struct sms_sample sample;
    struct error error;
    AUTO_BUF body;
    buf_init(&body, 4096);
    sms_sample_init(&sample, "text: '{item}（{case_no}）{remaining}，{due}到期。'\n"
                             "code: {sms: SMS_1}\nparams: {no: case_no, item: item, "
                             "left: remaining, due: due}\n");
    assert_true(channel_aliyun.compose(&channel, &sample.wording, &body, &error));
    assert_string_equal(
        buf_string(&body),
        "{\"text\":\"食品经营许可证核发（FC202611160083）还剩3个工作日，11月25日17:00到期。\","
        "\"code\":\"SMS_1\",\"params\":[{\"name\":\"no\",\"value\":\"FC202611160083\"},"
        "{\"name\":\"item\",\"value\":\"食品经营许可证核发\"},"
        "{\"name\":\"left\",\"value\":\"还剩3个工作日\"},"
        "{\"name\":\"due\",\"value\":\"11月25日17:00\"}]}");
    struct aliyun_options narrow = options;
    struct channel other = channel;
    other.options = &narrow;
    narrow.parameter_most = 6;
    assert_false(channel_aliyun.compose(&other, &sample.wording, &body, &error));
    assert_string_equal(error.text, "{case_no} has 14 characters, and a parameter holds 6");
    other.name = "elsewhere";
    assert_false(channel_aliyun.compose(&other, &sample.wording, &body, &error));
    assert_string_equal(error.text,
                        "the text of yellow for window has no approved template on elsewhere");
    sms_sample_finish(&sample);
}

/* 70 units: 6 of the signature, and what the text may fill then, to the last one. */
static void the_signature_counts(void **state)
{
    (void)state;
    struct sms_sample sample;
    AUTO_BUF body;
    buf_init(&body, 4096);
    sms_sample_init(&sample, "text: '{item}{case_no}'\ncode: {sms: SMS_1}\n");
    AUTO_BUF item;
    buf_init(&item, 1024);
    for (int i = 0; i < 50; i++)
        buf_text(&item, "督");
    sample.facts.item_name = buf_string(&item);
    options.parameter_most = 100;
    assert_true(channel_aliyun.compose(&channel, &sample.wording, &body, NULL));
    assert_non_null(strstr(buf_string(&body), "督FC202611160083")); /* 6 + 50 + 14 */
    buf_text(&item, "督");
    sample.facts.item_name = buf_string(&item);
    buf_clear(&body);
    assert_true(channel_aliyun.compose(&channel, &sample.wording, &body, NULL));
    assert_non_null(strstr(buf_string(&body), "督…FC202611160083"));
    options.parameter_most = 35;
    sms_sample_finish(&sample);

    struct sms_size size = sms_bill(&channel, "a");
    assert_int_equal(size.units, 7);
    assert_int_equal(size.segments, 1);
}

static void settings_that_make_no_sense_are_problems(void **state)
{
    (void)state;
    static const struct {
        const char *url, *sign_name, *problem;
    } cases[] = {
        {"https://dysmsapi.aliyuncs.com/", "丰城政务", NULL},
        {"http://127.0.0.1:8080", "丰城", NULL},
        {"dysmsapi", "丰城", "url: the URL begins with neither http:// nor https://"},
        {"https://a/b", "丰城", "url: expected the provider's endpoint without path and query"},
        {"https://a/?b", "丰城", "url: expected the provider's endpoint without path and query"},
        {"https://a?b", "丰城", "url: expected the provider's endpoint without path and query"},
        {"https://a/", "【丰城】",
         "sign_name: expected the signature without 【】, which the provider adds"},
        {"https://a/", "丰", "sign_name: a signature has 2 to 20 characters"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct aliyun_options own = options;
        own.url = cases[i].url;
        own.sign_name = cases[i].sign_name;
        check_settings(&channel_aliyun, &own, cases[i].problem);
    }
}

#define SAYS(code, message)                                                                        \
    "{\"Message\":\"" message "\",\"RequestId\":\"R\",\"Code\":\"" code "\"}"
#define HOUR (3600 * US_PER_S)

static void replies_become_verdicts(void **state)
{
    (void)state;
    static const struct channel_case cases[] = {
        {HTTP_REPLIED, 200, -1, SAYS("OK", "OK"), VERDICT_ACCEPTED, 0, "OK"},
        {HTTP_REPLIED, 200, -1, SAYS("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10"),
         VERDICT_THROTTLED, 4 * HOUR, "触发天级流控"},
        {HTTP_REPLIED, 200, -1, SAYS("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5"),
         VERDICT_THROTTLED, HOUR, "小时级"},
        {HTTP_REPLIED, 200, -1, SAYS("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1"),
         VERDICT_THROTTLED, 60 * US_PER_S, "分钟级"},
        {HTTP_REPLIED, 200, -1, SAYS("isv.BUSINESS_LIMIT_CONTROL", ""), VERDICT_THROTTLED, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("isv.DAY_LIMIT_CONTROL", ""), VERDICT_THROTTLED, 4 * HOUR, ""},
        {HTTP_REPLIED, 400, -1, SAYS("Throttling.User", "Request was denied"), VERDICT_THROTTLED, 0,
         "Request was denied"},
        {HTTP_REPLIED, 200, -1, SAYS("isv.MOBILE_NUMBER_ILLEGAL", "13800138000 invalid"),
         VERDICT_PERMANENT, 0, "isv.MOBILE_NUMBER_ILLEGAL: 138****8000 invalid"},
        {HTTP_REPLIED, 200, -1, SAYS("isv.PARAM_LENGTH_LIMIT", ""), VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("isv.TEMPLATE_PARAMS_ILLEGAL", ""), VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("isv.BRAND_NEW", "new"), VERDICT_PERMANENT, 0,
         "isv.BRAND_NEW: new"},
        {HTTP_REPLIED, 200, -1, SAYS("isv.SMS_SIGNATURE_ILLEGAL", ""), VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("isv.SMS_SIGNATURE_SCENE_ILLEGAL", ""), VERDICT_REJECTED, 0,
         ""},
        {HTTP_REPLIED, 200, -1, SAYS("isv.SIGN_STATE_ILLEGAL", ""), VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("isv.SMS_TEMPLATE_ILLEGAL", ""), VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("isv.TEMPLATE_MISSING_PARAMETERS", ""), VERDICT_REJECTED, 0,
         ""},
        {HTTP_REPLIED, 200, -1, SAYS("isv.AMOUNT_NOT_ENOUGH", "账户余额不足"), VERDICT_REJECTED, 0,
         "账户余额不足"},
        {HTTP_REPLIED, 200, -1, SAYS("isv.OUT_OF_SERVICE", ""), VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("isp.RAM_PERMISSION_DENY", ""), VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("isp.SYSTEM_ERROR", ""), VERDICT_TEMPORARY, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("isp.GATEWAY_ERROR", ""), VERDICT_TEMPORARY, 0, ""},
        {HTTP_REPLIED, 400, -1, SAYS("SignatureDoesNotMatch", "Specified signature"),
         VERDICT_REJECTED, 0, "Specified signature"},
        {HTTP_REPLIED, 404, -1, SAYS("InvalidAccessKeyId.NotFound", ""), VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 400, -1, SAYS("InvalidTimeStamp.Expired", ""), VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 400, -1, SAYS("SignatureNonceUsed", ""), VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 503, -1, SAYS("ServiceUnavailable", ""), VERDICT_TEMPORARY, 0, ""},
        {HTTP_REPLIED, 500, -1, SAYS("InternalError", ""), VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 200, -1, "", VERDICT_UNKNOWN, 0, "HTTP 200"},
        {HTTP_REPLIED, 200, -1, "[]", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"Code\":7}", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 200, -1, "<html>login</html>", VERDICT_UNKNOWN, 0, "login"},
        {HTTP_REPLIED, 302, -1, "", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 403, -1, "", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 413, -1, "", VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 408, -1, "", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 429, 10, "", VERDICT_THROTTLED, 10 * US_PER_S, ""},
        {HTTP_REPLIED, 503, -1, "", VERDICT_TEMPORARY, 0, ""},
        {HTTP_REPLIED, 502, -1, "bad gateway", VERDICT_UNKNOWN, 0, "bad gateway"},
        {HTTP_NOT_SENT, 0, -1, "", VERDICT_TEMPORARY, 0, "it broke"},
        {HTTP_INTERRUPTED, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
        {HTTP_TIMED_OUT, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
        {HTTP_TOO_LARGE, 200, -1, SAYS("OK", "OK"), VERDICT_UNKNOWN, 0, "it broke"},
    };
    check_verdicts(&channel, cases, COUNT_OF(cases));
    assert_int_equal(scope_of(&channel, 429, ""), THROTTLE_ENDPOINT);
    assert_int_equal(scope_of(&channel, 200, SAYS("isv.DAY_LIMIT_CONTROL", "")), THROTTLE_ENDPOINT);
    assert_int_equal(scope_of(&channel, 200, SAYS("isv.BUSINESS_LIMIT_CONTROL", "天级")),
                     THROTTLE_MESSAGE);
}

static void the_providers_id_is_kept(void **state)
{
    (void)state;
    static const struct {
        const char *body, *id;
    } cases[] = {
        {"{\"Code\":\"OK\",\"Message\":\"OK\",\"BizId\":\"900619746936498440^0\"}",
         "900619746936498440^0"},
        {"{\"Code\":\"OK\"}", ""},
        {"{\"Code\":\"OK\",\"BizId\":\"a b\"}", ""},
        {"{\"Code\":\"isv.AMOUNT_NOT_ENOUGH\",\"BizId\":\"1^0\"}", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_reply reply = {
            .status = 200, .body = cases[i].body, .body_length = strlen(cases[i].body)};
        struct outcome outcome;
        channel_aliyun.verdict(&channel, &reply, &outcome);
        assert_string_equal(outcome.provider_id, cases[i].id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_a_signed_post),
        cmocka_unit_test(every_attempt_has_its_own_nonce),
        cmocka_unit_test(the_endpoint_may_be_another),
        cmocka_unit_test(what_cannot_be_sent_is_refused),
        cmocka_unit_test(a_body_keeps_the_text_and_its_parameters),
        cmocka_unit_test(the_signature_counts),
        cmocka_unit_test(settings_that_make_no_sense_are_problems),
        cmocka_unit_test(replies_become_verdicts),
        cmocka_unit_test(the_providers_id_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
