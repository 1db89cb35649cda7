/* What a plan counts: every way in which a stored clock and the new rules may stand to each other.
 */
#include "duban/rules_plan.h"

#include "duban/calendar_file.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct calendar *calendar;

static const struct config_policy standard = {
    .policy = {.name = "standard",
               .count = 2,
               .levels = {{.name = "yellow",
                           .unit = THRESHOLD_WORKDAY,
                           .at = AT_OPENING,
                           .when_short = SHORT_AT_START,
                           .amount = -3},
                          {.name = "red", .unit = THRESHOLD_WORKDAY}}},
    .levels = {{.severity = 1}, {.severity = 2}},
};

static wall_us at(const char *text)
{
    wall_us instant;
    struct error error;
    if (!instant_parse(text, &instant, &error))
        fail_msg("%s", error.text);
    return instant;
}

struct fixture {
    struct config config;
    struct config_clock clocks[2];
    struct facts facts;
    struct rules_plan plan;
};

/* A case of five working days, accepted on Monday the 1st: yellow on the 3rd at 9, due on the 8th
 * at 17 (Beijing's time). */
static const char now[] = "2026-06-02T10:00:00+08:00", due[] = "2026-06-08T17:00:00+08:00";

static int set_up(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof *fixture);
    fixture->clocks[0] = (struct config_clock){
        .name = "completion",
        .from = {.kind = POINT_MILESTONE, .milestone = MILESTONE_ACCEPTED},
        .until_count = 1,
        .until = {{.kind = POINT_MILESTONE, .milestone = MILESTONE_COMPLETED}},
        .stopped_by_all = true,
        .terms = {.rule = {.calendar = calendar, .policy = &standard.policy},
                  .policy = &standard,
                  .version = "new"},
    };
    fixture->clocks[1] = fixture->clocks[0];
    fixture->clocks[1].name = "reply";
    fixture->config = (struct config){.clock_count = 1, .clocks = fixture->clocks};
    fixture->facts = (struct facts){.case_no = "A1",
                                    .item_code = "I1",
                                    .kind = "promised",
                                    .department_code = "D1",
                                    .window_code = "W1",
                                    .stage = "processing",
                                    .parent_case_no = "",
                                    .project_class = "",
                                    .has_limit = true,
                                    .limit = {5, LIMIT_WORKDAY},
                                    .status = CASE_OPEN,
                                    .reopened_at = WALL_NONE};
    for (size_t i = 0; i < MILESTONES; i++)
        fixture->facts.at[i] = WALL_NONE;
    fixture->facts.at[MILESTONE_ACCEPTED] = at("2026-06-01T10:00:00+08:00");
    rules_plan_init(&fixture->plan, &fixture->config, at(now));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    rules_plan_finish(&fixture->plan);
    free(fixture);
    return 0;
}

static int64_t basis(const struct fixture *fixture)
{
    struct case_clock clock;
    assert_true(case_clock_replay(&fixture->clocks[0], &fixture->facts, at(now), &clock, NULL));
    return clock.basis_hash;
}

static struct plan_clock stored(const struct fixture *fixture, const char *level,
                                const char *due_at)
{
    return (struct plan_clock){.clock = "completion",
                               .level = level,
                               .told = "",
                               .state = PLAN_RUNNING,
                               .due_at = at(due_at),
                               .settled = true,
                               .has_rules = true,
                               .basis_hash = basis(fixture)};
}

static struct rules_plan *plan_of(struct fixture *fixture, struct plan_clock clock)
{
    rules_plan_case(&fixture->plan, &fixture->facts, &clock, 1, false);
    return &fixture->plan;
}

static int64_t turns(const struct rules_plan *plan, const char *from, const char *to)
{
    size_t old = names_find(&plan->levels, from), new = names_find(&plan->levels, to);
    return old == NO_NAME || new == NO_NAME ? 0 : rules_plan_turn(plan, old, new);
}

