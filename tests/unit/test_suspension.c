/* Suspensions: sorted lists, or the reason why not. */
#include "duban/suspension.h"

#include "duban/buf.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Parses and writes down what was found: "reason from to" a line, or the error. */
static void parsed(const char *json, const char *expected)
{
    struct suspension list[SUSPENSIONS_MOST];
    size_t count = 99;
    struct error error;
    AUTO_BUF out;
    buf_init(&out, 4096);
    if (suspensions_parse(json, strlen(json), list, &count, &error)) {
        for (size_t i = 0; i < count; i++) {
            char from[INSTANT_TEXT_BYTES], to[INSTANT_TEXT_BYTES];
            buf_format(&out, "%s %s %s\n", list[i].reason, instant_text(list[i].from, from),
                       instant_text(list[i].to, to));
        }
    } else {
        assert_int_equal(count, 99);
        buf_text(&out, error.text);
    }
    assert_string_equal(buf_string(&out), expected);
}

static void lists_are_read_and_sorted(void **state)
{
    (void)state;
    parsed("", "");
    parsed("[]", "");
    parsed("[{\"reason\":\"supplement\",\"from\":\"2026-03-02T09:00:00+08:00\"}]",
           "supplement 2026-03-02T01:00:00Z -\n");
    parsed("[{\"from\":\"2026-03-05T01:00:00Z\",\"to\":null},"
           " {\"reason\":null,\"from\":\"2026-03-02T01:00:00Z\",\"to\":\"2026-03-05T01:00:00Z\"}]",
           " 2026-03-02T01:00:00Z 2026-03-05T01:00:00Z\n 2026-03-05T01:00:00Z -\n");
    parsed("[{\"from\":\"2026-03-02T01:00:00Z\",\"to\":null},"
           " {\"from\":\"2026-03-02T01:00:00Z\",\"to\":\"2026-03-02T01:00:00Z\"}]",
           " 2026-03-02T01:00:00Z 2026-03-02T01:00:00Z\n 2026-03-02T01:00:00Z -\n");
}

static void a_long_reason_is_cut_between_characters(void **state)
{
    (void)state;
    parsed("[{\"reason\":\"补充材料补充材料补充材料\",\"from\":\"2026-03-02T01:00:00Z\"}]",
           "补充材料补充材料补充 2026-03-02T01:00:00Z -\n");
}

static void broken_lists_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"[", "suspensions: not valid JSON: ']' expected near end of file"},
        {"{}", "suspensions: not a JSON array"},
        {"null", "suspensions: not a JSON array"},
        {"[1]", "suspensions: number 1: not an object with reason, from and to"},
        {"[{\"reason\":\"hearing\"}]",
         "suspensions: number 1: 'from' is missing; expected an instant"},
        {"[{\"from\":7}]", "suspensions: number 1: 'from' is not a text; expected an instant"},
        {"[{\"from\":\"2026-03-02T01:00:00Z\",\"till\":\"2026-03-03T01:00:00Z\"}]",
         "suspensions: number 1: unknown key 'till'; expected reason, from and to"},
        {"[{\"from\":\"2026-03-02T01:00:00Z\",\"reason\":1}]",
         "suspensions: number 1: 'reason' is not a text"},
        {"[{\"from\":\"2026-03-02\"}]",
         "suspensions: number 1: 'from': '2026-03-02' is not an instant; expected "
         "2026-01-31T09:00:00+08:00"},
        {"[{\"from\":\"2026-03-02T01:00:00Z\",\"to\":\"2026-03-01T01:00:00Z\"}]",
         "suspensions: number 1: it ends before it begins"},
        {"[{\"from\":\"2026-03-02T01:00:00Z\",\"to\":\"2026-03-04T01:00:00Z\"},"
         " {\"from\":\"2026-03-03T01:00:00Z\",\"to\":null}]",
         "suspensions: the one from 2026-03-03T01:00:00Z begins before the one before it has "
         "ended"},
        {"[{\"from\":\"2026-03-02T01:00:00Z\"},{\"from\":\"2026-03-03T01:00:00Z\"}]",
         "suspensions: the one from 2026-03-02T01:00:00Z is still open, but is not the last"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        parsed(cases[i][0], cases[i][1]);
}

static void the_number_is_bounded(void **state)
{
    (void)state;
    for (int count = SUSPENSIONS_MOST; count <= SUSPENSIONS_MOST + 1; count++) {
        AUTO_BUF json;
        buf_init(&json, 1 << 16);
        for (int i = 0; i < count; i++)
            buf_format(
                &json,
                "%c{\"from\":\"2026-03-02T01:%02d:%02dZ\",\"to\":\"2026-03-02T01:%02d:%02dZ\"}",
                i ? ',' : '[', i / 60, i % 60, i / 60, i % 60);
        buf_text(&json, "]");
        struct suspension list[SUSPENSIONS_MOST];
        size_t found = 0;
        struct error error = {""};
        bool read = suspensions_parse(buf_string(&json), json.length, list, &found, &error);
        assert_int_equal(read, count == SUSPENSIONS_MOST);
        assert_int_equal(found, read ? SUSPENSIONS_MOST : 0);
        assert_string_equal(error.text,
                            read ? "" : "suspensions: 65 in one case; expected 64 at most");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read_and_sorted),
        cmocka_unit_test(a_long_reason_is_cut_between_characters),
        cmocka_unit_test(broken_lists_are_refused),
        cmocka_unit_test(the_number_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
