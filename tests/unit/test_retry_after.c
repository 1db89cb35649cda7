/* The Retry-After header of HTTP. */
#include "duban/retry_after.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void both_forms_are_read(void **state)
{
    (void)state;
    wall_us now;
    assert_true(instant_parse("2026-11-25T09:00:00.9Z", &now, NULL));
    static const struct {
        const char *value;
        int64_t seconds;
    } cases[] = {
        {"0", 0},
        {"120", 120},
        {" 120 ", 120},
        {"86400", 86400},
        {"86401", 86400},
        {"99999999999999999999999", 86400},
        {"Wed, 25 Nov 2026 09:02:00 GMT", 120},
        {"Wednesday, 25-Nov-26 09:02:00 GMT", 120},
        {"Wed Nov 25 09:02:00 2026", 120},
        {"Wed, 25 Nov 2026 08:00:00 GMT", 0},
        {"Thu, 25 Nov 2027 09:00:00 GMT", 86400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(retry_after_s(cases[i].value, now), cases[i].seconds);
}

static void anything_else_is_no_wait(void **state)
{
    (void)state;
    assert_int_equal(retry_after_s(NULL, 0), -1);
    static const char *const values[] = {
        "",
        "-5",
        "soon",
        "1.5",
        "120s",
        "12 13",
        "Wed, 25 Nov 2026 09:02:00",
        "Wed, 25 Nov 2026 09:02:00 GMT!",
        "Wed, 25 Nov 2026 24:02:00 GMT",
        "Wed, 31 Nov 2026 09:02:00 GMT",
        "Wed, 25 Now 2026 09:02:00 GMT",
        "Wed, -5 Nov 2026 09:02:00 GMT",
        "Wed, 25 Nov 2026 09:-2:00 GMT",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_int_equal(retry_after_s(values[i], 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_are_read),
        cmocka_unit_test(anything_else_is_no_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
