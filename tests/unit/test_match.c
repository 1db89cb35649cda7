/* Which cases a rule is for: every kind of condition, as the configuration writes it
 * (config/fine/matches.yaml). */
#include "duban/config.h"

#include "duban/buf.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct config *config;

static int set_up(void **state)
{
    (void)state;
    struct problems problems = {0};
    AUTO_BUF told;
    buf_init(&told, 1 << 16);
    config = config_load(SOURCE_DIR "/tests/unit/config/fine/matches.yaml", &problems);
    problems_print(&problems, &told);
    problems_finish(&problems);
    if (config == NULL)
        print_error("%s", buf_string(&told));
    return config == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    config_destroy(config);
    return 0;
}

/* What a row leaves out is as in an ordinary case. */
static struct facts complete(struct facts facts)
{
    facts.item_code = facts.item_code ? facts.item_code : "SC-01";
    facts.kind = facts.kind ? facts.kind : "promised";
    facts.department_code = facts.department_code ? facts.department_code : "SC";
    facts.window_code = facts.window_code ? facts.window_code : "SC-W1";
    return facts;
}

static bool fits(const char *clock, const struct facts *facts)
{
    const struct config_clock *found = config_clock_named(config, clock);
    if (found == NULL)
        fail_msg("no clock '%s'", clock);
    struct facts whole = complete(*facts);
    return match_fits(&found->match, &whole);
}

#define CASE(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

#define LIMIT(amount, of)     .has_limit = true, .limit = {amount, of}
#define ATTRIBUTE(called, is) .attribute_count = 1, .attributes = {{called, is}}

