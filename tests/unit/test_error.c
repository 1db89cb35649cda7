/* Errors: sentences that are UTF-8 and never too long. */
#include "duban/error.h"

#include "duban/mem.h"
#include "duban/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_sentence_and_what_it_is_about(void **state)
{
    (void)state;
    struct error error;
    assert_false(error_set(&error, "%d of %s", 3, "七件"));
    assert_string_equal(error.text, "3 of 七件");
    assert_false(error_prefix(&error, "row %d", 7));
    assert_string_equal(error.text, "row 7: 3 of 七件");
    assert_false(error_set(NULL, "nobody wants it"));
    assert_false(error_prefix(NULL, "nobody"));
}

/* A precision counts bytes: it may cut a character, and the sentence goes into a database. */
static void half_characters_are_dropped(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        int bytes;
        const char *expected;
    } cases[] = {
        {"工作日", 9, "'工作日'"},   {"工作日", 8, "'工作'"},
        {"工作日", 7, "'工作'"},     {"工作日", 1, "''"},
        {"a\xFFz", 3, "'az'"},       {"\xE5\xB7", 2, "''"},
        {"\xED\xA0\x80z", 4, "'z'"}, {"\xEF\xBF\xBD", 3, "'\xEF\xBF\xBD'"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error;
        error_set(&error, "'%.*s'", cases[i].bytes, cases[i].word);
        assert_string_equal(error.text, cases[i].expected);
    }
}

static void a_long_sentence_is_cut_between_characters(void **state)
{
    (void)state;
    char word[3 * ERROR_TEXT_BYTES + 1];
    for (size_t i = 0; i + 1 < sizeof word; i += 3)
        memcpy(word + i, "办", 3);
    word[sizeof word - 1] = '\0';
    for (int shift = 0; shift < 3; shift++) {
        struct error error;
        error_set(&error, "%.*s%s", shift, "xyz", word);
        assert_true(utf8_is_valid(error.text, strlen(error.text)));
        assert_in_range(strlen(error.text), ERROR_TEXT_BYTES - 3, ERROR_TEXT_BYTES - 1);
        error_prefix(&error, "%s", "第一行");
        assert_true(utf8_is_valid(error.text, strlen(error.text)));
        error_prefix(&error, "%s", word);
        assert_true(utf8_is_valid(error.text, strlen(error.text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentence_and_what_it_is_about),
        cmocka_unit_test(half_characters_are_dropped),
        cmocka_unit_test(a_long_sentence_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
