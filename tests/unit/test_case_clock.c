/* Configured clocks applied to facts: where they begin and end, their limits, their hash. */
#include "duban/case_clock.h"

#include "duban/calendar_file.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char calendar_text[] = "name: test\n"
                                    "zone: Asia/Shanghai\n"
                                    "valid: {from: 2026-01-01, until: 2026-12-31}\n"
                                    "hours:\n"
                                    "  weekdays: [09:00-12:00, 13:00-17:00]\n";

static const struct config_policy strict = {
    .policy = {.name = "strict",
               .count = 1,
               .levels = {{.name = "red", .unit = THRESHOLD_WORKDAY, .at = AT_EXACT}}},
};

static const struct config_policy usual = {
    .policy =
        {.name = "usual",
         .count = 2,
         .levels = {{.name = "yellow", .unit = THRESHOLD_WORKDAY, .at = AT_OPENING, .amount = -3},
                    {.name = "red", .unit = THRESHOLD_WORKDAY, .at = AT_EXACT}}},
    .levels = {{.severity = 1}, {.severity = 2}},
};

struct fixture {
    struct calendar *calendar;
    const char *choice_item;
    struct match_term only_item;
    struct config_choice choice;
    struct config_clock completion, reply;
    struct facts facts;
};

static wall_us at(const char *text)
{
    wall_us instant;
    struct error error;
    assert_true(instant_parse(text, &instant, &error));
    return instant;
}

/* A case accepted on Monday, 1 June, with 5 working days; due on Monday, 8 June, 17:00. */
static int set_up(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof *fixture);
    struct problems problems = {0};
    fixture->calendar =
        calendar_load_text(calendar_text, sizeof calendar_text - 1, "test", &problems);
    problems_finish(&problems);
    assert_non_null(fixture->calendar);
    fixture->choice_item = "I9";
    fixture->only_item =
        (struct match_term){.subject = MATCH_ITEM, .word_count = 1, .words = &fixture->choice_item};
    struct config_terms terms = {
        .rule = {.calendar = fixture->calendar, .policy = &usual.policy},
        .policy = &usual,
        .extends = true,
        .version = "usual",
    };
    fixture->choice =
        (struct config_choice){.match = {1, &fixture->only_item, false}, .terms = terms};
    fixture->choice.terms.rule.policy = &strict.policy;
    fixture->choice.terms.policy = &strict;
    fixture->completion = (struct config_clock){
        .name = "completion",
        .from = {.kind = POINT_MILESTONE, .milestone = MILESTONE_ACCEPTED},
        .until_count = 1,
        .until = {{.kind = POINT_MILESTONE, .milestone = MILESTONE_COMPLETED}},
        .stopped_by_all = true,
        .terms = terms,
        .choice_count = 1,
        .choices = &fixture->choice,
    };
    fixture->reply = fixture->completion;
    fixture->reply.name = "reply";
    fixture->reply.until[0].milestone = MILESTONE_PROCESSED;
    fixture->reply.terms.limit_source = LIMIT_OWN;
    fixture->reply.terms.limit = (struct limit){1, LIMIT_WORKDAY};
    fixture->facts = (struct facts){
        .case_no = "A1",
        .item_code = "I1",
        .kind = "promised",
        .department_code = "D1",
        .window_code = "W1",
        .has_limit = true,
        .limit = {5, LIMIT_WORKDAY},
        .status = CASE_OPEN,
        .updated_at = at("2026-06-20T00:00:00Z"),
    };
    for (size_t i = 0; i < MILESTONES; i++)
        fixture->facts.at[i] = WALL_NONE;
    fixture->facts.at[MILESTONE_ACCEPTED] = at("2026-06-01T10:00:00+08:00");
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    calendar_destroy(fixture->calendar);
    free(fixture);
    return 0;
}

static struct case_clock replay(const struct config_clock *config, const struct facts *facts,
                                const char *now)
{
    struct case_clock clock;
    struct error error = {""};
    bool replayed = case_clock_replay(config, facts, at(now), &clock, &error);
    if (!replayed)
        print_error("%s\n", error.text);
    assert_true(replayed);
    return clock;
}

