/* How long a text is as a short message. */
#include "duban/sms_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* `text` so many times, then `tail`. */
static const char *repeat(const char *text, size_t count, const char *tail)
{
    static char out[4096];
    out[0] = '\0';
    while (count--)
        strcat(out, text);
    return strcat(out, tail);
}

static void units_are_those_of_utf16(void **state)
{
    (void)state;
    assert_int_equal(sms_units(""), 0);
    assert_int_equal(sms_units("duban"), 5);
    assert_int_equal(sms_units("督办…"), 3);
    assert_int_equal(sms_units("𠮷野家"), 4); /* beyond U+FFFF: two */
    assert_int_equal(sms_units("\xFF"), 1);
}

static void assert_size(struct sms_size size, size_t units, size_t segments)
{
    assert_int_equal(size.units, units);
    assert_int_equal(size.segments, segments);
}

static void long_texts_are_split(void **state)
{
    (void)state;
    assert_size(sms_measure(""), 0, 0);
    assert_size(sms_measure(repeat("督", 70, "")), 70, 1);
    assert_size(sms_measure(repeat("督", 71, "")), 71, 2);
    assert_size(sms_measure(repeat("督", 134, "")), 134, 2);
    assert_size(sms_measure(repeat("督", 135, "")), 135, 3);
    assert_size(sms_measure(repeat("督", 69, "a")), 70, 1);
}

static void pairs_are_not_torn(void **state)
{
    (void)state;
    assert_size(sms_measure(repeat("𠮷", 35, "")), 70, 1);
    /* 33 pairs fill 66 of the 67 units of a part. */
    assert_size(sms_measure(repeat("𠮷", 66, "")), 132, 2);
    assert_size(sms_measure(repeat("𠮷", 67, "")), 134, 3);
}

static void the_gsm_alphabet_is_known(void **state)
{
    (void)state;
    assert_true(sms_is_gsm7("Case 12 @ £5: ÄÖÜ äöüß è Ω\r\n"));
    assert_true(sms_is_gsm7("{[~^|\\]} 5 €"));
    assert_false(sms_is_gsm7("督"));
    assert_false(sms_is_gsm7("ç"));
    assert_false(sms_is_gsm7("`"));
}

static void extension_characters_count_two(void **state)
{
    (void)state;
    assert_size(sms_measure_gsm7("a€b"), 4, 1);
    assert_size(sms_measure_gsm7(repeat("a", 160, "")), 160, 1);
    assert_size(sms_measure_gsm7(repeat("a", 159, "€")), 161, 2);
    assert_size(sms_measure_gsm7(repeat("a", 306, "")), 306, 2);
    assert_size(sms_measure_gsm7(repeat("a", 307, "")), 307, 3);
    /* 76 of them fill 152 of the 153 septets of a part. */
    assert_size(sms_measure_gsm7(repeat("€", 153, "")), 306, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_those_of_utf16),
        cmocka_unit_test(long_texts_are_split),
        cmocka_unit_test(pairs_are_not_torn),
        cmocka_unit_test(the_gsm_alphabet_is_known),
        cmocka_unit_test(extension_characters_count_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
