/* Feishu's group robots: cards, signed requests and verdicts. */
#include "duban/channel_feishu.h"

#include "duban/robot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "channel_case.h"
#include "robot_case.h"

static char url[] = "https://open.feishu.cn/open-apis/bot/v2/hook/ID";
static char secret[] = "this is secret";
static struct robot_options options = {.url = url,
                                       .secret = secret,
                                       .title = "督办",
                                       .mention_count = 2,
                                       .mentions = {"ou_18eac8", "ou_Z9"}};
static const struct channel channel = {
    .name = "group", .type = &channel_feishu, .options = &options};

static void a_warning_is_a_card_that_mentions_staff(void **state)
{
    (void)state;
    char *body = robot_body(&channel, &robot_situations[2], "<{item}>：{remaining}\n{case_no}",
                            LOCALE_ZH_CN);
    assert_string_equal(
        body,
        "{\"msg_type\":\"interactive\",\"card\":{\"header\":{\"title\":{\"tag\":\"plain_text\","
        "\"content\":\"督办：红牌\"},\"template\":\"red\"},\"elements\":["
        "{\"tag\":\"div\",\"text\":{\"tag\":\"plain_text\",\"content\":"
        "\"<食品经营许可证核发>：已超期2个工作日\\nFC202611160083\"}},"
        "{\"tag\":\"div\",\"text\":{\"tag\":\"lark_md\",\"content\":"
        "\"<at id=ou_18eac8></at><at id=ou_Z9></at>\"}}]}}");
    free(body);
}

static void good_news_mention_nobody(void **state)
{
    (void)state;
    char *body = robot_body(&channel, &robot_situations[5], "{case_no}", LOCALE_ZH_CN);
    assert_non_null(strstr(body, "\"template\":\"green\""));
    assert_null(strstr(body, "<at"));
    free(body);
}

static void the_document_shows_what_is_sent(void **state)
{
    (void)state;
    struct robot_options bare = {.url = url, .title = "督办"};
    const struct channel documented = {.type = &channel_feishu, .options = &bare};
    char *body = robot_body(&documented, &robot_situations[2], NULL, LOCALE_ZH_CN);
    assert_documented("robot-feishu.md", body);
    free(body);
}

static void a_long_text_is_cut_at_a_character(void **state)
{
    (void)state;
    char *text = robot_long_text(4000);
    char *body = robot_body(&channel, &robot_situations[0], text, LOCALE_ZH_CN);
    assert_non_null(strstr(body, "督督…\"}}"));
    assert_true(strlen(body) <= 9500);
    free(body);
    memset(text, '\\', strlen(text)); /* JSON doubles each */
    body = robot_body(&channel, &robot_situations[0], text, LOCALE_ZH_CN);
    assert_true(strlen(body) > 18000 && strlen(body) <= 20000);
    free(body);
    free(text);
}

/* The signature is what
 *   printf '' | openssl dgst -sha256 -hmac "$(printf '1700000000\nthis is secret')" -binary
 * gives in base64. */
static void a_request_is_signed_in_its_body(void **state)
{
    (void)state;
    char *body = robot_body(&channel, &robot_situations[0], "{case_no}", LOCALE_ZH_CN);
    const struct message message = {
        .id = "m1", .address = "on", .body = body, .body_length = strlen(body), .attempt = 1};
    struct http_request request;
    wall_us now = 1700000000 * US_PER_S + 999999;
    assert_true(channel_feishu.request(&channel, &message, now, &request, NULL));
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, url);
    assert_true(request.fresh_connection);
    assert_ptr_equal(request.body, request.made_body);
    assert_int_equal(request.body_length, strlen(request.body));
    json_t *sent = robot_json(request.body), *composed = robot_json(body);
    json_t *timestamp = json_object_get(sent, "timestamp"), *sign = json_object_get(sent, "sign");
    assert_string_equal(json_string_value(timestamp), "1700000000");
    assert_string_equal(json_string_value(sign), "OfGzRzoUICBOoc8wVra1e4A1hPfbZ9zqXozA8CWVUuY=");
    json_object_del(sent, "timestamp");
    json_object_del(sent, "sign");
    assert_true(json_equal(sent, composed));
    json_decref(sent);
    json_decref(composed);
    http_request_finish(&request);
    free(body);
}

static void without_a_secret_the_body_is_the_messages(void **state)
{
    (void)state;
    struct robot_options bare = {.url = url, .title = "督办"};
    const struct channel unsigned_channel = {.type = &channel_feishu, .options = &bare};
    struct message message = {
        .id = "m1", .address = "on", .body = "{}", .body_length = 2, .attempt = 1};
    struct http_request request;
    assert_true(channel_feishu.request(&unsigned_channel, &message, 0, &request, NULL));
    assert_ptr_equal(request.body, message.body);
    assert_null(request.made_body);
    http_request_finish(&request);
    request.header_count = 7;
    message.body = "";
    struct error error;
    assert_false(channel_feishu.request(&unsigned_channel, &message, 0, &request, &error));
    assert_int_equal(request.header_count, 7);
}