static void levels_come_with_time(void **state)
{
    const struct fixture *fixture = *state;
    static const struct {
        const char *now, *level;
    } cases[] = {
        {"2026-06-01T10:00:00+08:00", "normal"}, {"2026-06-03T08:59:59+08:00", "normal"},
        {"2026-06-03T09:00:00+08:00", "yellow"}, {"2026-06-08T16:59:59+08:00", "yellow"},
        {"2026-06-08T17:00:00+08:00", "red"},
    };
    int64_t hash = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct case_clock clock = replay(&fixture->completion, &fixture->facts, cases[i].now);
        assert_string_equal(case_clock_level(&clock, clock.state.rank), cases[i].level);
        assert_string_equal(clock_condition_word(clock.condition), "running");
        assert_int_equal(clock.state.due_at, at("2026-06-08T17:00:00+08:00"));
        assert_int_equal(clock.stopped_at, WALL_NONE);
        assert_null(clock.ending);
        assert_true(hash == 0 || clock.hash == hash); /* time alone is no news */
        hash = clock.hash;
    }
}

static void a_clock_that_isnt_there(void **state)
{
    struct fixture *fixture = *state;
    const char *other = "other";
    struct match_term term = {.subject = MATCH_ITEM, .word_count = 1, .words = &other};
    fixture->completion.match = (struct match){1, &term, false};
    struct case_clock clock = replay(&fixture->completion, &fixture->facts, "2026-06-02T00:00:00Z");
    assert_int_equal(clock.condition, CLOCK_ABSENT);
    fixture->completion.match = (struct match){0};
    fixture->facts.at[MILESTONE_ACCEPTED] = WALL_NONE;
    fixture->facts.has_limit = false; /* not asked for before it begins */
    clock = replay(&fixture->completion, &fixture->facts, "2026-06-02T00:00:00Z");
    assert_int_equal(clock.condition, CLOCK_ABSENT);
}

static void endings(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        enum case_status status;
        const char *completed, *processed; /* milestones */
        const char *completion, *stopped;  /* how and when the clocks end; NULL: they go on */
        const char *reply, *reply_stopped;
    } cases[] = {
        {CASE_OPEN, NULL, NULL, NULL, NULL, NULL, NULL},
        {CASE_OPEN, NULL, "2026-06-02T01:00:00Z", NULL, NULL, "met", "2026-06-02T01:00:00Z"},
        {CASE_COMPLETED, "2026-06-03T01:00:00Z", NULL, "completed", "2026-06-03T01:00:00Z",
         "completed", "2026-06-03T01:00:00Z"},
        {CASE_COMPLETED, "2026-06-03T01:00:00Z", "2026-06-02T01:00:00Z", "completed",
         "2026-06-03T01:00:00Z", "met", "2026-06-02T01:00:00Z"},
        {CASE_RETURNED, NULL, NULL, "returned", "2026-06-20T00:00:00Z", "returned",
         "2026-06-20T00:00:00Z"},
        {CASE_WITHDRAWN, NULL, NULL, "withdrawn", "2026-06-20T00:00:00Z", "withdrawn",
         "2026-06-20T00:00:00Z"},
        {CASE_WITHDRAWN, "2026-06-03T01:00:00Z", NULL, "withdrawn", "2026-06-03T01:00:00Z",
         "withdrawn", "2026-06-03T01:00:00Z"},
        /* Wrong dates: before the acceptance at 10:00 on 1 June. */
        {CASE_COMPLETED, "2026-06-01T01:59:59Z", "2026-05-28T01:00:00Z", "completed",
         "2026-06-01T02:00:00Z", "met", "2026-06-01T02:00:00Z"},
        /* Reopened: the old milestone is still there. */
        {CASE_OPEN, "2026-06-03T01:00:00Z", NULL, NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facts *facts = &fixture->facts;
        facts->status = cases[i].status;
        facts->at[MILESTONE_COMPLETED] = cases[i].completed ? at(cases[i].completed) : WALL_NONE;
        facts->at[MILESTONE_PROCESSED] = cases[i].processed ? at(cases[i].processed) : WALL_NONE;
        const struct config_clock *configs[] = {&fixture->completion, &fixture->reply};
        const char *words[] = {cases[i].completion, cases[i].reply};
        const char *instants[] = {cases[i].stopped, cases[i].reply_stopped};
        for (size_t j = 0; j < COUNT_OF(configs); j++) {
            struct case_clock clock = replay(configs[j], facts, "2026-06-21T00:00:00Z");
            assert_int_equal(clock.condition, words[j] ? CLOCK_STOPPED : CLOCK_RUNNING);
            assert_int_equal(clock.stopped_at, words[j] ? at(instants[j]) : WALL_NONE);
            if (words[j])
                assert_string_equal(clock.ending, words[j]);
        }
    }
}

