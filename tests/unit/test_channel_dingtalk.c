/* DingTalk's group robots: bodies, signed requests and verdicts. */
#include "duban/channel_dingtalk.h"

#include "duban/robot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "channel_case.h"
#include "robot_case.h"

static char url[] = "https://oapi.dingtalk.com/robot/send?access_token=T";
static char secret[] = "this is secret";
static struct robot_options options = {.url = url,
                                       .secret = secret,
                                       .title = "督办",
                                       .mention_count = 2,
                                       .mentions = {"13900139000", "13900139001"}};
static const struct channel channel = {
    .name = "group", .type = &channel_dingtalk, .options = &options};

static const struct message message = {
    .id = "m1", .address = "on", .body = "{}", .body_length = 2, .attempt = 1};

static void a_warning_is_markdown_that_mentions_staff(void **state)
{
    (void)state;
    char *body =
        robot_body(&channel, &robot_situations[2], "{item}：{remaining}\n{case_no}", LOCALE_ZH_CN);
    assert_string_equal(
        body, "{\"msgtype\":\"markdown\",\"markdown\":{\"title\":\"督办：红牌\",\"text\":"
              "\"#### <font color=\\\"#D93026\\\">督办：红牌</font>\\n\\n"
              "食品经营许可证核发：已超期2个工作日\\n\\nFC202611160083\\n\\n"
              "@13900139000 @13900139001\"},"
              "\"at\":{\"atMobiles\":[\"13900139000\",\"13900139001\"],\"isAtAll\":false}}");
    free(body);
}

static void the_document_shows_what_is_sent(void **state)
{
    (void)state;
    struct robot_options one = options;
    one.mention_count = 1;
    const struct channel documented = {.type = &channel_dingtalk, .options = &one};
    char *body = robot_body(&documented, &robot_situations[2], NULL, LOCALE_ZH_CN);
    assert_documented("robot-dingtalk.md", body);
    free(body);
}

static void good_news_mention_nobody(void **state)
{
    (void)state;
    char *body = robot_body(&channel, &robot_situations[5], "{case_no}", LOCALE_EN);
    assert_string_equal(
        body, "{\"msgtype\":\"markdown\",\"markdown\":{\"title\":\"督办: completed\",\"text\":"
              "\"#### <font color=\\\"#2E8B57\\\">督办: completed</font>\\n\\nFC202611160083\"}}");
    free(body);
}

static void names_have_no_effect(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    facts.item_name = "<a>[x](http://e)*#`~\\&\x01\xFF";
    char *body = robot_body_of(&channel, &notice, "{item}", LOCALE_ZH_CN);
    assert_non_null(strstr(body, "＜a＞［x］(http://e)＊＃｀～＼＆ \xEF\xBF\xBD\\n\\n@139"));
    free(body);
}

static void a_long_text_is_cut_at_a_character(void **state)
{
    (void)state;
    char *text = robot_long_text(4000);
    char *body = robot_body(&channel, &robot_situations[0], text, LOCALE_ZH_CN);
    assert_true(strlen(body) <= 9500);
    json_t *json = robot_json(body);
    const char *said;
    assert_int_equal(json_unpack(json, "{s:{s:s}}", "markdown", "text", &said), 0);
    assert_non_null(strstr(said, "督督…\n\n@13900139000"));
    json_decref(json);
    free(body);
    memset(text, '"', strlen(text)); /* JSON doubles each */
    body = robot_body(&channel, &robot_situations[0], text, LOCALE_ZH_CN);
    assert_true(strlen(body) > 18000 && strlen(body) <= 20000);
    free(body);
    free(text);
}

/* The signature is what
 *   printf '1700000000000\nthis is secret' | openssl dgst -sha256 -hmac 'this is secret' -binary
 * gives in base64, percent-encoded. */
static void a_request_is_signed_in_its_url(void **state)
{
    (void)state;
    struct http_request request;
    wall_us now = 1700000000 * US_PER_S + 999;
    assert_true(channel_dingtalk.request(&channel, &message, now, &request, NULL));
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, "https://oapi.dingtalk.com/robot/send?access_token=T"
                                     "&timestamp=1700000000000"
                                     "&sign=sSFWELbV2YwjdDQhWZwTcWlX5BWUx5J6TPpsZmuPii0%3D");
    assert_ptr_equal(request.body, message.body);
    assert_int_equal(request.body_length, 2);
    assert_true(request.fresh_connection);
    assert_int_equal(request.header_count, 1);
    assert_string_equal(request.headers[0].value, "application/json; charset=utf-8");
    http_request_finish(&request);
}

