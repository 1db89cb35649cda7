/* Programs and schemas of neighbouring releases go together. */
#include "duban/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Of a release that brings the expand step 7 and the contract step 8. */
static const struct schema_range program = {.needed = 7, .known = 8};

static void it_works_on_its_own_schema_before_and_after_the_contract_step(void **state)
{
    (void)state;
    struct error error = {0};
    assert_true(schema_fits(&program, 7, 5, &error));
    assert_true(schema_fits(&program, 8, 8, &error));
    assert_string_equal(error.text, "");
}

static void it_works_on_the_next_schema_until_that_ones_contract_step(void **state)
{
    (void)state;
    struct error error;
    assert_true(schema_fits(&program, 9, 8, &error));
    assert_false(schema_fits(&program, 10, 10, &error));
    assert_string_equal(error.text, "the database serves programs from schema version 10 on, this "
                                    "one knows 8: install the newer release");
}

static void it_waits_for_its_own_expand_step(void **state)
{
    (void)state;
    struct error error;
    assert_false(schema_fits(&program, 6, 5, &error));
    assert_string_equal(error.text, "the database has schema version 6, this program needs 7: run "
                                    "dubanctl migrate");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_works_on_its_own_schema_before_and_after_the_contract_step),
        cmocka_unit_test(it_works_on_the_next_schema_until_that_ones_contract_step),
        cmocka_unit_test(it_waits_for_its_own_expand_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