/* Whatever was due or warned of: an end before the beginning leaves no time for it. */
static void an_end_before_the_beginning_reaches_no_level(void **state)
{
    struct fixture *fixture = *state;
    static const struct suspension pause = {.from = 1, .to = WALL_NONE};
    for (int32_t value = 0; value <= 5; value++) {
        struct facts *facts = &fixture->facts;
        facts->status = CASE_COMPLETED;
        facts->at[MILESTONE_COMPLETED] = facts->at[MILESTONE_ACCEPTED] - 40 * US_PER_DAY;
        facts->limit.value = value;
        facts->suspensions[0] = pause;
        facts->suspension_count = (size_t)value % 2;
        struct case_clock clock = replay(&fixture->completion, facts, "2026-06-21T00:00:00Z");
        assert_int_equal(clock.condition, CLOCK_STOPPED);
        assert_int_equal(clock.stopped_at, clock.started_at);
        assert_int_equal(clock.state.rank, 0);
        assert_int_equal(clock.state.next_at, WALL_NONE);
        assert_true(clock.state.due_at > clock.started_at);
    }
}

static void a_suspended_clock(void **state)
{
    struct fixture *fixture = *state;
    fixture->facts.suspensions[0] =
        (struct suspension){"hearing", at("2026-06-02T01:00:00Z"), WALL_NONE};
    fixture->facts.suspension_count = 1;
    struct case_clock clock = replay(&fixture->completion, &fixture->facts, "2026-06-20T00:00:00Z");
    assert_int_equal(clock.condition, CLOCK_SUSPENDED);
    assert_int_equal(clock.state.rank, 0);
    assert_int_equal(clock.state.next_at, WALL_NONE);
}

static void limits_and_their_absence(void **state)
{
    struct fixture *fixture = *state;
    struct case_clock clock = replay(&fixture->reply, &fixture->facts, "2026-06-01T03:00:00Z");
    struct error error;
    assert_int_equal(clock.state.due_at, at("2026-06-02T17:00:00+08:00"));
    fixture->facts.has_limit = false;
    assert_false(case_clock_replay(&fixture->completion, &fixture->facts, 0, &clock, &error));
    assert_string_equal(error.text,
                        "limit_value is null; clock 'completion' needs a promised limit");
    assert_false(clock.beyond_calendar);
    fixture->completion.terms.limit_source = LIMIT_STATUTORY;
    assert_false(case_clock_replay(&fixture->completion, &fixture->facts, 0, &clock, &error));
    assert_string_equal(error.text,
                        "statutory_value is null; clock 'completion' needs a statutory limit");
    fixture->facts.has_statutory = true;
    fixture->facts.statutory = (struct limit){2, LIMIT_WORKDAY};
    clock = replay(&fixture->completion, &fixture->facts, "2026-06-01T03:00:00Z");
    assert_int_equal(clock.state.due_at, at("2026-06-03T17:00:00+08:00"));
}

static void a_deadline_beyond_the_calendar_is_said(void **state)
{
    struct fixture *fixture = *state;
    struct case_clock clock;
    struct error error;
    fixture->facts.limit.value = 1000;
    assert_false(case_clock_replay(&fixture->completion, &fixture->facts,
                                   at("2026-06-01T03:00:00Z"), &clock, &error));
    assert_true(clock.beyond_calendar);
    assert_ptr_equal(clock.rule.calendar, fixture->calendar);
    assert_non_null(strstr(error.text, "test"));
}

