/* Enquiries at each provider: requests, and what is read from the answers. */
#include "duban/enquiry.h"

#include "duban/channel_aliyun.h"
#include "duban/channel_kannel.h"
#include "duban/channel_tencent.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sms_sample.h"

#define NOW    INT64_C(1792000000123456) /* 2026-10-15 01:46:40 in China */
#define MINUTE (60 * US_PER_S)
#define HOUR   (60 * MINUTE)

static char secret[] = "testsecret", key[] = "testkey";
static struct aliyun_options aliyun_options = {.url = "https://dysmsapi.aliyuncs.com/",
                                               .access_key_id = "testid",
                                               .access_key_secret = secret};
static const struct channel aliyun = {
    .name = "sms", .type = &channel_aliyun, .options = &aliyun_options};
static struct tencent_options tencent_options = {.url = "https://sms.tencentcloudapi.com/",
                                                 .region = "ap-guangzhou",
                                                 .secret_id = "testid",
                                                 .secret_key = key,
                                                 .sdk_app_id = "1400006666"};
static const struct channel tencent = {
    .name = "sms", .type = &channel_tencent, .options = &tencent_options};

static struct enquiry_message asked_for(const char *address)
{
    return (struct enquiry_message){
        .id = "m-1", .address = address, .since = NOW - 5 * MINUTE, .until = NOW - MINUTE};
}

/* --- requests --- */

/* The signatures were computed by another implementation (Python's hmac) from the documentation's
 * rules. */
static void alibaba_is_asked_for_a_day(void **state)
{
    (void)state;
    struct http_request request;
    struct enquiry_message message = asked_for("+86 138 0013 8000");
    assert_true(channel_aliyun.enquiry->request(&aliyun, &message, NOW, &request, NULL));
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, "https://dysmsapi.aliyuncs.com/?CurrentPage=1&PageSize=50"
                                     "&PhoneNumber=13800138000&SendDate=20261015");
    assert_null(request.body);
    assert_string_equal(sms_header(&request, "x-acs-action"), "QuerySendDetails");
    assert_string_equal(sms_header(&request, "x-acs-signature-nonce"),
                        "e849ca294beba958a117472b68f7f406");
    assert_non_null(strstr(sms_header(&request, "Authorization"),
                           "a436ebdabc2c1d959f1da9fa90911c1e230e497d32f051f2a15c709d7559e355"));
    http_request_finish(&request);
    message.address = "+852 6123 4567";
    assert_true(channel_aliyun.enquiry->request(&aliyun, &message, NOW, &request, NULL));
    assert_non_null(strstr(request.url, "&PhoneNumber=85261234567&"));
    http_request_finish(&request);
}

static void a_try_at_midnight_is_looked_for_on_both_days(void **state)
{
    (void)state;
    const wall_us midnight = INT64_C(1791993600) * US_PER_S; /* the 15th begins in China */
    static const struct {
        span_us since, until; /* from midnight */
        int32_t number;
        const char *day;
    } cases[] = {
        {0, HOUR, 0, "20261015"},
        {0, HOUR, 4, "20261015"},
        {-HOUR, -2 * MINUTE, 0, "20261014"},
        {-HOUR, -2 * MINUTE, 1, "20261014"},
        {-MINUTE, -MINUTE, 0, "20261015"}, /* dated a little later than we gave up, … */
        {-MINUTE, -MINUTE, 1, "20261014"}, /* … or not */
        {-1, 30 * US_PER_S, 0, "20261015"},
        {-1, 30 * US_PER_S, 1, "20261014"},
        {-1, 30 * US_PER_S, 2, "20261015"},
        {-50 * HOUR, HOUR, 0, "20261015"}, /* noted when the daemon came back */
        {-50 * HOUR, HOUR, 1, "20261014"},
        {-50 * HOUR, HOUR, 3, "20261012"},
        {-50 * HOUR, HOUR, 4, "20261015"},
        {HOUR, -HOUR, 3, "20261014"}, /* the clock went back */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_request request;
        struct enquiry_message message = {.id = "m-1",
                                          .address = "13800138000",
                                          .since = midnight + cases[i].since,
                                          .until = midnight + cases[i].until,
                                          .number = cases[i].number};
        assert_true(channel_aliyun.enquiry->request(&aliyun, &message, NOW, &request, NULL));
        assert_string_equal(strstr(request.url, "SendDate=") + 9, cases[i].day);
        http_request_finish(&request);
    }
}

