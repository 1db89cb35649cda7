/* Lives of cases as sentences, compared with what is expected of each. */
#include "duban/history.h"

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
    config = config_load(SOURCE_DIR "/tests/unit/config/fine/rules.yaml", &problems);
    AUTO_BUF told;
    buf_init(&told, 1 << 16);
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

static wall_us at(const char *text)
{
    wall_us instant = WALL_NONE;
    if (text) {
        AUTO_FREE char *whole = mem_format("2026-%s:00+08:00", text);
        struct error error;
        assert_true(instant_parse(whole, &instant, &error));
    }
    return instant;
}

/* Accepted on Monday, 2 March 2026; 5 working days end on Monday the 9th, 17:00. */
static struct facts plain(const char *item)
{
    struct facts facts = {
        .case_no = "A1",
        .item_code = item,
        .kind = "promised",
        .department_code = "D1",
        .window_code = "W1",
        .stage = "accepted",
        .project_class = "",
        .parent_case_no = "",
        .has_limit = true,
        .limit = {5, LIMIT_WORKDAY},
        .status = CASE_OPEN,
        .updated_at = at("04-01T10:00"),
    };
    for (size_t i = 0; i < MILESTONES; i++)
        facts.at[i] = WALL_NONE;
    facts.at[MILESTONE_RECEIVED] = at("03-02T09:30");
    facts.at[MILESTONE_ACCEPTED] = at("03-02T10:00");
    return facts;
}

static void write_event(void *context, const struct facts *past, const struct history_event *event)
{
    struct buf *out = context;
    int32_t offset = 8 * 3600;
    wall_us local = event->at + offset * US_PER_S;
    char text[INSTANT_TEXT_BYTES];
    assert_string_equal(past->case_no, "A1");
    assert_true(event->recorded_at >= event->at);
    buf_format(out, "%.11s %s.%s v%d%s\n", instant_text(local, text) + 5, event->clock->name,
               event->kind, event->deadline_version,
               strcmp(event->told, TOLD_YES) == 0 ? "" : " untold");
}

static void expect(const struct facts *facts, const char *expected)
{
    AUTO_BUF out;
    struct error error;
    buf_init(&out, 1 << 16);
    assert_true(history_replay(config, facts, at("01-01T00:00"), at("06-01T00:00"), write_event,
                               &out, &error));
    assert_string_equal(buf_string(&out), expected);
}

static void an_open_case_turns_yellow_and_red(void **state)
{
    (void)state;
    struct facts facts = plain("I1");
    expect(&facts, "03-02T10:00 acceptance.met v1\n"
                   "03-04T09:00 completion.yellow v1\n"
                   "03-09T17:00 completion.red v1\n");
}

static void a_completion_ends_it(void **state)
{
    (void)state;
    struct facts facts = plain("I1");
    facts.status = CASE_COMPLETED;
    facts.at[MILESTONE_COMPLETED] = at("03-05T11:00");
    expect(&facts, "03-02T10:00 acceptance.met v1\n"
                   "03-04T09:00 completion.yellow v1\n"
                   "03-05T11:00 completion.completed v1\n");
}

static void an_extension_clears_a_level(void **state)
{
    (void)state;
    struct facts facts = plain("I1");
    facts.extensions[0] =
        (struct extension){"", {10, LIMIT_WORKDAY}, "局长", "专家意见", at("03-06T15:00")};
    facts.extension_count = 1;
    expect(&facts, "03-02T10:00 acceptance.met v1\n"
                   "03-04T09:00 completion.yellow v1\n"
                   "03-06T15:00 completion.cleared v2\n"
                   "03-18T09:00 completion.yellow v2\n"
                   "03-23T17:00 completion.red v2\n");
    facts.extensions[0].approver[0] = '\0'; /* doesn't count */
    expect(&facts, "03-02T10:00 acceptance.met v1\n"
                   "03-04T09:00 completion.yellow v1\n"
                   "03-09T17:00 completion.red v1\n");
}

static void an_order_begins_at_a_level(void **state)
{
    (void)state;
    struct facts facts = plain("ZJ-1");
    expect(&facts, "03-02T10:00 acceptance.met v1\n"
                   "03-09T17:00 completion.yellow v1\n"
                   "03-09T17:00 order.ordered v1\n"
                   "03-12T17:00 order.red v1\n"
                   "03-12T17:00 order.tacit_approval v1\n");
}

