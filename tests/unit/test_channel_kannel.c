/* Short messages through Kannel: requests and verdicts. */
#include "duban/channel_kannel.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "channel_case.h"

static char password[] = "p&ss";
static struct kannel_options options = {
    .url = "http://127.0.0.1:13013/cgi-bin/sendsms", .username = "duban", .password = password};
static const struct channel channel = {.name = "sms", .type = &channel_kannel, .options = &options};

static struct message message_of(const char *address, const char *text)
{
    return (struct message){
        .id = "m 1", .address = address, .body = text, .body_length = strlen(text), .attempt = 1};
}

static void a_text_is_sent_as_ucs2_on_a_fresh_connection(void **state)
{
    (void)state;
    struct http_request request;
    struct message message = message_of("+86 138 0013 8000", "督办: 50%+1");
    assert_true(channel_kannel.request(&channel, &message, 0, &request, NULL));
    assert_string_equal(request.method, "GET");
    assert_string_equal(request.url, "http://127.0.0.1:13013/cgi-bin/sendsms?charset=UTF-8&coding=2"
                                     "&username=duban&password=p%26ss&to=13800138000"
                                     "&text=%E7%9D%A3%E5%8A%9E%3A%2050%25%2B1");
    assert_true(request.fresh_connection);
    assert_null(request.body);
    assert_int_equal(request.header_count, 0);
    http_request_finish(&request);
}

static void reports_are_asked_for_with_the_messages_id(void **state)
{
    (void)state;
    struct kannel_options full = options;
    full.from = "10690";
    full.dlr_mask = 19;
    full.dlr_url = "http://127.0.0.1:9/dlr/{secret}?id={id}&rep=%d&again={id}{";
    struct channel with_reports = channel;
    with_reports.options = &full;
    char secret[] = "Kq3_0-9f";
    with_reports.receipt_path = secret;
    struct http_request request;
    struct message message = message_of("+85261234567", "a");
    assert_true(channel_kannel.request(&with_reports, &message, 0, &request, NULL));
    assert_string_equal(request.url,
                        "http://127.0.0.1:13013/cgi-bin/sendsms?charset=UTF-8&coding=2"
                        "&username=duban&password=p%26ss&from=10690&to=%2B85261234567&text=a"
                        "&dlr-mask=19&dlr-url=http%3A%2F%2F127.0.0.1%3A9%2Fdlr%2FKq3_0-9f"
                        "%3Fid%3Dm%25201%26rep%3D%25d%26again%3Dm%25201%7B");
    http_request_finish(&request);
}

static void what_kannel_would_lose_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *address, *text, *why;
    } cases[] = {
        {"13800138000", "", "the text is empty"},
        {"13800138000", " \n", "the text is empty"},
        {"13800138000", "\xFF", "not UTF-8"},
        {"0795-6428888", "督办", "landline"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_request request = {.header_count = 7};
        struct message message = message_of(cases[i].address, cases[i].text);
        struct error error;
        assert_false(channel_kannel.request(&channel, &message, 0, &request, &error));
        assert_non_null(strstr(error.text, cases[i].why));
        assert_int_equal(request.header_count, 7);
    }
    AUTO_BUF text;
    buf_init(&text, 4096);
    for (int i = 0; i < 500; i++)
        buf_text(&text, "督");
    struct http_request request = {.header_count = 7};
    struct message message = message_of("13800138000", buf_string(&text));
    struct error error;
    assert_false(channel_kannel.request(&channel, &message, 0, &request, &error));
    assert_string_equal(error.text, "the text is too long for one request (500 units)");
    assert_int_equal(request.header_count, 7);
}

