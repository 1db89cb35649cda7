/* Rates: never more than allowed in any window, and no slower than that. */
#include "duban/rate.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND US_PER_S
#define MINUTE (60 * SECOND)

static const struct rate_limits twenty = {1, {{20, MINUTE}}};
static const struct rate_limits feishu = {2, {{100, MINUTE}, {5, SECOND}}};

static void without_limits_anything_goes(void **state)
{
    (void)state;
    struct rate rate = {0};
    const struct rate_limits none = {0};
    rate_set(&rate, &none);
    rate_take(&rate, 1);
    rate_exhaust(&rate, 1);
    assert_int_equal(rate_room(&rate, 1), SIZE_MAX);
    assert_int_equal(rate_wait(&rate, 1), 0);
    rate_finish(&rate);
}

static void room_comes_back_as_what_went_grows_old(void **state)
{
    (void)state;
    struct rate rate = {0};
    rate_set(&rate, &twenty);
    assert_int_equal(rate_room(&rate, 0), 20);
    for (int64_t i = 0; i < 20; i++)
        rate_take(&rate, i * SECOND);
    assert_int_equal(rate_room(&rate, 20 * SECOND), 0);
    assert_int_equal(rate_wait(&rate, 20 * SECOND), 40 * SECOND);
    assert_int_equal(rate_room(&rate, MINUTE - 1), 0);
    assert_int_equal(rate_room(&rate, MINUTE), 1);
    assert_int_equal(rate_wait(&rate, MINUTE), 0);
    assert_int_equal(rate_room(&rate, MINUTE + 9 * SECOND), 10);
    assert_int_equal(rate_room(&rate, 2 * MINUTE), 20);
    rate_finish(&rate);
}

/* As fast as it lets us, for ten minutes; then every window is looked at. */
static void check_windows(const struct rate_limits *limits, size_t expected)
{
    static int64_t went[4000];
    size_t count = 0;
    struct rate rate = {0};
    rate_set(&rate, limits);
    for (int64_t now = 0; now < 10 * MINUTE; now += rate_wait(&rate, now)) {
        for (size_t room = rate_room(&rate, now); room > 0; room--) {
            rate_take(&rate, now);
            went[count++] = now;
        }
    }
    for (size_t i = 0; i < limits->count; i++) {
        size_t most = (size_t)limits->limits[i].count;
        for (size_t at = 0; at + most < count; at++)
            assert_true(went[at + most] - went[at] >= limits->limits[i].span);
    }
    assert_int_equal(count, expected);
    rate_finish(&rate);
}

static void no_window_ever_holds_too_many(void **state)
{
    (void)state;
    static const struct rate_limits one = {1, {{1, SECOND}}};
    check_windows(&twenty, 200);
    check_windows(&feishu, 1000);
    check_windows(&one, 600);
}

static void changed_limits_know_what_went(void **state)
{
    (void)state;
    struct rate rate = {0};
    static const struct rate_limits ten = {1, {{10, MINUTE}}}, none = {0};
    rate_set(&rate, &twenty);
    for (int64_t i = 0; i < 15; i++)
        rate_take(&rate, i * SECOND);
    rate_set(&rate, &twenty);
    assert_int_equal(rate_room(&rate, 15 * SECOND), 5);
    rate_set(&rate, &ten);
    assert_int_equal(rate_room(&rate, 15 * SECOND), 0);
    assert_int_equal(rate_wait(&rate, 15 * SECOND), 50 * SECOND); /* the sixth went at 5 s */
    rate_set(&rate, &twenty);
    assert_int_equal(rate_room(&rate, 15 * SECOND), 10);
    rate_set(&rate, &none);
    assert_int_equal(rate_room(&rate, 15 * SECOND), SIZE_MAX);
    rate_finish(&rate);
}

static void a_rate_is_shared_among_daemons(void **state)
{
    (void)state;
    struct rate_limits share = rate_share(&feishu, 3);
    assert_int_equal(share.count, 2);
    assert_int_equal(share.limits[0].count, 33);
    assert_int_equal(share.limits[0].span, MINUTE);
    assert_int_equal(share.limits[1].count, 1);
    share = rate_share(&feishu, 10);
    assert_int_equal(share.limits[1].count, 1);
    assert_int_equal(share.limits[1].span, 2 * SECOND);
    share = rate_share(&feishu, 1);
    assert_memory_equal(&share, &feishu, sizeof share);
    share = rate_share(&feishu, 0); /* none is known: we are */
    assert_memory_equal(&share, &feishu, sizeof share);
}

static void what_others_may_have_sent_uses_it_up(void **state)
{
    (void)state;
    struct rate rate = {0};
    rate_set(&rate, &twenty);
    rate_exhaust(&rate, 10 * SECOND);
    assert_int_equal(rate_room(&rate, 30 * SECOND), 0);
    assert_int_equal(rate_wait(&rate, 30 * SECOND), 40 * SECOND);
    assert_int_equal(rate_room(&rate, 70 * SECOND), 20);
    rate_finish(&rate);
}

static void a_clock_that_is_set_back_opens_nothing(void **state)
{
    (void)state;
    struct rate rate = {0};
    rate_set(&rate, &twenty);
    for (int64_t i = 0; i < 20; i++)
        rate_take(&rate, MINUTE - i * SECOND);
    assert_int_equal(rate_room(&rate, MINUTE), 0);
    assert_int_equal(rate_wait(&rate, MINUTE), MINUTE);
    rate_finish(&rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_limits_anything_goes),
        cmocka_unit_test(room_comes_back_as_what_went_grows_old),
        cmocka_unit_test(no_window_ever_holds_too_many),
        cmocka_unit_test(changed_limits_know_what_went),
        cmocka_unit_test(a_rate_is_shared_among_daemons),
        cmocka_unit_test(what_others_may_have_sent_uses_it_up),
        cmocka_unit_test(a_clock_that_is_set_back_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