static void tencent_is_asked_for_a_span(void **state)
{
    (void)state;
    struct http_request request;
    struct enquiry_message message = asked_for("13800138000");
    assert_true(channel_tencent.enquiry->request(&tencent, &message, NOW, &request, NULL));
    assert_string_equal(request.body, "{\"PhoneNumber\":\"+8613800138000\",\"SmsSdkAppId\":"
                                      "\"1400006666\",\"BeginTime\":1791999700,\"EndTime\":"
                                      "1792000000,\"Offset\":0,\"Limit\":100}");
    assert_int_equal(request.body_length, strlen(request.body));
    assert_string_equal(sms_header(&request, "X-TC-Action"), "PullSmsSendStatusByPhoneNumber");
    assert_non_null(strstr(sms_header(&request, "Authorization"),
                           "331b93c0f6aaa8ab666f32b43f991c352e5ae544bedfb93f109c65fb9ef8532a"));
    http_request_finish(&request);
    message.since = NOW - 30 * US_PER_DAY; /* it keeps seven days */
    assert_true(channel_tencent.enquiry->request(&tencent, &message, NOW, &request, NULL));
    assert_non_null(strstr(request.body, "\"BeginTime\":1791398800,"));
    http_request_finish(&request);
}

static void who_has_no_mobile_number_is_not_asked_for(void **state)
{
    (void)state;
    struct http_request request = {.header_count = 7};
    struct enquiry_message message = asked_for("0795-6428888");
    struct error error;
    assert_false(channel_aliyun.enquiry->request(&aliyun, &message, NOW, &request, &error));
    assert_false(channel_tencent.enquiry->request(&tencent, &message, NOW, &request, &error));
    assert_non_null(strstr(error.text, "landline"));
    assert_int_equal(request.header_count, 7);
    assert_null(channel_kannel.enquiry);
}

/* --- answers --- */

struct answer_case {
    enum http_failure failure;
    int status;
    const char *body;
    const char *told; /* a line a receipt: "status provider code reported detail"; or the result */
};

static void describe(const struct enquiry_answer *answer, struct buf *out)
{
    static const char *const results[] = {[ENQUIRY_NOTHING] = "nothing",
                                          [ENQUIRY_FAILED] = "failed: ",
                                          [ENQUIRY_REFUSED] = "refused: "};
    if (answer->result != ENQUIRY_TOLD) {
        buf_format(out, "%s%s", results[answer->result], answer->detail);
        assert_int_equal(answer->list.count, 0);
        return;
    }
    for (size_t i = 0; i < answer->list.count; i++) {
        const struct receipt *receipt = &answer->list.items[i];
        char at[INSTANT_TEXT_BYTES];
        assert_string_equal(receipt->public_id, "m-1");
        buf_format(out, "%s%s %s %s %s %s", i ? "\n" : "", receipt_status_word(receipt->status),
                   *receipt->provider_id ? receipt->provider_id : "-",
                   *receipt->code ? receipt->code : "-", instant_text(receipt->reported_at, at),
                   receipt->detail);
    }
}

static void check(const struct channel *channel, const struct answer_case *cases, size_t count)
{
    const struct enquiry_message message = asked_for("13800138000");
    for (size_t i = 0; i < count; i++) {
        struct http_reply reply = {.failure = cases[i].failure,
                                   .failure_text = "it broke",
                                   .status = cases[i].status,
                                   .body = cases[i].body,
                                   .body_length = strlen(cases[i].body),
                                   .retry_after_s = -1};
        struct enquiry_answer answer;
        AUTO_BUF told;
        buf_init(&told, 1 << 16);
        channel->type->enquiry->read(channel, &reply, &message, &answer);
        describe(&answer, &told);
        assert_string_equal(buf_string(&told), cases[i].told);
        receipt_list_finish(&answer.list);
    }
}