static void what_stays_is_the_same(void **state)
{
    struct fixture *fixture = *state;
    const struct rules_plan *plan = plan_of(fixture, stored(fixture, "normal", due));
    assert_int_equal(plan->cases, 1);
    assert_int_equal(plan->clocks, 1);
    assert_int_equal(plan->same, 1);
    assert_int_equal(plan->earlier + plan->later + plan->raised + plan->cleared, 0);
    assert_int_equal(plan->places[0].clocks, 1);
}

/* Due instants before and the working days from there to the 8th of June at 17:00. */
static void due_instants_move_by_working_days(void **state)
{
    static const struct {
        const char *old_due;
        int32_t workdays;
        size_t shift;
    } moves[] = {
        {"2026-06-08T16:00:00+08:00", 0, PLAN_SHIFT_LATER},
        {"2026-06-08T18:00:00+08:00", 0, PLAN_SHIFT_EARLIER},
        {"2026-06-05T17:00:00+08:00", 1, 8}, /* a Friday */
        {"2026-06-04T17:00:00+08:00", 2, 9},
        {"2026-06-02T17:00:00+08:00", 4, 10},
        {"2026-05-29T17:00:00+08:00", 6, 11},
        {"2026-05-22T17:00:00+08:00", 11, 12},
        {"2026-04-20T17:00:00+08:00", 33, 13},
        {"2026-06-09T17:00:00+08:00", -1, 5},
        {"2026-06-10T17:00:00+08:00", -2, 4},
        {"2026-06-12T17:00:00+08:00", -4, 3},
        {"2026-06-15T17:00:00+08:00", -5, 2},
        {"2026-06-23T17:00:00+08:00", -10, 1}, /* past the Dragon Boat Festival */
        {"2026-07-23T17:00:00+08:00", -32, 0},
    };
    for (size_t i = 0; i < COUNT_OF(moves); i++) {
        struct fixture *fixture = *state;
        rules_plan_finish(&fixture->plan);
        rules_plan_init(&fixture->plan, &fixture->config, at(now));
        const struct rules_plan *plan =
            plan_of(fixture, stored(fixture, "normal", moves[i].old_due));
        assert_int_equal(plan->same, 0);
        assert_int_equal(plan->largest[0].workdays, moves[i].workdays);
        assert_int_equal(plan->shifts[moves[i].shift], 1);
        assert_int_equal(plan->later, at(moves[i].old_due) < at(due));
        assert_int_equal(plan->earlier + plan->later, 1);
        assert_int_equal(plan->places[0].earlier, plan->earlier);
    }
}

static void the_largest_shifts_are_kept_in_order(void **state)
{
    struct fixture *fixture = *state;
    for (int hour = 1; hour <= 23; hour++) {
        char text[INSTANT_TEXT_BYTES];
        instant_text(at(due) + (hour * 7 % 24) * 3600 * US_PER_S, text);
        plan_of(fixture, stored(fixture, "normal", text));
    }
    const struct rules_plan *plan = &fixture->plan;
    assert_int_equal(plan->largest_count, PLAN_LARGEST);
    for (size_t i = 0; i < PLAN_LARGEST; i++) {
        int64_t hours = (plan->largest[i].old_due - plan->largest[i].new_due) / 3600 / US_PER_S;
        assert_int_equal(hours, 23 - (int64_t)i);
        assert_string_equal(plan->largest[i].case_no, "A1");
    }
}

