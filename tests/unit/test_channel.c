/* The registry of channels, and what they have in common. */
#include "duban/channel.h"

#include "duban/channel_kannel.h"
#include "duban/channel_webhook.h"
#include "duban/mem.h"
#include "duban/outcome.h"
#include "duban/url.h"
#include "duban/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void types_are_found_by_name(void **state)
{
    (void)state;
    size_t count;
    const char *const *names = channel_type_names(&count);
    assert_int_equal(count, 10);
    for (size_t i = 0; i < count; i++) {
        const struct channel_type *type = channel_type_find(names[i]);
        assert_non_null(type);
        assert_string_equal(type->name, names[i]);
        assert_non_null(type->compose);
        assert_non_null(type->check_address);
    }
    assert_ptr_equal(channel_type_find("kannel"), &channel_kannel);
    assert_null(channel_type_find("pigeon"));
}

static void every_verdict_has_its_word(void **state)
{
    (void)state;
    for (int one = 0; one < VERDICTS; one++)
        for (int other = 0; other < VERDICTS; other++)
            assert_int_equal(strcmp(verdict_word(one), verdict_word(other)) == 0, one == other);
    assert_string_equal(verdict_word(VERDICT_UNKNOWN), "unknown");
}

static void endpoints_are_what_shares_its_fate(void **state)
{
    (void)state;
    struct channel channel = {.type = &channel_webhook};
    assert_string_equal(channel_endpoint(&channel, "https://a.example/b"), "https://a.example/b");
    channel.type = &channel_kannel;
    assert_string_equal(channel_endpoint(&channel, "13800138000"), "");
}

static void headers_cannot_break_out(void **state)
{
    (void)state;
    struct http_request request = {0};
    http_request_header(&request, "webhook-id", "a%sb", "\r\nX-Evil: 1");
    assert_int_equal(request.header_count, 1);
    assert_string_equal(request.headers[0].value, "a  X-Evil: 1b");
    http_request_finish(&request);
    assert_int_equal(request.header_count, 0);
}

static void urls_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *url, *why; /* NULL: fine */
    } cases[] = {
        {"https://hooks.example/duban?key=1&b=%20", NULL},
        {"http://127.0.0.1:8080", NULL},
        {"HTTPS://[::1]:8443/a@b", NULL},
        {"ftp://example.com/", "neither http:// nor https://"},
        {"hooks.example/duban", "neither"},
        {"file:///etc/passwd", "neither"},
        {"https://", "no host"},
        {"https:///path", "no host"},
        {"https://:8080/", "no host"},
        {"https://user:secret@example.com/", "user name or password"},
        {"https://example.com/#part", "fragment"},
        {"https://example.com/a b", "byte 22"},
        {"https://example.com/\r\nX: 1", "byte 21"},
        {"https://例子.example/", "byte 9"},
        {"https://good.example\\@evil.example/", "byte 21"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = {""};
        assert_int_equal(url_check(cases[i].url, &error), cases[i].why == NULL);
        assert_true(cases[i].why == NULL || strstr(error.text, cases[i].why));
        assert_null(strstr(error.text, "secret"));
    }
    AUTO_BUF url;
    buf_init(&url, HTTP_URL_BYTES);
    buf_text(&url, "http://a/");
    while (url.length < HTTP_URL_BYTES - 1)
        buf_char(&url, 'x');
    assert_true(url_check(buf_string(&url), NULL));
    buf_char(&url, 'x');
    assert_false(url_check(buf_string(&url), NULL));
}

static void texts_are_percent_encoded(void **state)
{
    (void)state;
    AUTO_BUF out;
    buf_init(&out, 100);
    url_encode(&out, "a-Z_0.~ +&=%督\xFF");
    assert_string_equal(buf_string(&out), "a-Z_0.~%20%2B%26%3D%25%E7%9D%A3%FF");
}

static const char *quoted(int status, const char *body)
{
    static struct outcome outcome;
    struct http_reply reply = {.status = status, .body = body, .body_length = strlen(body)};
    outcome_quote(&outcome, VERDICT_TEMPORARY, &reply);
    assert_int_equal(outcome.verdict, VERDICT_TEMPORARY);
    return outcome.detail;
}

static void replies_are_quoted_fit_to_show(void **state)
{
    (void)state;
    assert_string_equal(quoted(204, ""), "HTTP 204");
    assert_string_equal(quoted(204, " \r\n\r\n"), "HTTP 204");
    assert_string_equal(quoted(500, "\r\n oops\nmore"), "HTTP 500: oops");
    assert_string_equal(quoted(400, "no\tsuch\x1B[31m \xFF\x7F 13800138000"),
                        "HTTP 400: no such [31m \uFFFD  138****8000");
    AUTO_BUF body;
    buf_init(&body, 100000);
    for (int i = 0; i < 20000; i++)
        buf_text(&body, "督");
    const char *detail = quoted(200, buf_string(&body));
    assert_true(utf8_is_valid(detail, strlen(detail)));
    assert_string_equal(detail + strlen(detail) - 6, "督…");
    assert_true(strlen(detail) < 200);
}

static void long_sentences_are_cut_between_characters(void **state)
{
    (void)state;
    struct outcome outcome;
    char text[600] = "";
    for (int i = 0; i < 190; i++)
        strcat(text, "督");
    outcome_set(&outcome, VERDICT_UNKNOWN, "ab%s", text);
    assert_int_equal(strlen(outcome.detail), 2 + 65 * 3);
    assert_true(utf8_is_valid(outcome.detail, strlen(outcome.detail)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_found_by_name),
        cmocka_unit_test(every_verdict_has_its_word),
        cmocka_unit_test(endpoints_are_what_shares_its_fate),
        cmocka_unit_test(headers_cannot_break_out),
        cmocka_unit_test(urls_are_checked),
        cmocka_unit_test(texts_are_percent_encoded),
        cmocka_unit_test(replies_are_quoted_fit_to_show),
        cmocka_unit_test(long_sentences_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
