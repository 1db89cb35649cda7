/* Counts and names, many of them. */
#include "duban/tally.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void counts_are_kept_by_key(void **state)
{
    (void)state;
    struct tally tally = {0};
    size_t count;
    assert_int_equal(tally_of(&tally, 7), 0);
    for (uint64_t round = 0; round < 3; round++)
        for (uint64_t key = 1; key <= 5000; key++)
            ++*tally_at(&tally, key << 32);
    assert_int_equal(tally.used, 5000);
    assert_int_equal(tally_of(&tally, UINT64_C(5000) << 32), 3);
    assert_int_equal(tally_of(&tally, 5001), 0);
    assert_int_equal(tally_of(&tally, 0), 0);
    struct tally_slot *slots = tally_sorted(&tally, &count);
    assert_int_equal(count, 5000);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(slots[i].key, (uint64_t)(i + 1) << 32);
    free(slots);
    tally_finish(&tally);
}

static void texts_are_numbered_as_they_come(void **state)
{
    (void)state;
    struct names names = {0};
    char text[16];
    assert_int_equal(names_find(&names, "A"), NO_NAME);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3000; i++) {
            snprintf(text, sizeof text, "%d", i);
            assert_int_equal(names_number(&names, text), i);
        }
    assert_int_equal(names.count, 3000);
    assert_string_equal(names.texts[17], "17");
    assert_int_equal(names_find(&names, "2999"), 2999);
    assert_int_equal(names_find(&names, ""), NO_NAME);
    assert_int_equal(names_number(&names, ""), 3000);
    names_finish(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_kept_by_key),
        cmocka_unit_test(texts_are_numbered_as_they_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
