/* Limits, and which extensions add to them. */
#include "duban/case_limit.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct config_clock clock_c = {.name = "completion"};

static const struct facts plain = {
    .has_limit = true,
    .limit = {5, LIMIT_WORKDAY},
    .has_statutory = true,
    .statutory = {20, LIMIT_WORKDAY},
};

static struct case_limit limit_of(const struct config_terms *terms, const struct facts *facts)
{
    struct case_limit limit;
    struct error error;
    assert_true(case_limit_of(&clock_c, terms, facts, &limit, &error));
    return limit;
}

static void the_limit_is_promised_statutory_or_own(void **state)
{
    (void)state;
    struct config_terms terms = {.limit = {48, LIMIT_HOUR}};
    assert_int_equal(limit_of(&terms, &plain).base.value, 5);
    terms.limit_source = LIMIT_STATUTORY;
    assert_int_equal(limit_of(&terms, &plain).whole.value, 20);
    terms.limit_source = LIMIT_OWN;
    assert_int_equal(limit_of(&terms, &plain).whole.value, 48);
    assert_int_equal(limit_of(&terms, &plain).whole.unit, LIMIT_HOUR);
}

static void a_missing_limit_is_named(void **state)
{
    (void)state;
    struct config_terms terms = {.limit_source = LIMIT_PROMISED};
    struct facts facts = {.has_limit = false};
    struct case_limit limit;
    struct error error;
    assert_false(case_limit_of(&clock_c, &terms, &facts, &limit, &error));
    assert_string_equal(error.text,
                        "limit_value is null; clock 'completion' needs a promised limit");
    terms.limit_source = LIMIT_STATUTORY;
    assert_false(case_limit_of(&clock_c, &terms, &facts, &limit, &error));
    assert_string_equal(error.text,
                        "statutory_value is null; clock 'completion' needs a statutory limit");
}

/* One extension under terms: what the verdict is and how much is granted. */
static void each_extension_is_judged(void **state)
{
    (void)state;
    static const struct config_terms any = {.extends = true};
    static const struct config_terms none = {.extends = false};
    static const struct config_terms ten = {
        .extends = true, .has_most = true, .extension_most = {10, LIMIT_WORKDAY}};
    static const struct config_terms hours = {
        .extends = true, .has_most = true, .extension_most = {10, LIMIT_WORKHOUR}};
    static const struct {
        const struct config_terms *terms;
        const char *clock;
        struct limit more;
        const char *approver, *reason, *verdict;
        int granted;
    } cases[] = {
        {&any, "", {10, LIMIT_WORKDAY}, "局长", "复杂", "counts", 10},
        {&any, "completion", {10, LIMIT_WORKDAY}, "局长", "复杂", "counts", 10},
        {&any, "statutory", {10, LIMIT_WORKDAY}, "局长", "复杂", "elsewhere", 0},
        {&any, "", {10, LIMIT_WORKDAY}, "", "复杂", "no_approver", 0},
        {&any, "", {10, LIMIT_WORKDAY}, "局长", "", "no_reason", 0},
        {&any, "", {10, LIMIT_WORKDAY}, "", "", "no_approver", 0},
        {&any, "", {10, LIMIT_DAY}, "局长", "复杂", "other_unit", 0},
        {&any,
         "",
         {LIMIT_VALUE_MOST, LIMIT_WORKDAY},
         "局长",
         "复杂",
         "too_long",
         LIMIT_VALUE_MOST - 5},
        {&none, "", {10, LIMIT_WORKDAY}, "局长", "复杂", "elsewhere", 0},
        {&none, "completion", {10, LIMIT_WORKDAY}, "局长", "复杂", "too_long", 0},
        {&ten, "", {10, LIMIT_WORKDAY}, "局长", "复杂", "counts", 10},
        {&ten, "", {11, LIMIT_WORKDAY}, "局长", "复杂", "too_long", 10},
        {&hours, "", {1, LIMIT_WORKDAY}, "局长", "复杂", "too_long", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facts facts = plain;
        facts.extension_count = 1;
        facts.extensions[0] = (struct extension){.more = cases[i].more};
        strcpy(facts.extensions[0].clock, cases[i].clock);
        strcpy(facts.extensions[0].approver, cases[i].approver);
        strcpy(facts.extensions[0].reason, cases[i].reason);
        struct case_limit limit = limit_of(cases[i].terms, &facts);
        assert_string_equal(extension_verdict_word(limit.verdicts[0]), cases[i].verdict);
        assert_int_equal(limit.granted[0], cases[i].granted);
        assert_int_equal(limit.whole.value, 5 + cases[i].granted);
        assert_int_equal(limit.base.value, 5);
    }
}

/* Together they may not add more; what doesn't count uses nothing up. */
static void extensions_share_what_may_be_added(void **state)
{
    (void)state;
    static const struct config_terms terms = {
        .extends = true, .has_most = true, .extension_most = {10, LIMIT_WORKDAY}};
    static const int asked[] = {4, 9, 9, 1}, granted[] = {4, 0, 6, 0};
    static const char *const verdicts[] = {"counts", "no_reason", "too_long", "too_long"};
    struct facts facts = plain;
    facts.extension_count = COUNT_OF(asked);
    for (size_t i = 0; i < COUNT_OF(asked); i++)
        facts.extensions[i] =
            (struct extension){"", {asked[i], LIMIT_WORKDAY}, "局长", "复杂", WALL_NONE};
    facts.extensions[1].reason[0] = '\0';
    struct case_limit limit = limit_of(&terms, &facts);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        assert_string_equal(extension_verdict_word(limit.verdicts[i]), verdicts[i]);
        assert_int_equal(limit.granted[i], granted[i]);
    }
    assert_int_equal(limit.whole.value, 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_is_promised_statutory_or_own),
        cmocka_unit_test(a_missing_limit_is_named),
        cmocka_unit_test(each_extension_is_judged),
        cmocka_unit_test(extensions_share_what_may_be_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
