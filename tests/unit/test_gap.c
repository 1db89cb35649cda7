/* Numbers that appear out of order. */
#include "duban/gap.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void late_ones_are_new_once(void **state)
{
    (void)state;
    struct gaps *gaps = mem_zero(1, sizeof *gaps);
    gaps_skip(gaps, 10);
    assert_true(gaps_seen(gaps, 11, 0));
    assert_false(gaps_seen(gaps, 11, 0));
    assert_false(gaps_seen(gaps, 3, 0)); /* before we began */
    assert_true(gaps_seen(gaps, 15, 1));
    assert_int_equal(gaps->count, 3);
    assert_int_equal(gaps->missing[0].id, 12);
    assert_true(gaps_seen(gaps, 13, 2));
    assert_false(gaps_seen(gaps, 13, 2));
    assert_int_equal(gaps->count, 2);
    assert_int_equal(gaps->missing[1].id, 14);
    gaps_forget(gaps, 1);
    assert_int_equal(gaps->count, 2);
    gaps_forget(gaps, 2);
    assert_int_equal(gaps->count, 0);
    assert_false(gaps_seen(gaps, 14, 3)); /* given up */
    free(gaps);
}

static void a_wide_gap_is_bounded(void **state)
{
    (void)state;
    struct gaps *gaps = mem_zero(1, sizeof *gaps);
    gaps_skip(gaps, 0);
    assert_true(gaps_seen(gaps, INT64_C(1000000000), 0));
    assert_int_equal(gaps->count, GAPS_MOST);
    assert_int_equal(gaps->missing[0].id, INT64_C(1000000000) - GAPS_MOST);
    assert_true(gaps_seen(gaps, INT64_C(1000000009), 0));
    assert_int_equal(gaps->count, GAPS_MOST);
    assert_int_equal(gaps->last, INT64_C(1000000009));
    free(gaps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_ones_are_new_once),
        cmocka_unit_test(a_wide_gap_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
