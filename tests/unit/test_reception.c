/* Receptions: one key for the same papers of the same applicant, and for nothing else. */
#include "duban/reception.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "irregular_case.h"

static void receptions_are_the_same_for_the_same_papers_only(void **state)
{
    (void)state;
    struct facts one = plain(), other = plain();
    struct reception first, second;
    other.case_no = "A2";
    other.window_code = "W2";
    complete(&other, at(3, 9, 0));
    assert_true(reception_of(config, &one, "secret", at(10, 9, 0), &first));
    assert_true(reception_of(config, &other, "secret", at(10, 9, 0), &second));
    assert_int_equal(first.key, second.key);
    assert_int_equal(first.received_at, at(1, 9, 30));
    assert_int_equal(first.ended_at, WALL_NONE);
    assert_int_equal(second.ended_at, at(3, 9, 0));
    assert_true(reception_of(config, &other, "another", at(10, 9, 0), &second));
    assert_int_not_equal(first.key, second.key);

    struct facts different[] = {one, one, one};
    different[0].item_code = "I2";
    different[1].applicant_name = "张三三";
    different[2].applicant_phone = "13800138001";
    for (size_t i = 0; i < COUNT_OF(different); i++) {
        assert_true(reception_of(config, &different[i], "secret", at(10, 9, 0), &second));
        assert_int_not_equal(first.key, second.key);
    }
    struct facts none[] = {one, one, one, one};
    none[0].applicant_phone = " ";
    none[1].applicant_name = "";
    none[2].parent_case_no = "A0";
    none[3].at[MILESTONE_RECEIVED] = at(0, 8, 59); /* ten days before, and a minute */
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_false(reception_of(config, &none[i], "secret", at(10, 9, 0), &second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receptions_are_the_same_for_the_same_papers_only),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
