/* How long to wait before trying again. */
#include "duban/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define FIRST (10 * US_PER_S)
#define MOST  (600 * US_PER_S)

static void waits_double_up_to_the_longest(void **state)
{
    (void)state;
    static const span_us whole_s[] = {10, 20, 40, 80, 160, 320, 600, 600};
    for (int32_t i = 0; i < 8; i++) {
        span_us whole = whole_s[i] * US_PER_S;
        assert_int_equal(backoff_span(FIRST, MOST, i + 1, BACKOFF_FULL, 0), 0);
        assert_int_equal(backoff_span(FIRST, MOST, i + 1, BACKOFF_FULL, UINT64_MAX), whole);
        assert_int_equal(backoff_span(FIRST, MOST, i + 1, BACKOFF_EQUAL, 0), whole / 2);
        assert_int_equal(backoff_span(FIRST, MOST, i + 1, BACKOFF_EQUAL, UINT64_MAX), whole);
        assert_int_equal(backoff_span(FIRST, MOST, i + 1, BACKOFF_FULL, UINT64_C(1) << 63),
                         whole / 2);
    }
}

static void extremes_do_not_overflow(void **state)
{
    (void)state;
    assert_int_equal(backoff_span(1, INT64_MAX, 2000000000, BACKOFF_FULL, UINT64_MAX), INT64_MAX);
    assert_int_equal(backoff_span(INT64_MAX, INT64_MAX, 9, BACKOFF_EQUAL, UINT64_MAX), INT64_MAX);
    assert_int_equal(backoff_span(0, MOST, 2000000000, BACKOFF_EQUAL, UINT64_MAX), 0);
    assert_int_equal(backoff_span(FIRST, 0, 3, BACKOFF_EQUAL, UINT64_MAX), 0);
    assert_int_equal(backoff_span(MOST, FIRST, 1, BACKOFF_FULL, UINT64_MAX), FIRST);
    assert_int_equal(backoff_span(FIRST, MOST, 0, BACKOFF_FULL, UINT64_MAX), FIRST);
    assert_int_equal(backoff_span(3, 10, 3, BACKOFF_FULL, UINT64_MAX), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_double_up_to_the_longest),
        cmocka_unit_test(extremes_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