#define DETAILS(entries)                                                                           \
    "{\"Code\":\"OK\",\"Message\":\"OK\",\"TotalCount\":\"1\",\"SmsSendDetailDTOs\":{"             \
    "\"SmsSendDetailDTO\":[" entries "]}}"
#define DETAIL(id, sent, rest)                                                                     \
    "{\"OutId\":\"" id "\",\"PhoneNum\":\"13800138000\",\"Content\":\"【丰城】13800138000\","  \
    "\"SendDate\":\"" sent "\"" rest "}"
#define ASKED "the provider says so when asked"

static void alibaba_answers(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {HTTP_REPLIED, 200,
         DETAILS(DETAIL("m-1", "2026-10-15 01:45:40",
                        ",\"SendStatus\":3,\"ErrCode\":\"DELIVERED\","
                        "\"ReceiveDate\":\"2026-10-15 01:45:44\"")),
         "delivered - DELIVERED 2026-10-14T17:45:44Z " ASKED},
        {HTTP_REPLIED, 200,
         DETAILS(DETAIL("m-1", "2026-10-15 01:45:40", ",\"SendStatus\":2,\"ErrCode\":\"MK:0001\"")),
         "failed - MK:0001 - " ASKED},
        {HTTP_REPLIED, 200, DETAILS(DETAIL("m-1", "", ",\"SendStatus\":1")),
         "accepted - - - " ASKED},
        /* others' messages, and another try of ours, which ended before this one began */
        {HTTP_REPLIED, 200,
         DETAILS(DETAIL("m-11", "2026-10-15 01:45:40", ",\"SendStatus\":3") "," DETAIL(
             "", "2026-10-15 01:45:40",
             ",\"SendStatus\":3") "," DETAIL("m-1", "2026-10-15 01:41:39",
                                             ",\"SendStatus\":2") ",7,"
                                                                  "{\"SendStatus\":3,\"PhoneNum\":"
                                                                  "\"13800138000\"}"),
         "nothing"},
        {HTTP_REPLIED, 200,
         DETAILS(DETAIL("m-1", "2026-10-15 01:41:40", ",\"SendStatus\":2") "," DETAIL(
             "m-2", "2026-10-15 01:45:40",
             ",\"SendStatus\":3") "," DETAIL("m-1", "2026-10-15 01:45:40", ",\"SendStatus\":3")),
         "failed - - - " ASKED "\ndelivered - - - " ASKED},
        {HTTP_REPLIED, 200,
         DETAILS(
             DETAIL("m-1", "", ",\"SendStatus\":0") "," DETAIL("m-1", "", ",\"SendStatus\":4") "," DETAIL(
                 "m-1", "",
                 ",\"SendStatus\":-1") "," DETAIL("m-1", "",
                                                  ",\"SendStatus\":\"3\"") "," DETAIL("m-1", "",
                                                                                      "")),
         "nothing"},
        {HTTP_REPLIED, 200, DETAILS(""), "nothing"},
        {HTTP_REPLIED, 200, "{\"Code\":\"OK\",\"TotalCount\":\"0\",\"SmsSendDetailDTOs\":{}}",
         "nothing"},
        {HTTP_REPLIED, 200, "{\"Code\":\"OK\"}", "nothing"},
        {HTTP_REPLIED, 200, "{\"Code\":\"OK\",\"SmsSendDetailDTOs\":[{\"OutId\":\"m-1\"}]}",
         "nothing"},
        {HTTP_REPLIED, 400, "{\"Code\":\"Throttling.User\",\"Message\":\"denied 13800138000\"}",
         "failed: Throttling.User: denied 138****8000"},
        {HTTP_REPLIED, 200, "{\"Code\":\"isp.RAM_PERMISSION_DENY\",\"Message\":\"RAM权限DENY\"}",
         "refused: isp.RAM_PERMISSION_DENY: RAM权限DENY"},
        {HTTP_REPLIED, 403, "{\"Code\":\"NoPermission\",\"Message\":\"\"}",
         "refused: NoPermission"},
        {HTTP_REPLIED, 200, "<html>login</html>", "failed: HTTP 200: <html>login</html>"},
        {HTTP_REPLIED, 502, "", "failed: HTTP 502"},
        {HTTP_NOT_SENT, 0, "", "failed: it broke"},
        {HTTP_TIMED_OUT, 0, "", "failed: it broke"},
        {HTTP_TOO_LARGE, 200, DETAILS(DETAIL("m-1", "", ",\"SendStatus\":3")), "failed: it broke"},
    };
    check(&aliyun, cases, COUNT_OF(cases));
}