static void levels_turn_and_are_told(void **state)
{
    struct fixture *fixture = *state;
    const struct rules_plan *plan = plan_of(fixture, stored(fixture, "yellow", due));
    assert_int_equal(turns(plan, "yellow", "normal"), 1);
    assert_int_equal(plan->cleared, 1);
    fixture->plan.now = at("2026-06-09T09:00:00+08:00");
    plan_of(fixture, stored(fixture, "yellow", due));
    plan_of(fixture, stored(fixture, "normal", due));
    plan_of(fixture, stored(fixture, "red", due));
    assert_int_equal(turns(plan, "yellow", "red"), 1);
    assert_int_equal(turns(plan, "normal", "red"), 1);
    assert_int_equal(turns(plan, "red", "red"), 0);
    assert_int_equal(plan->raised, 2);
    assert_int_equal(plan->cleared, 1);
    assert_int_equal(plan->same, 1);
    /* A level that the policy no longer knows is cleared, and what holds is raised. */
    plan_of(fixture, stored(fixture, "amber", due));
    assert_int_equal(plan->raised, 3);
    assert_int_equal(plan->cleared, 2);
    assert_int_equal(plan->places[0].raised, 3);
    /* Unless that was told on the way there. */
    struct plan_clock clock = stored(fixture, "purple", due);
    clock.told = "yellow red purple";
    plan_of(fixture, clock);
    assert_int_equal(plan->raised, 3);
    assert_int_equal(plan->cleared, 3);
    clock.told = "redder infrared purple";
    plan_of(fixture, clock);
    assert_int_equal(plan->raised, 4);
}

static void what_has_ended_stays(void **state)
{
    struct fixture *fixture = *state;
    struct plan_clock clock = stored(fixture, "red", "2026-06-01T17:00:00+08:00");
    clock.state = PLAN_STOPPED;
    const struct rules_plan *plan = plan_of(fixture, clock);
    assert_int_equal(plan->frozen, 1);
    assert_int_equal(plan->reopened, 1);
    assert_int_equal(plan->clocks, 0);
    fixture->facts.at[MILESTONE_COMPLETED] = at("2026-06-02T09:00:00+08:00");
    fixture->facts.status = CASE_COMPLETED;
    plan_of(fixture, clock);
    assert_int_equal(plan->frozen, 2);
    assert_int_equal(plan->reopened, 1);
    clock.state = PLAN_RUNNING;
    clock.basis_hash = basis(fixture);
    plan_of(fixture, clock);
    assert_int_equal(plan->ends, 1);
}

static void other_facts_are_not_compared(void **state)
{
    struct fixture *fixture = *state;
    struct plan_clock clock = stored(fixture, "normal", "2026-06-01T17:00:00+08:00");
    clock.basis_hash++;
    const struct rules_plan *plan = plan_of(fixture, clock);
    assert_int_equal(plan->changed, 1);
    assert_int_equal(plan->clocks, 0);
    clock.has_rules = false; /* then nothing is known of the facts that it was stored by */
    plan_of(fixture, clock);
    assert_int_equal(plan->clocks, 1);
    clock.settled = false;
    plan_of(fixture, clock);
    assert_int_equal(plan->changed, 2);
}

static void suspended_clocks_compare_by_level(void **state)
{
    struct fixture *fixture = *state;
    fixture->facts.suspensions[0] =
        (struct suspension){"", at("2026-06-02T09:00:00+08:00"), WALL_NONE};
    fixture->facts.suspension_count = 1;
    fixture->facts.status = CASE_SUSPENDED;
    struct plan_clock clock = stored(fixture, "normal", "2026-06-30T17:00:00+08:00");
    clock.state = PLAN_SUSPENDED;
    const struct rules_plan *plan = plan_of(fixture, clock);
    assert_int_equal(plan->same, 1);
    clock.state = PLAN_RUNNING;
    plan_of(fixture, clock);
    assert_int_equal(plan->stops, 1);
    assert_int_equal(plan->earlier + plan->later, 0);
    fixture->clocks[0].stopped_by_all = false;
    fixture->plan.now = at("2026-06-09T09:00:00+08:00");
    clock.level = "red";
    clock.state = PLAN_SUSPENDED;
    plan_of(fixture, clock);
    assert_int_equal(plan->resumes, 1);
    assert_int_equal(plan->raised, 1);
    assert_int_equal(plan->earlier, 1);
}