static void settings_that_make_no_sense_are_problems(void **state)
{
    (void)state;
    struct problems problems = {0};
    struct yaml_document *document = yaml_load_text("sms:\n  a: 1\n", 12, "d.yaml", &problems);
    const struct yaml_node *node = yaml_get(yaml_root(document), "sms");
    assert_true(channel_kannel.check(&options, node, &problems));
    static const struct {
        struct kannel_options options;
        const char *problem;
    } cases[] = {
        {{.url = "kannel"}, "url: the URL begins with neither http:// nor https://"},
        {{.url = "http://a/?b"}, "url: expected no query (?…), duban adds its own"},
        {{.url = "http://a/", .dlr_mask = 1}, "dlr_mask and dlr_url are only useful together"},
        {{.url = "http://a/", .dlr_mask = 1, .dlr_url = "http://a/?id=%d"},
         "dlr_url lacks {id}, so that no report would find its message"},
        {{.url = "http://a/", .dlr_mask = 1, .dlr_url = "a/{id}"},
         "dlr_url begins with neither http:// nor https://"},
        {{.url = "http://a/", .dlr_mask = 1, .dlr_url = "http://a/{secret}?id={id}"},
         "dlr_url has {secret}, and there is no receipt_path_file"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct problems found = {0};
        assert_false(channel_kannel.check(&cases[i].options, node, &found));
        assert_int_equal(found.count, 1);
        assert_string_equal(found.items[0].text, cases[i].problem);
        assert_int_equal(found.items[0].line, 2);
        problems_finish(&found);
    }
    problems_finish(&problems);
    yaml_destroy(document);
}

static void replies_become_verdicts(void **state)
{
    (void)state;
    static const struct channel_case cases[] = {
        {HTTP_REPLIED, 202, -1, "0: Accepted for delivery", VERDICT_ACCEPTED, 0, "Accepted"},
        {HTTP_REPLIED, 202, -1, "3: Queued for later delivery", VERDICT_ACCEPTED, 0, "Queued"},
        {HTTP_REPLIED, 202, -1, "", VERDICT_UNKNOWN, 0, "HTTP 202"},
        {HTTP_REPLIED, 200, -1, "<html>login</html>", VERDICT_UNKNOWN, 0, "login"},
        {HTTP_REPLIED, 403, -1, "Authorization failed for sendsms", VERDICT_REJECTED, 0,
         "Authorization"},
        {HTTP_REPLIED, 401, -1, "", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 404, -1, "", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 302, -1, "", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 400, -1, "Missing receiver number, rejected", VERDICT_PERMANENT, 0,
         "Missing receiver"},
        {HTTP_REPLIED, 400, -1, "Number(s) has/have been denied by white- and/or black-lists.",
         VERDICT_PERMANENT, 0, "denied"},
        {HTTP_REPLIED, 400, -1, "Sender missing and no global set, rejected", VERDICT_REJECTED, 0,
         "Sender missing"},
        {HTTP_REPLIED, 400, -1, "Invalid content-type", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 414, -1, "", VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 408, -1, "", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 429, 10, "", VERDICT_THROTTLED, 10 * US_PER_S, ""},
        {HTTP_REPLIED, 503, -1, "Temporal failure, try again later.", VERDICT_TEMPORARY, 0,
         "Temporal"},
        {HTTP_REPLIED, 503, 60, "", VERDICT_THROTTLED, 60 * US_PER_S, ""},
        {HTTP_REPLIED, 500, -1, "", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 502, -1, "", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 0, -1, "", VERDICT_UNKNOWN, 0, ""},
        {HTTP_NOT_SENT, 0, -1, "", VERDICT_TEMPORARY, 0, "it broke"},
        {HTTP_INTERRUPTED, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
        {HTTP_TIMED_OUT, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
        {HTTP_TOO_LARGE, 202, -1, "0: Accepted", VERDICT_UNKNOWN, 0, "it broke"},
    };
    check_verdicts(&channel, cases, COUNT_OF(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_sent_as_ucs2_on_a_fresh_connection),
        cmocka_unit_test(reports_are_asked_for_with_the_messages_id),
        cmocka_unit_test(what_kannel_would_lose_is_refused),
        cmocka_unit_test(settings_that_make_no_sense_are_problems),
        cmocka_unit_test(replies_become_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
