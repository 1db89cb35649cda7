/* FNV-1a: the published values, and what must differ. */
#include "duban/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void known_values(void **state)
{
    (void)state;
    assert_true(hash_begin() == UINT64_C(0xcbf29ce484222325));
    assert_true(hash_bytes(hash_begin(), "", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(hash_bytes(hash_begin(), "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(hash_bytes(hash_begin(), "foobar", 6) == UINT64_C(0x85944171f73967e8));
    assert_true(hash_text(hash_begin(), "") == UINT64_C(0xaf63bd4c8601b7df)); /* the byte 0 */
}

static uint64_t of_two(const char *one, const char *two)
{
    return hash_text(hash_text(hash_begin(), one), two);
}

static void texts_keep_their_ends(void **state)
{
    (void)state;
    assert_true(of_two("a", "bc") != of_two("ab", "c"));
    assert_true(of_two("", "a") != of_two("a", ""));
    assert_true(of_two("a", "") != hash_text(hash_begin(), "a"));
    assert_true(of_two("窗口", "部门") == of_two("窗口", "部门"));
}

static void numbers_differ(void **state)
{
    (void)state;
    static const int64_t numbers[] = {0, 1, -1, 256, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(hash_int(hash_begin(), numbers[i]) != hash_int(hash_begin(), numbers[j]));
    assert_true(hash_int(hash_int(hash_begin(), 1), 2) != hash_int(hash_int(hash_begin(), 2), 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(texts_keep_their_ends),
        cmocka_unit_test(numbers_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