static void conditions(void **state)
{
    (void)state;
    static const struct {
        const char *clock;
        struct facts facts;
        bool fits;
    } cases[] = {
        {"completion", CASE(.item_code = "", .kind = ""), true},
        {"item", CASE(.item_name = ""), true},
        {"item", CASE(.item_code = "SC-011"), false},
        {"item", CASE(.item_code = ""), false},
        {"items", CASE(.item_code = "GA-77"), true},
        {"items", CASE(.item_code = "GA-777"), false},
        {"items", CASE(.item_code = "SC-1"), true},
        {"items", CASE(.item_code = "SC-01"), false},
        {"kind", CASE(.kind = "special"), true},
        {"kind", CASE(.kind = "promised"), false},
        {"kinds", CASE(.item_code = "", .kind = ""), true},
        {"class", CASE(.project_class = "green_channel"), true},
        {"class", CASE(.project_class = "channel"), false},
        {"class", CASE(.project_class = NULL), false},
        {"department", CASE(.department_code = "GA"), true},
        {"department", CASE(.department_code = "SC"), false},
        {"window", CASE(.window_code = "GA-W2"), true},
        {"window", CASE(.window_code = "GA-W1"), false},
        {"both", CASE(.department_code = "GA", .kind = "instant"), true},
        {"both", CASE(.department_code = "GA"), false},
        {"both", CASE(.kind = "instant"), false},
        {"part", CASE(.parent_case_no = "A1"), true},
        {"part", CASE(.parent_case_no = ""), false},
        {"part", CASE(.parent_case_no = NULL), false},
        {"whole", CASE(.parent_case_no = "A1"), false},
        {"whole", CASE(.parent_case_no = ""), true},
        {"statutory", CASE(.has_statutory = true), true},
        {"statutory", CASE(.has_statutory = false), false},
        {"unlimited", CASE(.has_statutory = false), true},
        {"unlimited", CASE(.has_statutory = true), false},
        {"exact", CASE(LIMIT(3, LIMIT_WORKDAY)), true},
        {"exact", CASE(LIMIT(4, LIMIT_WORKDAY)), false},
        {"exact", CASE(LIMIT(3, LIMIT_DAY)), false},
        {"exact", CASE(.has_limit = false), false},
        {"short", CASE(LIMIT(3, LIMIT_WORKDAY)), true},
        {"short", CASE(LIMIT(0, LIMIT_WORKDAY)), true},
        {"short", CASE(LIMIT(4, LIMIT_WORKDAY)), false},
        {"short", CASE(LIMIT(1, LIMIT_HOUR)), false},
        {"shorter", CASE(LIMIT(2, LIMIT_WORKDAY)), true},
        {"shorter", CASE(LIMIT(3, LIMIT_WORKDAY)), false},
        {"long", CASE(LIMIT(3, LIMIT_WORKDAY)), true},
        {"long", CASE(LIMIT(2, LIMIT_WORKDAY)), false},
        {"longer", CASE(LIMIT(4, LIMIT_WORKDAY)), true},
        {"longer", CASE(LIMIT(3, LIMIT_WORKDAY)), false},
        {"longer", CASE(.has_limit = false), false},
        {"text", CASE(ATTRIBUTE("region", "开发区")), true},
        {"text", CASE(ATTRIBUTE("region", "高新技术区")), true},
        {"text", CASE(ATTRIBUTE("region", "老城区")), false},
        {"text", CASE(ATTRIBUTE("area", "开发区")), false},
        {"text", CASE(.attribute_count = 0), false},
        {"number", CASE(ATTRIBUTE("investment", "10000")), true},
        {"number", CASE(ATTRIBUTE("investment", "10000.01")), true},
        {"number", CASE(ATTRIBUTE("investment", "9999.99")), false},
        {"number", CASE(ATTRIBUTE("investment", "20000 万元")), false},
        {"number", CASE(ATTRIBUTE("investment", "")), false},
        {"number", CASE(ATTRIBUTE("investment", "nan")), false},
        {"below", CASE(ATTRIBUTE("investment", "-5")), true},
        {"below", CASE(ATTRIBUTE("investment", "10000")), false},
        {"below", CASE(ATTRIBUTE("investment", "nan")), false},
        {"range", CASE(ATTRIBUTE("investment", "50")), true},
        {"range", CASE(ATTRIBUTE("investment", "500")), false},
        {"range", CASE(ATTRIBUTE("investment", "50000")), true},
        {"present", CASE(ATTRIBUTE("urgent", "")), true},
        {"present", CASE(ATTRIBUTE("urgently", "true")), false},
        {"any", CASE(.kind = "special"), true},
        {"any", CASE(.project_class = "green_channel", .department_code = "GA"), true},
        {"any", CASE(.project_class = "green_channel"), false},
        {"none", CASE(.kind = "promised"), true},
        {"none", CASE(.kind = "special"), false},
        {"none", CASE(.department_code = "GA"), false},
        {"not_this", CASE(ATTRIBUTE("region", "开发区")), false},
        {"not_this", CASE(ATTRIBUTE("region", "老城区")), true},
        {"not_this", CASE(.attribute_count = 0), true},
        {"deep", CASE(.kind = "special"), true},
        {"deep", CASE(.kind = "special", .department_code = "GA"), false},
        {"deep", CASE(.kind = "promised"), false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (fits(cases[i].clock, &cases[i].facts) != cases[i].fits)
            fail_msg("row %zu, '%s': expected %d", i, cases[i].clock, cases[i].fits);
}

/* Several facts of the same name are several chances. */
static void an_attribute_may_come_twice(void **state)
{
    (void)state;
    struct facts facts =
        CASE(.attribute_count = 2, .attributes = {{"region", "老城区"}, {"region", "开发区"}});
    assert_true(fits("text", &facts));
}

static void signs(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum match_order order;
        const char *rest;
    } cases[] = {
        {"5 days", ORDER_EQUAL, "5 days"},
        {"<5", ORDER_LESS, "5"},
        {"<=  5", ORDER_AT_MOST, "5"},
        {"> 5", ORDER_MORE, "5"},
        {">=5", ORDER_AT_LEAST, "5"},
        {"= 5", ORDER_EQUAL, "= 5"},
        {"", ORDER_EQUAL, ""},
        {"<", ORDER_LESS, ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum match_order order;
        assert_string_equal(match_order_parse(cases[i].text, &order), cases[i].rest);
        assert_int_equal(order, cases[i].order);
    }
}

static void the_selftest_fits_nothing_else(void **state)
{
    (void)state;
    struct facts own = complete((struct facts)CASE(.item_code = SELFTEST_ITEM));
    struct facts ordinary = complete((struct facts)CASE(.kind = "promised"));
    const struct match all = {0}, selftest = {.selftest = true};
    assert_false(match_fits(&all, &own));
    assert_true(match_fits(&all, &ordinary));
    assert_true(match_fits(&selftest, &own));
    assert_false(match_fits(&selftest, &ordinary));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions),
        cmocka_unit_test(an_attribute_may_come_twice),
        cmocka_unit_test(signs),
        cmocka_unit_test(the_selftest_fits_nothing_else),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
