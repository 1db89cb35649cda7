/* Extensions: sorted lists, or the reason why not. */
#include "duban/extension.h"

#include "duban/buf.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Parses and writes down what was found: "value unit|clock|approver|reason|at" a line, or the
 * error. */
static void parsed(const char *json, const char *expected)
{
    struct extension list[EXTENSIONS_MOST];
    size_t count = 99;
    struct error error;
    AUTO_BUF out;
    buf_init(&out, 4096);
    if (extensions_parse(json, strlen(json), list, &count, &error)) {
        for (size_t i = 0; i < count; i++) {
            char at[INSTANT_TEXT_BYTES];
            buf_format(&out, "%d %s|%s|%s|%s|%s\n", list[i].more.value,
                       limit_unit_word(list[i].more.unit), list[i].clock, list[i].approver,
                       list[i].reason, instant_text(list[i].at, at));
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
    parsed(
        "[{\"value\":10,\"unit\":\"workday\",\"approver\":\"本机关负责人\",\"reason\":\"案情复杂\","
        "\"at\":\"2026-03-02T09:00:00+08:00\",\"clock\":\"completion\"}]",
        "10 workday|completion|本机关负责人|案情复杂|2026-03-02T01:00:00Z\n");
    parsed("[{\"value\":1,\"unit\":\"hour\"}]", "1 hour||||-\n");
    parsed("[{\"value\":100000,\"unit\":\"day\",\"approver\":null,\"reason\":null,\"at\":null,"
           "\"clock\":null}]",
           "100000 day||||-\n");
    parsed("[{\"value\":5.00,\"unit\":\"workhour\"}, {\"value\":2e1,\"unit\":\"day\"}]",
           "5 workhour||||-\n20 day||||-\n");
    parsed("[{\"value\":1,\"unit\":\"day\",\"at\":\"2026-03-03T01:00:00Z\"},"
           " {\"value\":2,\"unit\":\"day\",\"at\":\"2026-03-02T01:00:00Z\",\"reason\":\"a\"},"
           " {\"value\":3,\"unit\":\"day\",\"reason\":\"c\"},"
           " {\"value\":4,\"unit\":\"day\",\"at\":\"2026-03-02T01:00:00Z\",\"reason\":\"b\"},"
           " {\"value\":5,\"unit\":\"day\",\"reason\":\"d\"}]",
           "3 day|||c|-\n5 day|||d|-\n2 day|||a|2026-03-02T01:00:00Z\n"
           "4 day|||b|2026-03-02T01:00:00Z\n1 day||||2026-03-03T01:00:00Z\n");
}

static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    struct extension list[EXTENSIONS_MOST];
    size_t count;
    struct error error;
    AUTO_BUF json;
    buf_init(&json, 4096);
    buf_text(&json, "[{\"value\":1,\"unit\":\"day\"");
    static const char *const keys[] = {"clock", "approver", "reason"};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        buf_format(&json, ",\"%s\":\"x", keys[i]);
        for (int n = 0; n < 40; n++)
            buf_text(&json, "办");
        buf_text(&json, "\"");
    }
    buf_text(&json, "}]");
    assert_true(extensions_parse(buf_string(&json), json.length, list, &count, &error));
    assert_int_equal(strlen(list[0].clock), 22); /* x and seven characters: one more is 25 */
    assert_int_equal(strlen(list[0].approver), 61);
    assert_int_equal(strlen(list[0].reason), 94);
    assert_string_equal(list[0].clock, "x办办办办办办办");
}

#define VALUE "'value' is not a whole number from 1 to 100000"

