/* Short messages through 云MAS: requests and verdicts. */
#include "duban/channel_mas.h"

#include "duban/mem.h"
#include "duban/sms_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "channel_case.h"
#include "sms_sample.h"

static char secret[] = "pass";
static const struct mas_options options = {.url = "http://127.0.0.1:1992",
                                           .template_path = "/sms/tmpsubmit",
                                           .ec_name = "丰城市政务服务中心",
                                           .ap_id = "duban",
                                           .secret_key = secret,
                                           .sign = "DWItALe3A",
                                           .add_serial = "",
                                           .parameter_most = 20};

/* What is sent to where; the bodies were made by another implementation (Python's json, hashlib
 * and base64) from the platform's rules. */
static void check_request(const struct mas_options *own, const char *body, const char *url,
                          const char *sent)
{
    struct mas_options copy = *own;
    const struct channel channel = {.name = "sms", .type = &channel_mas, .options = &copy};
    struct http_request request;
    struct message message = sms_message("+8613800138000", body);
    assert_true(channel_mas.request(&channel, &message, 0, &request, NULL));
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, url);
    assert_string_equal(request.body, sent);
    assert_int_equal(request.body_length, strlen(sent));
    assert_string_equal(sms_header(&request, "Content-Type"), "text/plain; charset=utf-8");
    assert_true(request.fresh_connection);
    http_request_finish(&request);
}

#define TEXT "{\"text\":\"您好，\\\"已办结\\\"\"}"
#define TEMPLATE                                                                                   \
    "{\"text\":\"t\",\"code\":\"abc1\",\"params\":[{\"name\":\"a\",\"value\":\"食品\"},"         \
    "{\"name\":\"b\",\"value\":\"FC1\"}]}"

static const char sent_text[] =
    "eyJlY05hbWUiOiLkuLDln47luILmlL/liqHmnI3liqHkuK3lv4MiLCJhcElkIjoiZHViYW4iLCJtb2JpbGVzIjoiMTM4"
    "MDAxMzgwMDAiLCJjb250ZW50Ijoi5oKo5aW977yMXCLlt7Llip7nu5NcIiIsInNpZ24iOiJEV0l0QUxlM0EiLCJhZGRT"
    "ZXJpYWwiOiIiLCJtYWMiOiI3OTI4ZGVjM2Q2OWJlMWRiMTEzZmVlMzFkZTY1ZTE5ZSJ9";
static const char sent_text_with_secret[] =
    "eyJlY05hbWUiOiLkuLDln47luILmlL/liqHmnI3liqHkuK3lv4MiLCJhcElkIjoiZHViYW4iLCJzZWNyZXRLZXkiOiJw"
    "YXNzIiwibW9iaWxlcyI6IjEzODAwMTM4MDAwIiwiY29udGVudCI6IuaCqOWlve+8jFwi5bey5Yqe57uTXCIiLCJzaWdu"
    "IjoiRFdJdEFMZTNBIiwiYWRkU2VyaWFsIjoiIiwibWFjIjoiNzkyOGRlYzNkNjliZTFkYjExM2ZlZTMxZGU2NWUxOWUi"
    "fQ==";
static const char sent_template[] =
    "eyJlY05hbWUiOiLkuLDln47luILmlL/liqHmnI3liqHkuK3lv4MiLCJhcElkIjoiZHViYW4iLCJ0ZW1wbGF0ZUlkIjoi"
    "YWJjMSIsIm1vYmlsZXMiOiIxMzgwMDEzODAwMCIsInBhcmFtcyI6IltcIumjn+WTgVwiLFwiRkMxXCJdIiwic2lnbiI6"
    "IkRXSXRBTGUzQSIsImFkZFNlcmlhbCI6IiIsIm1hYyI6ImQwZThiZDFhMjA5MzVjMTFjZGIzMzYwMjc2ODZmZTMzIn0=";

static void a_text_or_a_template_is_sent_in_base64(void **state)
{
    (void)state;
    check_request(&options, TEXT, "http://127.0.0.1:1992/sms/norsubmit", sent_text);
    check_request(&options, TEMPLATE, "http://127.0.0.1:1992/sms/tmpsubmit", sent_template);
    struct mas_options own = options;
    own.url = "https://mas.example:28888/";
    check_request(&own, TEXT, "https://mas.example:28888/sms/submit", sent_text);
    own.send_secret = true;
    check_request(&own, TEXT, "https://mas.example:28888/sms/submit", sent_text_with_secret);
    own.text_path = "/v2/text";
    check_request(&own, TEXT, "https://mas.example:28888/v2/text", sent_text_with_secret);
}

