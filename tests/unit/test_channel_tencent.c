/* Short messages through Tencent Cloud: requests and verdicts. */
#include "duban/channel_tencent.h"

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

static char secret[] = "testkey";
static struct tencent_options options = {.url = "https://sms.tencentcloudapi.com/",
                                         .region = "ap-guangzhou",
                                         .secret_id = "testid",
                                         .secret_key = secret,
                                         .sdk_app_id = "1400006666",
                                         .sign_name = "丰城政务",
                                         .parameter_most = 20};
static const struct channel channel = {
    .name = "sms", .type = &channel_tencent, .options = &options};

/* The signature was computed by another implementation (Python's hmac) from the documentation's
 * rules. */
static void a_message_is_a_signed_post(void **state)
{
    (void)state;
    struct http_request request;
    struct message message =
        sms_message("138-0013-8000", "{\"text\":\"t\",\"code\":\"1110\",\"params\":["
                                     "{\"name\":\"item\",\"value\":\"食品\"},"
                                     "{\"name\":\"case_no\",\"value\":\"FC1\"}]}");
    assert_true(channel_tencent.request(&channel, &message, NOW, &request, NULL));
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, "https://sms.tencentcloudapi.com/");
    assert_true(request.fresh_connection);
    assert_string_equal(request.body, "{\"PhoneNumberSet\":[\"+8613800138000\"],"
                                      "\"SmsSdkAppId\":\"1400006666\",\"SignName\":\"丰城政务\","
                                      "\"TemplateId\":\"1110\",\"TemplateParamSet\":[\"食品\","
                                      "\"FC1\"],\"SessionContext\":\"m-1\"}");
    assert_int_equal(request.body_length, strlen(request.body));
    assert_string_equal(sms_header(&request, "Content-Type"), "application/json; charset=utf-8");
    assert_string_equal(sms_header(&request, "Host"), "sms.tencentcloudapi.com");
    assert_string_equal(sms_header(&request, "X-TC-Action"), "SendSms");
    assert_string_equal(sms_header(&request, "X-TC-Version"), "2021-01-11");
    assert_string_equal(sms_header(&request, "X-TC-Region"), "ap-guangzhou");
    assert_string_equal(sms_header(&request, "X-TC-Timestamp"), "1792000000");
    assert_string_equal(
        sms_header(&request, "Authorization"),
        "TC3-HMAC-SHA256 Credential=testid/2026-10-14/sms/tc3_request, "
        "SignedHeaders=content-type;host;x-tc-action, "
        "Signature=f395eed8d988baca79284a05a8b272ae4ef0531898fb90828f969f3c8b082357");
    http_request_finish(&request);
}

static void foreign_numbers_keep_their_country(void **state)
{
    (void)state;
    struct http_request request;
    struct message message = sms_message("+85261234567", "{\"text\":\"t\",\"code\":\"1110\"}");
    assert_true(channel_tencent.request(&channel, &message, NOW, &request, NULL));
    assert_non_null(strstr(request.body, "[\"+85261234567\"]"));
    assert_non_null(strstr(request.body, "\"TemplateParamSet\":[]"));
    http_request_finish(&request);
}

static void what_cannot_be_sent_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *address, *body, *why;
    } cases[] = {
        {"12345", "{\"text\":\"t\",\"code\":\"1\"}", "not a mobile number"},
        {"13800138000", "[]", "the stored body is no short message"},
        {"13800138000", "{\"text\":\"t\"}", "the message has no approved template"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_request request = {.header_count = 7};
        struct message message = sms_message(cases[i].address, cases[i].body);
        struct error error;
        assert_false(channel_tencent.request(&channel, &message, NOW, &request, &error));
        assert_non_null(strstr(error.text, cases[i].why));
        assert_int_equal(request.header_count, 7);
    }
}