static void without_a_secret_the_url_is_all(void **state)
{
    (void)state;
    struct robot_options bare = {.url = url, .title = "督办"};
    struct channel unsigned_channel = channel;
    unsigned_channel.options = &bare;
    struct http_request request;
    assert_true(channel_dingtalk.request(&unsigned_channel, &message, 0, &request, NULL));
    assert_string_equal(request.url, url);
    http_request_finish(&request);
    char *body = robot_body(&unsigned_channel, &robot_situations[2], "{case_no}", LOCALE_ZH_CN);
    assert_null(strstr(body, "\"at\""));
    free(body);
}

static void replies_become_verdicts(void **state)
{
    (void)state;
    static const struct channel_case cases[] = {
        {HTTP_REPLIED, 200, -1, "{\"errcode\":0,\"errmsg\":\"ok\"}", VERDICT_DELIVERED, 0,
         "HTTP 200: errcode 0, ok"},
        {HTTP_REPLIED, 200, -1,
         "{\"status\":1111,\"wait\":5,\"source\":\"x5\",\"punish\":\"deny\",\"uuid\":\"9ff0\","
         "\"errcode\":130101,\"errmsg\":\"send too fast, exceed 20 times per minute\"}",
         VERDICT_THROTTLED, 600 * US_PER_S, "errcode 130101, send too fast"},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":410100}", VERDICT_THROTTLED, 600 * US_PER_S,
         "errcode 410100"},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":310000,\"errmsg\":\"sign not match\"}",
         VERDICT_REJECTED, 0, "sign not match"},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":310000,\"errmsg\":\"invalid timestamp\"}",
         VERDICT_REJECTED, 0, "invalid timestamp"},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":310000,\"errmsg\":\"keywords not in content\"}",
         VERDICT_REJECTED, 0, "keywords"},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":310000,\"errmsg\":\"ip 1.2.3.4 not in whitelist\"}",
         VERDICT_REJECTED, 0, "whitelist"},
        {HTTP_REPLIED, 200, -1,
         "{\"errcode\":310000,\"errmsg\":\"description:机器人发送签名不匹配;solution:请确认\"}",
         VERDICT_REJECTED, 0, "机器人发送签名不匹配"},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":300001,\"errmsg\":\"token is not exist\"}",
         VERDICT_REJECTED, 0, "token is not exist"},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":400013}", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":400102}", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":460101,\"errmsg\":\"message too long\"}",
         VERDICT_PERMANENT, 0, "too long"},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":430102}", VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":-1,\"errmsg\":\"系统繁忙\"}", VERDICT_TEMPORARY, 0,
         "errcode -1, 系统繁忙"},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":999999,\"errmsg\":\"call 13800138000\"}",
         VERDICT_TEMPORARY, 0, "138****8000"},
        {HTTP_REPLIED, 200, -1, "<html>login</html>", VERDICT_UNKNOWN, 0, "login"},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":\"0\"}", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 200, -1, "", VERDICT_UNKNOWN, 0, "HTTP 200"},
        {HTTP_REPLIED, 500, -1, "{\"errcode\":0}", VERDICT_UNKNOWN, 0, "HTTP 500"},
        {HTTP_REPLIED, 403, -1, "{\"errcode\":130101}", VERDICT_THROTTLED, 600 * US_PER_S, ""},
        {HTTP_REPLIED, 302, -1, "", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 404, -1, "", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 408, -1, "", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 413, -1, "", VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 429, 30, "", VERDICT_THROTTLED, 30 * US_PER_S, ""},
        {HTTP_REPLIED, 502, -1, "", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 503, -1, "", VERDICT_TEMPORARY, 0, ""},
        {HTTP_REPLIED, 503, 5, "", VERDICT_THROTTLED, 5 * US_PER_S, ""},
        {HTTP_NOT_SENT, 0, -1, "", VERDICT_TEMPORARY, 0, "it broke"},
        {HTTP_INTERRUPTED, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
        {HTTP_TIMED_OUT, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
        {HTTP_TOO_LARGE, 200, -1, "{\"errcode\":0}", VERDICT_UNKNOWN, 0, "it broke"},
    };
    check_verdicts(&channel, cases, COUNT_OF(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warning_is_markdown_that_mentions_staff),
        cmocka_unit_test(the_document_shows_what_is_sent),
        cmocka_unit_test(good_news_mention_nobody),
        cmocka_unit_test(names_have_no_effect),
        cmocka_unit_test(a_long_text_is_cut_at_a_character),
        cmocka_unit_test(a_request_is_signed_in_its_url),
        cmocka_unit_test(without_a_secret_the_url_is_all),
        cmocka_unit_test(replies_become_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