static void a_supplement_makes_it_begin_anew(void **state)
{
    (void)state;
    struct facts facts = plain("I1");
    facts.suspensions[0] = (struct suspension){"supplement", at("03-03T09:00"), at("03-16T10:00")};
    facts.suspension_count = 1;
    expect(&facts, "03-02T10:00 acceptance.met v1\n"
                   "03-18T09:00 completion.yellow v2\n"
                   "03-23T17:00 completion.red v2\n");
}

static void after_the_longest_allowed_it_runs_again(void **state)
{
    (void)state;
    struct facts facts = plain("I1");
    facts.status = CASE_SUSPENDED;
    facts.suspensions[0] = (struct suspension){"expert_review", at("03-03T09:00"), WALL_NONE};
    facts.suspension_count = 1;
    expect(&facts, "03-02T10:00 acceptance.met v1\n"
                   "03-11T09:00 completion.yellow v2\n"
                   "03-16T17:00 completion.red v2\n");
}

static void what_is_reported_has_a_clock_of_its_own(void **state)
{
    (void)state;
    struct facts facts = plain("I1");
    facts.status = CASE_SUSPENDED;
    facts.suspensions[0] = (struct suspension){"reported", at("03-03T09:00"), WALL_NONE};
    facts.suspension_count = 1;
    expect(&facts, "03-02T10:00 acceptance.met v1\n"
                   "03-17T17:00 above.yellow v1\n");
}

static void terms_differ_from_case_to_case(void **state)
{
    (void)state;
    struct facts facts = plain("I1");
    facts.project_class = "green_channel";
    expect(&facts, "03-02T10:00 acceptance.met v1\n"
                   "03-04T17:00 completion.yellow v1\n");
}

static void count_route(void *context, const struct config_route *route)
{
    buf_format(context, "%s %s\n", route->kind, route->role);
}

static void levels_may_have_routes_of_their_own(void **state)
{
    (void)state;
    AUTO_BUF out;
    buf_init(&out, 1 << 12);
    const struct config_policy *late = config_clock_named(config, "above")->terms.policy;
    const struct config_policy *standard = config_clock_named(config, "completion")->terms.policy;
    const struct history_event own = {.kind = "yellow", .policy = late};
    const struct history_event usual = {.kind = "red", .policy = standard};
    assert_int_equal(history_routes(config, &own, count_route, &out), 1);
    assert_int_equal(history_routes(config, &usual, count_route, &out), 2);
    assert_string_equal(buf_string(&out), "yellow department\nred window\nred supervision\n");
}

static void the_facts_of_a_day_know_nothing_of_the_next(void **state)
{
    (void)state;
    struct facts facts = plain("I1"), past;
    facts.status = CASE_COMPLETED;
    facts.at[MILESTONE_COMPLETED] = at("03-20T11:00");
    facts.suspensions[0] = (struct suspension){"hearing", at("03-03T09:00"), at("03-10T09:00")};
    facts.suspension_count = 1;
    facts.reopened_at = at("03-21T09:00");
    history_facts_at(&facts, at("03-04T09:00"), &past);
    assert_int_equal(past.status, CASE_SUSPENDED);
    assert_int_equal(past.suspensions[0].to, WALL_NONE);
    assert_int_equal(past.at[MILESTONE_COMPLETED], WALL_NONE);
    assert_int_equal(past.reopened_at, WALL_NONE);
    history_facts_at(&facts, at("03-11T09:00"), &past);
    assert_int_equal(past.status, CASE_OPEN);
    assert_int_equal(past.suspensions[0].to, at("03-10T09:00"));
    history_facts_at(&facts, at("03-20T11:00"), &past);
    assert_int_equal(past.status, CASE_COMPLETED);
    history_facts_at(&facts, at("03-01T09:00"), &past);
    assert_int_equal(past.suspension_count, 0);
    assert_int_equal(past.at[MILESTONE_ACCEPTED], WALL_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_case_turns_yellow_and_red),
        cmocka_unit_test(a_completion_ends_it),
        cmocka_unit_test(an_extension_clears_a_level),
        cmocka_unit_test(an_order_begins_at_a_level),
        cmocka_unit_test(a_supplement_makes_it_begin_anew),
        cmocka_unit_test(after_the_longest_allowed_it_runs_again),
        cmocka_unit_test(what_is_reported_has_a_clock_of_its_own),
        cmocka_unit_test(terms_differ_from_case_to_case),
        cmocka_unit_test(levels_may_have_routes_of_their_own),
        cmocka_unit_test(the_facts_of_a_day_know_nothing_of_the_next),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