static void the_first_policy_that_matches_counts(void **state)
{
    struct fixture *fixture = *state;
    fixture->facts.item_code = "I9";
    struct case_clock clock =
        replay(&fixture->completion, &fixture->facts, "2026-06-08T17:00:00+08:00");
    assert_ptr_equal(clock.rule.policy, &strict.policy);
    assert_int_equal(clock.state.rank, 1);
    assert_string_equal(case_clock_level(&clock, 1), "red");
    assert_string_equal(case_clock_level(&clock, 0), "normal");
}

/* Whatever decides about a clock changes its hash; whatever doesn't leaves it alone. */
static void news_and_no_news(void **state)
{
    struct fixture *fixture = *state;
    static const char now[] = "2026-06-05T00:00:00Z";
    const struct facts plain = fixture->facts;
    int64_t before = replay(&fixture->completion, &plain, now).hash;
    struct facts news[15];
    for (size_t i = 0; i < COUNT_OF(news); i++)
        news[i] = plain;
    news[0].at[MILESTONE_ACCEPTED] += US_PER_S;
    news[1].limit.value = 6;
    news[2].limit.unit = LIMIT_DAY;
    news[3].window_code = "W2";
    news[4].department_code = "D2";
    news[5].item_code = "I2";
    news[6].status = CASE_WITHDRAWN;
    news[7].suspensions[0] = (struct suspension){"", at("2026-06-02T01:00:00Z"), WALL_NONE};
    news[7].suspension_count = 1;
    news[8].project_class = "green_channel";
    news[9].parent_case_no = "A0";
    news[10].reopened_at = at("2026-06-03T01:00:00Z");
    news[11].has_statutory = true;
    news[12].attribute_count = 1;
    news[12].attributes[0] = (struct attribute){"urgent", "true"};
    news[13].extension_count = news[14].extension_count = 1;
    news[13].extensions[0] = (struct extension){"", {1, LIMIT_WORKDAY}, "局长", "复杂", WALL_NONE};
    news[14].extensions[0] = (struct extension){"", {1, LIMIT_WORKDAY}, "局长", "", WALL_NONE};
    for (size_t i = 0; i < COUNT_OF(news); i++)
        assert_int_not_equal(replay(&fixture->completion, &news[i], now).hash, before);
    assert_int_not_equal(replay(&fixture->completion, &news[13], now).hash,
                         replay(&fixture->completion, &news[14], now).hash);

    struct facts same = plain;
    same.handler_name = same.applicant_name = "somebody else";
    same.applicant_phone = same.handler_phone = "13800000000";
    same.agent_name = same.agent_phone = same.result = "whatever";
    same.promised_due_at = at("2026-06-30T01:00:00Z");
    same.stage = "review";
    same.updated_at += US_PER_DAY;
    same.at[MILESTONE_REVIEWED] = at(now);
    assert_int_equal(replay(&fixture->completion, &same, now).hash, before);

    struct config_clock config = fixture->completion;
    snprintf(config.terms.version, sizeof config.terms.version, "another");
    struct case_clock clock = replay(&config, &plain, now);
    assert_int_not_equal(clock.hash, before);
    assert_int_equal(clock.basis_hash, replay(&fixture->completion, &plain, now).basis_hash);

    /* What has ended stays as it was, whatever the rules become. */
    int64_t ended = replay(&fixture->completion, &news[6], now).hash;
    assert_int_equal(replay(&config, &news[6], now).hash, ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(levels_come_with_time),
        TEST(a_clock_that_isnt_there),
        TEST(endings),
        TEST(an_end_before_the_beginning_reaches_no_level),
        TEST(a_suspended_clock),
        TEST(limits_and_their_absence),
        TEST(a_deadline_beyond_the_calendar_is_said),
        TEST(the_first_policy_that_matches_counts),
        TEST(news_and_no_news),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
