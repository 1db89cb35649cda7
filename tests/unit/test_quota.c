/* Quotas: keys, and when the next message may go. */
#include "duban/quota.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW    (INT64_C(1000000) * US_PER_S)
#define MINUTE (60 * US_PER_S)

static const struct quota_subject base = {
    .channel = "sms", .address = "13800138000", .kind = "red", .role = "window"};

static struct quota_subject changed(int member)
{
    struct quota_subject subject = base;
    const char **const members[] = {&subject.channel, &subject.address, &subject.kind,
                                    &subject.role};
    *members[member] = "other";
    return subject;
}

static void a_key_stands_for_what_its_scope_names(void **state)
{
    (void)state;
    /* of channel, address, kind, role: which of them make another key */
    static const bool tells[QUOTA_SCOPES][4] = {
        [QUOTA_NUMBER] = {true, true, false, false},
        [QUOTA_CHANNEL] = {true, false, false, false},
        [QUOTA_TEMPLATE] = {true, true, true, true},
    };
    for (enum quota_scope scope = 0; scope < QUOTA_SCOPES; scope++)
        for (int member = 0; member < 4; member++) {
            struct quota_subject other = changed(member);
            bool differs = quota_key(scope, &base) != quota_key(scope, &other);
            assert_int_equal(differs, tells[scope][member]);
        }
    assert_int_not_equal(quota_key(QUOTA_NUMBER, &base), quota_key(QUOTA_CHANNEL, &base));
}

static void each_limit_stands_once_in_the_book(void **state)
{
    (void)state;
    struct quota_book book = {0};
    assert_null(quota_book_find(&book, 1, 1, 1));
    static const int64_t limits[][3] = {{7, 1, 5}, {3, 2, 5}, {7, 1, 5},
                                        {7, 2, 5}, {7, 1, 6}, {3, 2, 5}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        quota_book_add(&book, limits[i][0], limits[i][1], limits[i][2]);
    quota_book_close(&book);
    assert_int_equal(book.count, 4);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const struct quota_use *use =
            quota_book_find(&book, limits[i][0], limits[i][1], limits[i][2]);
        assert_non_null(use);
        assert_true(use->key == limits[i][0] && use->most == limits[i][1] &&
                    use->span == limits[i][2]);
    }
    assert_null(quota_book_find(&book, 4, 2, 5));
    quota_book_finish(&book);
}

static void a_limit_has_room_until_it_is_used_up(void **state)
{
    (void)state;
    struct quota_use use = {.most = 2, .span = MINUTE, .oldest_at = WALL_NONE};
    assert_int_equal(quota_next(&use, NOW), NOW);
    quota_spend(&use, NOW);
    assert_int_equal(quota_next(&use, NOW), NOW);
    quota_spend(&use, NOW + US_PER_S);
    assert_int_equal(quota_next(&use, NOW + US_PER_S), NOW + MINUTE);
}

static void those_who_wait_are_spread_over_the_span(void **state)
{
    (void)state;
    struct quota_use use = {.most = 3, .span = MINUTE, .used = 3, .oldest_at = NOW - MINUTE / 2};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(quota_next(&use, NOW), NOW + MINUTE / 2 + i * MINUTE / 3);
        quota_wait(&use);
    }
}

static void a_wait_always_ends_later(void **state)
{
    (void)state;
    struct quota_use use = {.most = 1, .span = MINUTE, .used = 1, .oldest_at = NOW - MINUTE};
    assert_int_equal(quota_next(&use, NOW), NOW + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_stands_for_what_its_scope_names),
        cmocka_unit_test(each_limit_stands_once_in_the_book),
        cmocka_unit_test(a_limit_has_room_until_it_is_used_up),
        cmocka_unit_test(those_who_wait_are_spread_over_the_span),
        cmocka_unit_test(a_wait_always_ends_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