static void members_are_open_ids(void **state)
{
    (void)state;
    static const char *const wrong[] = {"13900139000", "ou_", "ou_1></at><at id=all", "all",
                                        "ou_0123456789012345678901234567890123456789012345"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct problems problems = {0};
        AUTO_FREE char *text = mem_format("mention: ['ou_7', '%s']\n", wrong[i]);
        struct yaml_document *document = yaml_load_text(text, strlen(text), "d.yaml", &problems);
        struct robot_options read = {0};
        assert_false(channel_feishu.read(&read, yaml_root(document), &problems));
        assert_int_equal(problems.count, 1);
        assert_string_equal(problems.items[0].text,
                            "mention: expected a member's open id, which begins with ou_");
        assert_string_equal(read.mentions[0], "ou_7");
        problems_finish(&problems);
        yaml_destroy(document);
    }
}

static void replies_become_verdicts(void **state)
{
    (void)state;
    static const struct channel_case cases[] = {
        {HTTP_REPLIED, 200, -1,
         "{\"code\":0,\"msg\":\"success\",\"data\":{},\"Extra\":null,\"StatusCode\":0,"
         "\"StatusMessage\":\"success\"}",
         VERDICT_DELIVERED, 0, "HTTP 200: code 0, success"},
        {HTTP_REPLIED, 200, -1, "{\"Extra\":null,\"StatusCode\":0,\"StatusMessage\":\"success\"}",
         VERDICT_DELIVERED, 0, "StatusCode 0, success"},
        {HTTP_REPLIED, 200, -1,
         "{\"code\":11232,\"data\":{},\"msg\":\"frequency limited "
         "psm[lark.oapi.app_platform_runtime]appID[1500]\"}",
         VERDICT_THROTTLED, 60 * US_PER_S, "code 11232, frequency limited"},
        {HTTP_REPLIED, 200, -1, "{\"code\":9499,\"msg\":\"frequency limited psm\"}",
         VERDICT_THROTTLED, 60 * US_PER_S, ""},
        {HTTP_REPLIED, 200, -1,
         "{\"code\":19021,\"data\":{},\"msg\":\"sign match fail or timestamp is not within one "
         "hour from current time\"}",
         VERDICT_REJECTED, 0, "code 19021, sign match fail"},
        {HTTP_REPLIED, 200, -1, "{\"code\":19022,\"msg\":\"Ip Not Allowed\"}", VERDICT_REJECTED, 0,
         "Ip Not Allowed"},
        {HTTP_REPLIED, 200, -1, "{\"code\":19024,\"msg\":\"Key Words Not Found\"}",
         VERDICT_REJECTED, 0, "Key Words Not Found"},
        {HTTP_REPLIED, 400, -1,
         "{\"code\":19001,\"data\":{},\"msg\":\"param invalid: incoming webhook access token "
         "invalid\"}",
         VERDICT_REJECTED, 0, "HTTP 400: code 19001"},
        {HTTP_REPLIED, 200, -1, "{\"code\":19007}", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 400, -1, "{\"code\":9499,\"msg\":\"Bad Request\",\"data\":{}}",
         VERDICT_PERMANENT, 0, "code 9499, Bad Request"},
        {HTTP_REPLIED, 200, -1, "{\"code\":11246,\"msg\":\"parse card json error\"}",
         VERDICT_PERMANENT, 0, "parse card"},
        {HTTP_REPLIED, 200, -1, "{\"code\":1500,\"msg\":\"internal error\"}", VERDICT_TEMPORARY, 0,
         "internal error"},
        {HTTP_REPLIED, 200, -1, "{\"code\":null,\"StatusCode\":0}", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"msg\":\"success\"}", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 404, -1, "404 page not found", VERDICT_REJECTED, 0, "page not found"},
        {HTTP_REPLIED, 429, -1, "", VERDICT_THROTTLED, 0, "HTTP 429"},
        {HTTP_REPLIED, 500, -1, "", VERDICT_UNKNOWN, 0, ""},
        {HTTP_NOT_SENT, 0, -1, "", VERDICT_TEMPORARY, 0, "it broke"},
        {HTTP_TIMED_OUT, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
    };
    check_verdicts(&channel, cases, COUNT_OF(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warning_is_a_card_that_mentions_staff),
        cmocka_unit_test(good_news_mention_nobody),
        cmocka_unit_test(the_document_shows_what_is_sent),
        cmocka_unit_test(a_long_text_is_cut_at_a_character),
        cmocka_unit_test(a_request_is_signed_in_its_body),
        cmocka_unit_test(without_a_secret_the_body_is_the_messages),
        cmocka_unit_test(members_are_open_ids),
        cmocka_unit_test(replies_become_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
