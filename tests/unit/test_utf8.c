/* UTF-8, character by character. */
#include "duban/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void well_formed_text_is_valid(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "duban", "督办", "é€𠮷\U0010FFFF", "\xED\x9F\xBF"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_true(utf8_is_valid(texts[i], strlen(texts[i])));
    assert_true(utf8_is_valid("a\0b", 3));
}

static void broken_text_is_not(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\x80",             /* continuation without a beginning */
        "\xC0\x80",         /* overlong NUL */
        "\xC1\xBF",         /* overlong */
        "\xE0\x80\xAF",     /* overlong */
        "\xF0\x80\x80\xAF", /* overlong */
        "\xED\xA0\x80",     /* surrogate */
        "\xF4\x90\x80\x80", /* above U+10FFFF */
        "\xF5\x80\x80\x80", /* never */
        "\xE7\x9D",         /* cut */
        "a\xFF",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(utf8_is_valid(texts[i], strlen(texts[i])));
    assert_false(utf8_is_valid("督", 2));
}

static void a_text_is_walked_even_if_broken(void **state)
{
    (void)state;
    const char *text = "a督\xFF𠮷\xE7\x9D";
    static const uint32_t expected[] = {'a', 0x7763, 0xFFFD, 0x20BB7, 0xFFFD, 0xFFFD, 0, 0};
    const char *at = text;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(utf8_read(&at), expected[i]);
    assert_ptr_equal(at, text + strlen(text));
    assert_int_equal(utf8_length(text), 6);
}

static void texts_are_cut_between_characters(void **state)
{
    (void)state;
    assert_int_equal(utf8_prefix("督办系统", 2), 6);
    assert_int_equal(utf8_prefix("督办", 9), 6);
    assert_int_equal(utf8_prefix("督办", 0), 0);
    assert_int_equal(utf8_cut("督办", 6), 6);
    assert_int_equal(utf8_cut("督办", 5), 3);
    assert_int_equal(utf8_cut("督办", 2), 0);
    assert_int_equal(utf8_cut("a督", 100), 4);
}

static void broken_bytes_are_replaced(void **state)
{
    (void)state;
    AUTO_BUF out;
    buf_init(&out, 100);
    utf8_add(&out, "督\xFF办\xE7");
    assert_string_equal(buf_string(&out), "督\uFFFD办\uFFFD");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_text_is_valid),
        cmocka_unit_test(broken_text_is_not),
        cmocka_unit_test(a_text_is_walked_even_if_broken),
        cmocka_unit_test(texts_are_cut_between_characters),
        cmocka_unit_test(broken_bytes_are_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