#define STATUSES(entries)                                                                          \
    "{\"Response\":{\"PullSmsSendStatusSet\":[" entries "],\"RequestId\":\"r\"}}"
#define STATUS(id, status, received, words)                                                        \
    "{\"SessionContext\":\"" id "\",\"ReportStatus\":\"" status "\",\"UserReceiveTime\":" received \
    ",\"Description\":\"" words "\",\"SerialNo\":\"14:1932\",\"PhoneNumber\":\"+8613800138000\"}"

static void tencent_answers(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {HTTP_REPLIED, 200, STATUSES(STATUS("m-1", "SUCCESS", "1791999988", "DELIVRD")),
         "delivered 14:1932 DELIVRD 2026-10-14T17:46:28Z DELIVRD"},
        {HTTP_REPLIED, 200, STATUSES(STATUS("m-1", "FAIL", "0", "空号 13800138000")),
         "failed 14:1932 - - 空号 138****8000"},
        {HTTP_REPLIED, 200, STATUSES(STATUS("m-1", "FAIL", "99999999999999", "MK:0001")),
         "failed 14:1932 MK:0001 - MK:0001"},
        /* by default the provider gives no id back */
        {HTTP_REPLIED, 200,
         STATUSES(STATUS("", "SUCCESS", "1791999988", "") "," STATUS(
             "m-2", "SUCCESS", "1791999988",
             "") "," STATUS("m-1", "SUCCESS", "1791999699",
                            "") "," STATUS("m-1", "WAITING", "1791999988", "") ",null,[]"),
         "nothing"},
        {HTTP_REPLIED, 200, STATUSES(""), "nothing"},
        {HTTP_REPLIED, 200, "{\"Response\":{\"PullSmsSendStatusSet\":null}}", "nothing"},
        {HTTP_REPLIED, 200, "{\"Response\":{\"RequestId\":\"r\"}}",
         "failed: HTTP 200: {\"Response\":{\"RequestId\":\"r\"}}"},
        {HTTP_REPLIED, 200,
         "{\"Response\":{\"Error\":{\"Code\":\"UnauthorizedOperation\",\"Message\":\"CAM\"},"
         "\"PullSmsSendStatusSet\":[]}}",
         "refused: UnauthorizedOperation: CAM"},
        {HTTP_REPLIED, 200,
         "{\"Response\":{\"Error\":{\"Code\":\"RequestLimitExceeded\",\"Message\":\"20\"}}}",
         "failed: RequestLimitExceeded: 20"},
        {HTTP_REPLIED, 200, "", "failed: HTTP 200"},
        {HTTP_INTERRUPTED, 0, "", "failed: it broke"},
        {HTTP_TOO_LARGE, 200, STATUSES(STATUS("m-1", "SUCCESS", "1791999988", "")),
         "failed: it broke"},
    };
    check(&tencent, cases, COUNT_OF(cases));
}

static void it_is_asked_five_times(void **state)
{
    (void)state;
    static const span_us pauses[] = {5 * MINUTE, 30 * MINUTE, 2 * HOUR, 12 * HOUR, -1, -1};
    for (int32_t i = 0; i < (int32_t)COUNT_OF(pauses); i++)
        assert_int_equal(enquiry_pause(i), pauses[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alibaba_is_asked_for_a_day),
        cmocka_unit_test(a_try_at_midnight_is_looked_for_on_both_days),
        cmocka_unit_test(tencent_is_asked_for_a_span),
        cmocka_unit_test(who_has_no_mobile_number_is_not_asked_for),
        cmocka_unit_test(alibaba_answers),
        cmocka_unit_test(tencent_answers),
        cmocka_unit_test(it_is_asked_five_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
