/* Cookies of a request. */
#include "duban/cookie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_cookie_is_found(void **state)
{
    (void)state;
    char value[8];
    assert_true(cookie_read("a=1; session=abc;b=2", "session", value, sizeof value));
    assert_string_equal(value, "abc");
    assert_true(cookie_read("session=1; session=2", "session", value, sizeof value));
    assert_string_equal(value, "1");
    assert_true(cookie_read(" ; ;session= ;", "session", value, sizeof value));
    assert_string_equal(value, "");
    assert_true(cookie_read("session=a=b", "session", value, sizeof value));
    assert_string_equal(value, "a=b");
}

static void others_are_not(void **state)
{
    (void)state;
    char value[8];
    assert_false(cookie_read(NULL, "session", value, sizeof value));
    assert_false(cookie_read("", "session", value, sizeof value));
    assert_false(cookie_read("xsession=1; sessio=2; session", "session", value, sizeof value));
    assert_true(cookie_read("session=1234567", "session", value, sizeof value));
    assert_false(cookie_read("session=12345678", "session", value, sizeof value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_is_found),
        cmocka_unit_test(others_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
