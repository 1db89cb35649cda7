/* How many requests an address may make. */
#include "duban/bucket.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void so_many_at_once_and_then_by_time(void **state)
{
    (void)state;
    struct buckets buckets;
    int wait_s = 0;
    int64_t now = 5 * US_PER_S;
    buckets_init(&buckets, 2., 3.);
    for (int i = 0; i < 3; i++)
        assert_true(buckets_take(&buckets, "a", now, &wait_s));
    assert_false(buckets_take(&buckets, "a", now, &wait_s));
    assert_int_equal(wait_s, 1);
    assert_true(buckets_take(&buckets, "b", now, &wait_s)); /* others are not held up */
    now += US_PER_S / 2;
    assert_true(buckets_take(&buckets, "a", now, &wait_s));
    assert_false(buckets_take(&buckets, "a", now, &wait_s));
    now += 3600 * US_PER_S; /* no more than at once */
    for (int i = 0; i < 3; i++)
        assert_true(buckets_take(&buckets, "a", now, &wait_s));
    assert_false(buckets_take(&buckets, "a", now, &wait_s));
    buckets_finish(&buckets);
}

static void a_slow_rate_tells_how_long(void **state)
{
    (void)state;
    struct buckets buckets;
    int wait_s = 0;
    buckets_init(&buckets, .1, 1.);
    assert_true(buckets_take(&buckets, "a", 0, &wait_s));
    assert_false(buckets_take(&buckets, "a", 0, &wait_s));
    assert_int_equal(wait_s, 10);
    buckets_finish(&buckets);
}

/* However many addresses there are, one that goes on asking stays limited. */
static void many_addresses_do_not_free_one(void **state)
{
    (void)state;
    struct buckets buckets;
    int wait_s = 0;
    size_t taken = 0;
    buckets_init(&buckets, .001, 5.);
    for (int i = 0; i < 50000; i++) {
        AUTO_FREE char *other = mem_format("10.%d.%d.%d", i / 65536, i / 256 % 256, i % 256);
        buckets_take(&buckets, other, i, &wait_s);
        taken += buckets_take(&buckets, "greedy", i, &wait_s);
    }
    assert_int_equal(taken, 5);
    buckets_finish(&buckets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_at_once_and_then_by_time),
        cmocka_unit_test(a_slow_rate_tells_how_long),
        cmocka_unit_test(many_addresses_do_not_free_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