static void what_cannot_be_sent_is_refused(void **state)
{
    (void)state;
    struct mas_options own = options;
    const struct channel channel = {.name = "sms", .type = &channel_mas, .options = &own};
    static const struct {
        const char *address, *body, *why;
    } cases[] = {
        {"+85261234567", TEXT, "the number is not of the mainland"},
        {"010-12345", TEXT, "landline"},
        {"13800138000", "{}", "the stored body is no short message"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_request request = {.header_count = 7};
        struct message message = sms_message(cases[i].address, cases[i].body);
        struct error error;
        assert_false(channel_mas.request(&channel, &message, 0, &request, &error));
        assert_non_null(strstr(error.text, cases[i].why));
        assert_int_equal(request.header_count, 7);
    }
}

static void a_text_without_code_is_sent_as_it_is(void **state)
{
    (void)state;
    struct mas_options own = options;
    struct channel channel = {.name = "sms", .type = &channel_mas, .options = &own};
    struct sms_sample sample;
    AUTO_BUF body;
    buf_init(&body, 4096);
    sms_sample_init(&sample, "text: '{item}{result}'\ncode: {sms: abc1}\n");
    assert_true(channel_mas.compose(&channel, &sample.wording, &body, NULL));
    assert_string_equal(buf_string(&body),
                        "{\"text\":\"食品经营许可证核发-\",\"code\":\"abc1\",\"params\":["
                        "{\"name\":\"item\",\"value\":\"食品经营许可证核发\"},"
                        "{\"name\":\"result\",\"value\":\"-\"}]}");
    channel.name = "other";
    buf_clear(&body);
    sample.facts.item_name = "【食品】许可";
    assert_true(channel_mas.compose(&channel, &sample.wording, &body, NULL));
    assert_string_equal(buf_string(&body), "{\"text\":\"〔食品〕许可\"}");
    sms_sample_finish(&sample);
}

static void settings_that_make_no_sense_are_problems(void **state)
{
    (void)state;
    struct mas_options own = options;
    check_settings(&channel_mas, &own, NULL);
    own.send_secret = true;
    check_settings(&channel_mas, &own, "send_secret: the password would be readable over http");
    own = options;
    own.text_path = "sms";
    check_settings(&channel_mas, &own, "text_path: expected a path that begins with /");
    own = options;
    own.template_path = "/sms?a";
    check_settings(&channel_mas, &own, "template_path: expected a path that begins with /");
    own = options;
    own.add_serial = "12a";
    check_settings(&channel_mas, &own, "add_serial: expected digits");
    own = options;
    own.sign_name = "【丰城】";
    check_settings(&channel_mas, &own,
                   "sign_name: expected the signature without 【】, which the provider adds");
    own = options;
    own.url = "http://a/sms";
    check_settings(&channel_mas, &own,
                   "url: expected the provider's endpoint without path and query");
}

#define SAYS(code) "{\"msgGroup\":\"\",\"rspcod\":\"" code "\",\"success\":false}"

static void replies_become_verdicts(void **state)
{
    (void)state;
    static const struct channel_case cases[] = {
        {HTTP_REPLIED, 200, -1,
         "{\"msgGroup\":\"0906163415000000332084\",\"rspcod\":\"success\",\"success\":true}",
         VERDICT_ACCEPTED, 0, "success"},
        {HTTP_REPLIED, 200, -1, SAYS("success"), VERDICT_UNKNOWN, 0, "rspcod"},
        {HTTP_REPLIED, 200, -1, SAYS("IllegalMac"), VERDICT_REJECTED, 0, "IllegalMac"},
        {HTTP_REPLIED, 200, -1, SAYS("IllegalSignId"), VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("InvalidUsrOrPwd"), VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("InvalidMessage"), VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("NoSignId"), VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("InvalidMobile"), VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("TooManyMobiles"), VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 200, -1, SAYS("BrandNew"), VERDICT_PERMANENT, 0, "BrandNew"},
        {HTTP_REPLIED, 200, -1, "{\"success\":true}", VERDICT_UNKNOWN, 0, "HTTP 200"},
        {HTTP_REPLIED, 200, -1, "", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 404, -1, "", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 500, -1, "", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 503, 7, "", VERDICT_THROTTLED, 7 * US_PER_S, ""},
        {HTTP_NOT_SENT, 0, -1, "", VERDICT_TEMPORARY, 0, "it broke"},
        {HTTP_INTERRUPTED, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
        {HTTP_TIMED_OUT, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
        {HTTP_TOO_LARGE, 200, -1, SAYS("IllegalMac"), VERDICT_UNKNOWN, 0, "it broke"},
    };
    const struct channel channel = {.name = "sms", .type = &channel_mas};
    check_verdicts(&channel, cases, COUNT_OF(cases));
}

static void the_batch_is_kept_however_it_is_spelt(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"msgGroup\":\"0906163415000000332084\",\"rspcod\":\"success\",\"success\":true}",
        "{\"mgsGroup\":\"0906163415000000332084\",\"rspcod\":\"success\",\"success\":true}",
    };
    const struct channel channel = {.name = "sms", .type = &channel_mas};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct http_reply reply = {
            .status = 200, .body = bodies[i], .body_length = strlen(bodies[i])};
        struct outcome outcome;
        channel_mas.verdict(&channel, &reply, &outcome);
        assert_int_equal(outcome.verdict, VERDICT_ACCEPTED);
        assert_string_equal(outcome.provider_id, "0906163415000000332084");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_or_a_template_is_sent_in_base64),
        cmocka_unit_test(what_cannot_be_sent_is_refused),
        cmocka_unit_test(a_text_without_code_is_sent_as_it_is),
        cmocka_unit_test(settings_that_make_no_sense_are_problems),
        cmocka_unit_test(replies_become_verdicts),
        cmocka_unit_test(the_batch_is_kept_however_it_is_spelt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
