/* Forms and queries as browsers send them, and as they don't. */
#include "duban/buf.h"
#include "duban/form.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool reads(const char *text)
{
    AUTO_FORM form;
    return form_read(&form, text, strlen(text), NULL);
}

static void fields_are_decoded(void **state)
{
    (void)state;
    static const char text[] = "q=%E9%BB%84%20+1&level=red&&empty=&alone&x=a=b";
    AUTO_FORM form;
    assert_true(form_read(&form, text, strlen(text), NULL));
    assert_int_equal(form.count, 5);
    assert_string_equal(form_value(&form, "q"), "黄  1");
    assert_string_equal(form_value(&form, "level"), "red");
    assert_null(form_value(&form, "empty"));
    assert_null(form_value(&form, "alone"));
    assert_null(form_value(&form, "none"));
    assert_string_equal(form_value(&form, "x"), "a=b");
}

static void what_is_no_text_is_refused(void **state)
{
    (void)state;
    assert_true(reads(""));
    assert_true(reads("%zz=1")); /* a broken escape stays as it is */
    assert_false(reads("a=1&a=2"));
    assert_false(reads("a=%ff"));
    assert_false(reads("a=%0d%0aX: y"));
    assert_false(reads("%c0%ae=1"));
    assert_true(reads("a=%00")); /* a space */
}

static void many_fields_are_refused(void **state)
{
    (void)state;
    AUTO_BUF text;
    buf_init(&text, 4096);
    for (int i = 0; i < FORM_FIELDS_MOST; i++)
        buf_format(&text, "a%d=1&", i);
    assert_true(reads(buf_string(&text)));
    buf_text(&text, "more=1");
    assert_false(reads(buf_string(&text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_decoded),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(many_fields_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
