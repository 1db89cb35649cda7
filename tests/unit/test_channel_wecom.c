/* WeCom's group robots: bodies, requests and verdicts. */
#include "duban/channel_wecom.h"

#include "duban/robot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "channel_case.h"
#include "robot_case.h"

static char url[] = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=K";
static struct robot_options plain = {.url = url, .title = "督办"};
static const struct channel channel = {.name = "group", .type = &channel_wecom, .options = &plain};

static struct robot_options mentioning = {
    .url = url, .title = "督办", .mention_count = 1, .mentions = {"13900139000"}};
static const struct channel mentioning_channel = {
    .name = "group", .type = &channel_wecom, .options = &mentioning};

static void a_warning_is_markdown(void **state)
{
    (void)state;
    char *body =
        robot_body(&channel, &robot_situations[2], "{item}：{remaining}\n{case_no}", LOCALE_ZH_CN);
    assert_string_equal(body, "{\"msgtype\":\"markdown\",\"markdown\":{\"content\":"
                              "\"**<font color=\\\"warning\\\">督办：红牌</font>**\\n"
                              "食品经营许可证核发：已超期2个工作日\\nFC202611160083\"}}");
    free(body);
}

static void a_warning_that_mentions_is_text(void **state)
{
    (void)state;
    char *body = robot_body(&mentioning_channel, &robot_situations[0], "<{case_no}>", LOCALE_ZH_CN);
    assert_string_equal(body, "{\"msgtype\":\"text\",\"text\":{\"content\":"
                              "\"督办：黄牌\\n<FC202611160083>\","
                              "\"mentioned_mobile_list\":[\"13900139000\"]}}");
    free(body);
    body = robot_body(&mentioning_channel, &robot_situations[6], "{case_no}", LOCALE_ZH_CN);
    assert_string_equal(body, "{\"msgtype\":\"markdown\",\"markdown\":{\"content\":"
                              "\"**<font color=\\\"info\\\">督办：预警解除</font>**\\n"
                              "FC202611160083\"}}");
    free(body);
}

static void the_document_shows_what_is_sent(void **state)
{
    (void)state;
    char *body = robot_body(&channel, &robot_situations[2], NULL, LOCALE_ZH_CN);
    assert_documented("robot-wecom.md", body);
    free(body);
}

static void names_have_no_effect(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    facts.item_name = "<@all>[x](http://e)";
    char *body = robot_body_of(&channel, &notice, "{item}", LOCALE_ZH_CN);
    assert_non_null(strstr(body, "\\n＜@all＞［x］(http://e)\""));
    free(body);
}

/* The provider counts bytes of the content, and refuses one too many. */
static void a_long_text_is_cut_to_what_may_be_sent(void **state)
{
    (void)state;
    char *text = robot_long_text(4000);
    char *body = robot_body(&channel, &robot_situations[0], text, LOCALE_ZH_CN);
    json_t *json = robot_json(body);
    const char *content;
    assert_int_equal(json_unpack(json, "{s:{s:s}}", "markdown", "content", &content), 0);
    assert_in_range(strlen(content), 3990, 4096);
    assert_string_equal(content + strlen(content) - strlen("督督…"), "督督…");
    json_decref(json);
    free(body);
    body = robot_body(&mentioning_channel, &robot_situations[0], text, LOCALE_ZH_CN);
    json = robot_json(body);
    assert_int_equal(json_unpack(json, "{s:{s:s}}", "text", "content", &content), 0);
    assert_in_range(strlen(content), 2030, 2048);
    assert_string_equal(content + strlen(content) - strlen("督督…"), "督督…");
    json_decref(json);
    free(body);
    free(text);
}

static void the_url_is_all_of_the_request(void **state)
{
    (void)state;
    const struct message message = {
        .id = "m1", .address = "on", .body = "{}", .body_length = 2, .attempt = 1};
    struct http_request request;
    assert_true(channel_wecom.request(&channel, &message, 0, &request, NULL));
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, url);
    assert_ptr_equal(request.body, message.body);
    assert_int_equal(request.body_length, 2);
    assert_true(request.fresh_connection);
    http_request_finish(&request);
}

static void replies_become_verdicts(void **state)
{
    (void)state;
    static const struct channel_case cases[] = {
        {HTTP_REPLIED, 200, -1, "{\"errcode\":0,\"errmsg\":\"ok\"}", VERDICT_DELIVERED, 0,
         "HTTP 200: errcode 0, ok"},
        {HTTP_REPLIED, 200, -1,
         "{\"errcode\":45009,\"errmsg\":\"api freq out of limit, hint: [1773643642077182456917975],"
         " from ip: 192.0.2.1, more info at "
         "https://open.work.weixin.qq.com/devtool/query?e=45009\"}",
         VERDICT_THROTTLED, 60 * US_PER_S, "api freq out of limit"},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":45033}", VERDICT_THROTTLED, 60 * US_PER_S, ""},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":93000,\"errmsg\":\"invalid webhook url, hint: [1]\"}",
         VERDICT_REJECTED, 0, "errcode 93000, invalid webhook url"},
        {HTTP_REPLIED, 403, -1, "{\"errcode\":93000,\"errmsg\":\"invalid webhook url\"}",
         VERDICT_REJECTED, 0, "HTTP 403: errcode 93000"},
        {HTTP_REPLIED, 200, -1,
         "{\"errcode\":93000,\"errmsg\":\"Invalid input : content exceed max length.\"}",
         VERDICT_PERMANENT, 0, "exceed max length"},
        {HTTP_REPLIED, 200, -1,
         "{\"errcode\":40058,\"errmsg\":\"markdown.content exceed max length 4096\"}",
         VERDICT_PERMANENT, 0, "4096"},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":40058,\"errmsg\":\"invalid Request Parameter\"}",
         VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":93004}", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":93008}", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":60020}", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":47001}", VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"errcode\":-1,\"errmsg\":\"system busy\"}", VERDICT_TEMPORARY, 0,
         "system busy"},
        {HTTP_REPLIED, 200, -1, "{}", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 504, -1, "", VERDICT_UNKNOWN, 0, "HTTP 504"},
        {HTTP_NOT_SENT, 0, -1, "", VERDICT_TEMPORARY, 0, "it broke"},
        {HTTP_TIMED_OUT, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
    };
    check_verdicts(&channel, cases, COUNT_OF(cases));
    assert_int_equal(scope_of(&channel, 200, "{\"errcode\":45009}"), THROTTLE_ENDPOINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warning_is_markdown),
        cmocka_unit_test(a_warning_that_mentions_is_text),
        cmocka_unit_test(the_document_shows_what_is_sent),
        cmocka_unit_test(names_have_no_effect),
        cmocka_unit_test(a_long_text_is_cut_to_what_may_be_sent),
        cmocka_unit_test(the_url_is_all_of_the_request),
        cmocka_unit_test(replies_become_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