static void parameters_are_numbered_in_the_templates_order(void **state)
{
    (void)state;
    struct sms_sample sample;
    AUTO_BUF body;
    buf_init(&body, 4096);
    sms_sample_init(&sample, "text: '{item}（{case_no}）{remaining}'\ncode: {sms: 1110}\n"
                             "params: [case_no, remaining, item]\n");
    assert_true(channel_tencent.compose(&channel, &sample.wording, &body, NULL));
    struct http_request request;
    struct message message = sms_message("13800138000", buf_string(&body));
    assert_true(channel_tencent.request(&channel, &message, NOW, &request, NULL));
    assert_non_null(strstr(request.body, "\"TemplateParamSet\":[\"FC202611160083\","
                                         "\"还剩3个工作日\",\"食品经营许可证核发\"]"));
    http_request_finish(&request);
    sms_sample_finish(&sample);
}

static void settings_that_make_no_sense_are_problems(void **state)
{
    (void)state;
    static const struct {
        const char *url, *app, *sign_name, *problem;
    } cases[] = {
        {"https://a/", "1400006666", "丰城政务", NULL},
        {"a", "1400006666", "丰城", "url: the URL begins with neither http:// nor https://"},
        {"https://a/", "app", "丰城", "sdk_app_id: expected digits, as 1400006666"},
        {"https://a/", "1", "】",
         "sign_name: expected the signature without 【】, which the provider adds"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tencent_options own = options;
        own.url = cases[i].url;
        own.sdk_app_id = cases[i].app;
        own.sign_name = cases[i].sign_name;
        check_settings(&channel_tencent, &own, cases[i].problem);
    }
}

#define STATE(code, words)                                                                         \
    "{\"Response\":{\"SendStatusSet\":[{\"SerialNo\":\"\",\"PhoneNumber\":\"+8613800138000\","     \
    "\"Fee\":0,\"SessionContext\":\"m-1\",\"Code\":\"" code "\",\"Message\":\"" words              \
    "\",\"IsoCode\":\"CN\"}],\"RequestId\":\"r\"}}"
#define FAILURE(code, words)                                                                       \
    "{\"Response\":{\"Error\":{\"Code\":\"" code "\",\"Message\":\"" words                         \
    "\"},\"RequestId\":\"r\"}}"
#define HOUR (3600 * US_PER_S)

static void replies_become_verdicts(void **state)
{
    (void)state;
    static const struct channel_case cases[] = {
        {HTTP_REPLIED, 200, -1, STATE("Ok", "send success"), VERDICT_ACCEPTED, 0, "send success"},
        {HTTP_REPLIED, 200, -1, STATE("LimitExceeded.PhoneNumberThirtySecondLimit", ""),
         VERDICT_THROTTLED, 30 * US_PER_S, ""},
        {HTTP_REPLIED, 200, -1, STATE("LimitExceeded.PhoneNumberOneHourLimit", ""),
         VERDICT_THROTTLED, HOUR, ""},
        {HTTP_REPLIED, 200, -1, STATE("LimitExceeded.PhoneNumberDailyLimit", ""), VERDICT_THROTTLED,
         4 * HOUR, "PhoneNumberDailyLimit"},
        {HTTP_REPLIED, 200, -1, STATE("LimitExceeded.AppDailyLimit", ""), VERDICT_THROTTLED,
         4 * HOUR, ""},
        {HTTP_REPLIED, 200, -1, STATE("LimitExceeded.SomethingNew", ""), VERDICT_THROTTLED, 0, ""},
        {HTTP_REPLIED, 200, -1, STATE("LimitExceeded.AppCountryOrRegionInBlacklist", ""),
         VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 200, -1, FAILURE("RequestLimitExceeded", ""), VERDICT_THROTTLED, 0, ""},
        {HTTP_REPLIED, 200, -1, STATE("FailedOperation.PhoneNumberInBlacklist", ""),
         VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 200, -1, STATE("FailedOperation.ContainSensitiveWord", ""),
         VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 200, -1,
         STATE("InvalidParameterValue.IncorrectPhoneNumber", "+8613800138000"), VERDICT_PERMANENT,
         0, "138****8000"},
        {HTTP_REPLIED, 200, -1, STATE("InvalidParameterValue.TemplateParameterLengthLimit", ""),
         VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 200, -1, STATE("Brand.New", "new"), VERDICT_PERMANENT, 0, "Brand.New: new"},
        {HTTP_REPLIED, 200, -1, STATE("FailedOperation.SignatureIncorrectOrUnapproved", ""),
         VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, STATE("FailedOperation.TemplateIncorrectOrUnapproved", ""),
         VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, STATE("FailedOperation.InsufficientBalanceInSmsPackage", ""),
         VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, STATE("InvalidParameterValue.SdkAppIdNotExist", ""),
         VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, FAILURE("AuthFailure.SignatureFailure", "check your signature"),
         VERDICT_REJECTED, 0, "AuthFailure.SignatureFailure: check your signature"},
        {HTTP_REPLIED, 200, -1, FAILURE("AuthFailure.SignatureExpire", ""), VERDICT_REJECTED, 0,
         ""},
        {HTTP_REPLIED, 200, -1, FAILURE("UnauthorizedOperation.RequestIpNotInWhitelist", ""),
         VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, FAILURE("MissingParameter.EmptyPhoneNumberSet", ""),
         VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, FAILURE("ServiceUnavailable", ""), VERDICT_TEMPORARY, 0, ""},
        {HTTP_REPLIED, 200, -1, FAILURE("InternalError.SigVerificationFail", ""), VERDICT_REJECTED,
         0, ""},
        {HTTP_REPLIED, 200, -1, STATE("InternalError.Timeout", ""), VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 200, -1, FAILURE("InternalError", ""), VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 200, -1, FAILURE("FailedOperation", ""), VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"Response\":{\"SendStatusSet\":[]}}", VERDICT_UNKNOWN, 0,
         "HTTP 200"},
        {HTTP_REPLIED, 200, -1, "{\"Response\":[]}", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 200, -1, "<html>", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 502, -1, "", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 404, -1, "", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 429, 3, "", VERDICT_THROTTLED, 3 * US_PER_S, ""},
        {HTTP_NOT_SENT, 0, -1, "", VERDICT_TEMPORARY, 0, "it broke"},
        {HTTP_INTERRUPTED, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
        {HTTP_TIMED_OUT, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
        {HTTP_TOO_LARGE, 200, -1, STATE("Ok", ""), VERDICT_UNKNOWN, 0, "it broke"},
    };
    check_verdicts(&channel, cases, COUNT_OF(cases));
    assert_int_equal(scope_of(&channel, 429, ""), THROTTLE_ENDPOINT);
    assert_int_equal(scope_of(&channel, 200, STATE("LimitExceeded.AppDailyLimit", "")),
                     THROTTLE_ENDPOINT);
    assert_int_equal(scope_of(&channel, 200, FAILURE("RequestLimitExceeded", "")),
                     THROTTLE_ENDPOINT);
    assert_int_equal(scope_of(&channel, 200, STATE("LimitExceeded.PhoneNumberDailyLimit", "")),
                     THROTTLE_MESSAGE);
}

static void the_providers_id_is_kept(void **state)
{
    (void)state;
    static const char body[] =
        "{\"Response\":{\"SendStatusSet\":[{\"SerialNo\":\"5000:1045710669157053657849499619\","
        "\"Code\":\"Ok\"}]}}";
    struct http_reply reply = {.status = 200, .body = body, .body_length = strlen(body)};
    struct outcome outcome;
    channel_tencent.verdict(&channel, &reply, &outcome);
    assert_int_equal(outcome.verdict, VERDICT_ACCEPTED);
    assert_string_equal(outcome.provider_id, "5000:1045710669157053657849499619");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_a_signed_post),
        cmocka_unit_test(foreign_numbers_keep_their_country),
        cmocka_unit_test(what_cannot_be_sent_is_refused),
        cmocka_unit_test(parameters_are_numbered_in_the_templates_order),
        cmocka_unit_test(settings_that_make_no_sense_are_problems),
        cmocka_unit_test(replies_become_verdicts),
        cmocka_unit_test(the_providers_id_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