static void clocks_come_and_go(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.clock_count = 2;
    const struct rules_plan *plan = plan_of(fixture, stored(fixture, "normal", due));
    assert_int_equal(plan->added, 1);
    assert_int_equal(plan->raised, 0);
    assert_int_equal(turns(plan, "", "normal"), 1);
    struct plan_clock gone = stored(fixture, "red", due);
    gone.state = PLAN_GONE;
    fixture->plan.now = at("2026-06-09T09:00:00+08:00");
    plan_of(fixture, gone);
    assert_int_equal(plan->added, 3);
    assert_int_equal(plan->raised, 2);
    fixture->config.clock_count = 1;
    struct plan_clock other = stored(fixture, "yellow", due);
    other.clock = "reply";
    plan_of(fixture, other);
    assert_int_equal(plan->dropped, 1);
    assert_int_equal(plan->cleared, 1);
    assert_int_equal(turns(plan, "yellow", ""), 1);
    other.state = PLAN_STOPPED;
    plan_of(fixture, other);
    assert_int_equal(plan->dropped, 1);
}

static void what_cannot_be_computed_is_named(void **state)
{
    struct fixture *fixture = *state;
    fixture->facts.limit.value = LIMIT_VALUE_MOST;
    const struct rules_plan *plan =
        plan_of(fixture, (struct plan_clock){.clock = "", .level = "", .told = ""});
    assert_int_equal(plan->unusable, 1);
    assert_int_equal(plan->newly_unusable, 1);
    assert_string_equal(plan->examples[0].case_no, "A1");
    assert_non_null(strstr(plan->examples[0].reason, "cn"));
    rules_plan_case(&fixture->plan, &fixture->facts, NULL, 0, true);
    rules_plan_bad(&fixture->plan, "A2", "no limit", true);
    rules_plan_bad(&fixture->plan, "A3", "no limit", false);
    assert_int_equal(plan->unusable, 4);
    assert_int_equal(plan->newly_unusable, 2);
    assert_int_equal(plan->example_count, 2);
    fixture->facts.limit.value = 5;
    rules_plan_case(&fixture->plan, &fixture->facts, NULL, 0, true);
    assert_int_equal(plan->mended, 1);
    assert_int_equal(plan->added, 1);
    assert_int_equal(plan->cases, 5);
}

static void departments_are_counted_apart(void **state)
{
    struct fixture *fixture = *state;
    char code[16];
    for (int i = 0; i < 100; i++) {
        snprintf(code, sizeof code, "D%d", i % 50);
        fixture->facts.department_code = code;
        plan_of(fixture, stored(fixture, "normal", i % 2 ? due : "2026-06-05T17:00:00+08:00"));
    }
    const struct rules_plan *plan = &fixture->plan;
    assert_int_equal(plan->departments.count, 50);
    int64_t clocks = 0, later = 0;
    for (size_t i = 0; i < 50; i++) {
        clocks += plan->places[i].clocks;
        later += plan->places[i].later;
        assert_int_equal(plan->places[i].earlier, 0);
    }
    assert_int_equal(clocks, 100);
    assert_int_equal(later, 50);
}

static int load_calendar(void **state)
{
    (void)state;
    struct problems problems = {0};
    calendar = calendar_load_file(SOURCE_DIR "/etc/calendars/cn.yaml", &problems);
    problems_finish(&problems);
    return calendar ? 0 : -1;
}

static int drop_calendar(void **state)
{
    (void)state;
    calendar_destroy(calendar);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_stays_is_the_same),
        TEST(due_instants_move_by_working_days),
        TEST(the_largest_shifts_are_kept_in_order),
        TEST(levels_turn_and_are_told),
        TEST(what_has_ended_stays),
        TEST(other_facts_are_not_compared),
        TEST(suspended_clocks_compare_by_level),
        TEST(clocks_come_and_go),
        TEST(what_cannot_be_computed_is_named),
        TEST(departments_are_counted_apart),
    };
    return cmocka_run_group_tests(tests, load_calendar, drop_calendar);
}
