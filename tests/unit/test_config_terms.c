/* What the configuration makes of levels, suspensions, clocks and the terms that differ from case
 * to case (config/fine/terms.yaml). */
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
    config = config_load(SOURCE_DIR "/tests/unit/config/fine/terms.yaml", &problems);
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

/* All levels stand in one order: yellow, red; warning before yellow; orange before red; black. */
static void levels_have_looks_and_an_order(void **state)
{
    (void)state;
    static const struct {
        size_t policy, level;
        const char *name, *label, *colour;
        int severity, points;
        bool proposes;
        size_t route_count;
    } cases[] = {
        {0, 0, "yellow", "yellow", "yellow", 2, 0, false, 0},
        {0, 1, "red", "红牌", "red", 4, -5, false, 0},
        {1, 0, "warning", "预警", "grey", 1, 0, false, 0},
        {1, 1, "yellow", "yellow", "yellow", 2, 0, true, 0},
        {1, 2, "orange", "orange", "#aB12ef", 3, 0, false, 0},
        {1, 3, "red", "red", "red", 4, 0, false, 2},
        {2, 0, "black", "black", "purple", 5, 0, false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct config_policy *policy = &config->policies[cases[i].policy];
        const struct config_level *level = &policy->levels[cases[i].level];
        assert_string_equal(policy->policy.levels[cases[i].level].name, cases[i].name);
        assert_string_equal(level->label, cases[i].label);
        assert_string_equal(level->colour, cases[i].colour);
        assert_int_equal(level->severity, cases[i].severity);
        assert_int_equal(level->points, cases[i].points);
        assert_int_equal(level->proposes, cases[i].proposes);
        assert_int_equal(level->route_count, cases[i].route_count);
    }
    assert_null(config->policies[0].law);
    assert_string_equal(config->policies[1].law, "江西 2009");
    const struct config_route *route = &config->policies[1].levels[3].routes[1];
    assert_string_equal(route->kind, "red");
    assert_string_equal(route->role, "leader");
}

static const struct config_terms *terms_of(const char *clock, const char *item)
{
    const struct facts facts = {
        .item_code = item, .kind = "", .department_code = "", .window_code = ""};
    return config_terms(config_clock_named(config, clock), &facts);
}

/* What an entry doesn't say is as the clock has it; another limit comes with the extensions that
 * are usual for it. */
static void terms_differ_in_what_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *clock, *item, *policy;
        enum limit_source source;
        bool extends;
        int most; /* −1: as much as one likes */
        const char *law;
    } cases[] = {
        {"completion", "x", "usual", LIMIT_PROMISED, true, 10, "第四十二条"},
        {"completion", "plain", "other", LIMIT_PROMISED, true, 10, "第四十二条"},
        {"completion", "statutory", "usual", LIMIT_STATUTORY, true, -1, "第四十二条"},
        {"completion", "own", "usual", LIMIT_OWN, false, -1, "第四十二条"},
        {"completion", "own_more", "usual", LIMIT_OWN, true, 2, "第四十二条"},
        {"completion", "no_more", "usual", LIMIT_PROMISED, false, -1, "第四十二条"},
        {"completion", "any_more", "usual", LIMIT_PROMISED, true, -1, "第四十二条"},
        {"completion", "else", "usual", LIMIT_PROMISED, true, 10, "本地"},
        {"own", "x", "other", LIMIT_OWN, false, -1, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct config_terms *terms = terms_of(cases[i].clock, cases[i].item);
        assert_string_equal(terms->policy->policy.name, cases[i].policy);
        assert_ptr_equal(terms->rule.policy, &terms->policy->policy);
        assert_int_equal(terms->limit_source, cases[i].source);
        assert_int_equal(terms->extends, cases[i].extends);
        assert_int_equal(terms->has_most ? terms->extension_most.value : -1, cases[i].most);
        assert_int_equal(terms->law == NULL, cases[i].law == NULL);
        if (terms->law)
            assert_string_equal(terms->law, cases[i].law);
    }
}

static void rules_of_counting_differ_too(void **state)
{
    (void)state;
    const struct config_terms *usual = terms_of("completion", "x");
    const struct config_terms *other = terms_of("completion", "else");
    assert_ptr_equal(usual->rule.calendar, config->calendar);
    assert_int_equal(usual->rule.start_mode, START_STRICTLY_AFTER);
    assert_int_equal(usual->rule.due_mode, DUE_CLOSING);
    assert_int_equal(usual->rule.suspension_mode, SUSPENSION_WORKDAYS);
    assert_ptr_equal(other->rule.calendar, config->calendars[1].calendar);
    assert_int_equal(other->rule.start_mode, START_ROLL_FORWARD);
    assert_int_equal(other->rule.due_mode, DUE_END_OF_DAY);
    assert_int_equal(other->rule.suspension_mode, SUSPENSION_OPEN_TIME);
    assert_string_not_equal(usual->version, other->version);
}

/* Unless it says otherwise. */
static void a_clock_has_the_usual_points(void **state)
{
    (void)state;
    const struct config_clock *completion = config_clock_named(config, "completion");
    const struct config_clock *papers = config_clock_named(config, "papers");
    const struct config_clock *after = config_clock_named(config, "after");
    assert_int_equal(completion->from.kind, POINT_MILESTONE);
    assert_int_equal(completion->from.milestone, MILESTONE_ACCEPTED);
    assert_int_equal(completion->until[0].milestone, MILESTONE_COMPLETED);
    assert_true(completion->stopped_by_all);
    assert_string_equal(completion->label, "completion");
    assert_string_equal(config_clock_named(config, "own")->label, "自定");
    assert_int_equal(papers->until_count, 1);
    assert_int_equal(papers->until[0].kind, POINT_RESUMED);
    assert_string_equal(papers->until[0].reason, "supplement");
    assert_false(papers->stopped_by_all);
    assert_int_equal(papers->stopped_by_count, 0);
    assert_int_equal(after->until[0].kind, POINT_MILESTONE);
    assert_true(after->stopped_by_all);
    assert_false(config_clocks_depend(config));
}

static void suspensions_have_a_meaning(void **state)
{
    (void)state;
    const struct config_suspension *hearing = config_suspension(&config->suspensions, "hearing");
    const struct config_suspension *papers = config_suspension(&config->suspensions, "supplement");
    const struct config_suspension *review = config_suspension(&config->suspensions, "review");
    assert_string_equal(hearing->label, "hearing");
    assert_int_equal(hearing->effect, SUSPENSION_STOPS);
    assert_false(hearing->has_longest);
    assert_null(hearing->law);
    assert_string_equal(papers->label, "补正");
    assert_string_equal(papers->law, "第三十二条");
    assert_int_equal(papers->effect, SUSPENSION_RESTARTS);
    assert_int_equal(papers->longest.value, 30);
    assert_int_equal(papers->longest.unit, LIMIT_DAY);
    assert_false(papers->resumes);
    assert_true(review->resumes);
    assert_null(config_suspension(&config->suspensions, "hear"));
    assert_null(config_suspension(NULL, "hearing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_have_looks_and_an_order),
        cmocka_unit_test(terms_differ_in_what_they_say),
        cmocka_unit_test(rules_of_counting_differ_too),
        cmocka_unit_test(a_clock_has_the_usual_points),
        cmocka_unit_test(suspensions_have_a_meaning),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
