/* Former primaries are told, and hosts take turns. */
#include "duban/pg_lineage.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_lower_timeline_is_a_former_primary(void **state)
{
    (void)state;
    struct pg_lineage lineage = {0};
    struct error error = {0};
    assert_true(pg_lineage_meet(&lineage, 7, 1, &error));
    assert_true(pg_lineage_meet(&lineage, 7, 3, &error));
    assert_true(pg_lineage_meet(&lineage, 7, 3, &error));
    assert_false(pg_lineage_meet(&lineage, 7, 2, &error));
    assert_string_equal(error.text, "the server is a former primary: it is on timeline 2, another "
                                    "one was promoted to 3");
    assert_true(pg_lineage_meet(&lineage, 7, 3, &error));
}

static void another_cluster_has_timelines_of_its_own(void **state)
{
    (void)state;
    struct pg_lineage lineage = {0};
    struct error error;
    assert_true(pg_lineage_meet(&lineage, 7, 3, &error));
    assert_true(pg_lineage_meet(&lineage, -8, 1, &error));
    assert_false(pg_lineage_meet(&lineage, 7, 2, &error));
    assert_true(pg_lineage_meet(&lineage, 9, 1, &error)); /* 7 is forgotten */
    assert_true(pg_lineage_meet(&lineage, 7, 2, &error));
}

static void check_rotated(const char *list, unsigned by, const char *expected)
{
    AUTO_FREE char *rotated = pg_hosts_rotate(list, by);
    assert_string_equal(rotated, expected);
}

static void hosts_take_turns(void **state)
{
    (void)state;
    check_rotated("a,b,c", 0, "a,b,c");
    check_rotated("a,b,c", 1, "b,c,a");
    check_rotated("a,b,c", 2, "c,a,b");
    check_rotated("a,b,c", 3, "a,b,c");
    check_rotated("a", 5, "a");
    check_rotated("", 1, "");
    check_rotated(",5433", 1, "5433,");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lower_timeline_is_a_former_primary),
        cmocka_unit_test(another_cluster_has_timelines_of_its_own),
        cmocka_unit_test(hosts_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