static void broken_lists_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"[", "extensions: not valid JSON: ']' expected near end of file"},
        {"[] []", "extensions: not valid JSON: end of file expected near '['"},
        {"{}", "extensions: not a JSON array"},
        {"null", "extensions: not a JSON array"},
        {"\"10\"", "extensions: not a JSON array"},
        {"[10]", "extensions: number 1: not an object with value, unit, approver, reason, at and "
                 "clock"},
        {"[{\"value\":1,\"unit\":\"day\",\"by\":\"x\"}]",
         "extensions: number 1: unknown key 'by'; expected value, unit, approver, reason, at and "
         "clock"},
        {"[{\"value\":1,\"value\":2,\"unit\":\"day\"}]",
         "extensions: not valid JSON: duplicate object key near '\"value\"'"},
        {"[{\"unit\":\"day\"}]", "extensions: number 1: " VALUE},
        {"[{\"value\":null,\"unit\":\"day\"}]", "extensions: number 1: " VALUE},
        {"[{\"value\":\"10\",\"unit\":\"day\"}]", "extensions: number 1: " VALUE},
        {"[{\"value\":true,\"unit\":\"day\"}]", "extensions: number 1: " VALUE},
        {"[{\"value\":0,\"unit\":\"day\"}]", "extensions: number 1: " VALUE},
        {"[{\"value\":-3,\"unit\":\"day\"}]", "extensions: number 1: " VALUE},
        {"[{\"value\":1.5,\"unit\":\"day\"}]", "extensions: number 1: " VALUE},
        {"[{\"value\":100001,\"unit\":\"day\"}]", "extensions: number 1: " VALUE},
        {"[{\"value\":99999999999999999999,\"unit\":\"day\"}]", "extensions: number 1: " VALUE},
        {"[{\"value\":1e400,\"unit\":\"day\"}]",
         "extensions: not valid JSON: real number overflow near '1e400'"},
        {"[{\"value\":1}]", "extensions: number 1: unknown unit ''; expected workday, day, "
                            "workhour or hour"},
        {"[{\"value\":1,\"unit\":7}]", "extensions: number 1: 'unit' is not a text"},
        {"[{\"value\":1,\"unit\":\"day\"},{\"value\":1,\"unit\":\"工作日\"}]",
         "extensions: number 2: unknown unit '工作日'; expected workday, day, workhour or hour"},
        {"[{\"value\":1,\"unit\":\"workdays of the calendar\"}]",
         "extensions: number 1: unknown unit 'workdays of the cale'; expected workday, day, "
         "workhour or hour"},
        {"[{\"value\":1,\"unit\":\"day\",\"approver\":{}}]",
         "extensions: number 1: 'approver' is not a text"},
        {"[{\"value\":1,\"unit\":\"day\",\"reason\":[]}]",
         "extensions: number 1: 'reason' is not a text"},
        {"[{\"value\":1,\"unit\":\"day\",\"clock\":1}]",
         "extensions: number 1: 'clock' is not a text"},
        {"[{\"value\":1,\"unit\":\"day\",\"at\":1767225600}]",
         "extensions: number 1: 'at' is not a text; expected an instant"},
        {"[{\"value\":1,\"unit\":\"day\",\"at\":\"2026-03-02T09:00:00\"}]",
         "extensions: number 1: 'at': '2026-03-02T09:00:00' is not an instant; expected "
         "2026-01-31T09:00:00+08:00"},
        {"[{\"value\":1,\"unit\":\"day\",\"at\":\"infinity\"}]",
         "extensions: number 1: 'at': 'infinity' is not an instant; expected "
         "2026-01-31T09:00:00+08:00"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        parsed(cases[i][0], cases[i][1]);
}

static void number_and_length_are_bounded(void **state)
{
    (void)state;
    struct extension list[EXTENSIONS_MOST];
    struct error error = {""};
    for (size_t count = EXTENSIONS_MOST; count <= EXTENSIONS_MOST + 1; count++) {
        AUTO_BUF json;
        buf_init(&json, 4096);
        for (size_t i = 0; i < count; i++)
            buf_format(&json, "%c{\"value\":1,\"unit\":\"day\"}", i ? ',' : '[');
        buf_text(&json, "]");
        size_t found = 99;
        bool read = extensions_parse(buf_string(&json), json.length, list, &found, &error);
        assert_int_equal(read, count == EXTENSIONS_MOST);
        assert_int_equal(found, read ? EXTENSIONS_MOST : 99);
    }
    assert_string_equal(error.text, "extensions: 9 in one case; expected 8 at most");

    AUTO_BUF blank;
    buf_init(&blank, 1 << 17);
    for (int i = 0; i < 65535; i++)
        buf_char(&blank, ' ');
    buf_text(&blank, "[]");
    size_t found = 99;
    assert_false(extensions_parse(buf_string(&blank), blank.length, list, &found, &error));
    assert_string_equal(error.text, "extensions: longer than 64 KiB");
    assert_true(extensions_parse(buf_string(&blank) + 1, blank.length - 1, list, &found, &error));
    assert_int_equal(found, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read_and_sorted),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(broken_lists_are_refused),
        cmocka_unit_test(number_and_length_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
