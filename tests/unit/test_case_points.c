/* Where clocks begin and end: milestones, suspensions, levels of other clocks, acceptances that
 * nobody has said (config/fine/points.yaml). */
#include "duban/case_clock.h"

#include "duban/buf.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct config *config;

static int set_up(void **state)
{
    (void)state;
    struct problems problems = {0};
    AUTO_BUF told;
    buf_init(&told, 1 << 16);
    config = config_load(SOURCE_DIR "/tests/unit/config/fine/points.yaml", &problems);
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

/* "03-02T10:00" of 2026, Chinese time. */
static wall_us at(const char *text)
{
    AUTO_FREE char *whole = mem_format("2026-%s:00+08:00", text);
    wall_us instant = WALL_NONE;
    struct error error;
    assert_true(instant_parse(whole, &instant, &error));
    return instant;
}

/* Received on Monday, 2 March, at 9, accepted at 10; 5 working days end on Monday the 9th. */
static struct facts plain(void)
{
    struct facts facts = {
        .case_no = "A1",
        .item_code = "I1",
        .kind = "promised",
        .department_code = "D1",
        .window_code = "W1",
        .has_limit = true,
        .limit = {5, LIMIT_WORKDAY},
        .status = CASE_OPEN,
        .reopened_at = WALL_NONE,
        .updated_at = at("04-01T10:00"),
    };
    for (size_t i = 0; i < MILESTONES; i++)
        facts.at[i] = WALL_NONE;
    facts.at[MILESTONE_RECEIVED] = at("03-02T09:00");
    facts.at[MILESTONE_ACCEPTED] = at("03-02T10:00");
    return facts;
}

static void suspend(struct facts *facts, const char *reason, const char *from, const char *to)
{
    struct suspension *next = &facts->suspensions[facts->suspension_count++];
    *next = (struct suspension){.from = at(from), .to = to ? at(to) : WALL_NONE};
    snprintf(next->reason, sizeof next->reason, "%s", reason);
    facts->status = to ? facts->status : CASE_SUSPENDED;
}

static void write_instant(struct buf *out, const char *what, wall_us instant)
{
    char text[INSTANT_TEXT_BYTES];
    instant_text_offset(instant, 8 * 3600, text);
    buf_format(out, " %s %.11s", what, text + 5);
}

/* "running from 03-02T10:00 until 03-09T17:00", "met from … at …", "absent". */
static const char *tell(const char *name, const struct facts *facts, const char *now)
{
    static char told[128];
    struct case_clock clock;
    struct error error = {""};
    AUTO_BUF out;
    buf_init(&out, sizeof told - 1);
    if (!case_clock_replay(config_clock_named(config, name), facts, at(now), &clock, &error)) {
        snprintf(told, sizeof told, "%s", error.text);
        return told;
    }
    buf_text(&out, clock.ending ? clock.ending : clock_condition_word(clock.condition));
    if (clock.condition != CLOCK_ABSENT)
        write_instant(&out, "from", clock.started_at);
    if (clock.condition == CLOCK_STOPPED)
        write_instant(&out, "at", clock.stopped_at);
    else if (clock.condition != CLOCK_ABSENT)
        write_instant(&out, "until", clock.state.due_at);
    snprintf(told, sizeof told, "%s", buf_string(&out));
    return told;
}

#define EXPECT(clock, facts, now, told) assert_string_equal(tell(clock, facts, now), told)

static void milestones(void **state)
{
    (void)state;
    struct facts facts = plain();
    EXPECT("completion", &facts, "03-03T10:00", "running from 03-02T10:00 until 03-09T17:00");
    EXPECT("reply", &facts, "03-03T10:00", "met from 03-02T09:00 at 03-02T10:00");
    EXPECT("only_joint", &facts, "03-03T10:00", "absent");
    facts.kind = "joint";
    EXPECT("only_joint", &facts, "03-03T10:00", "running from 03-02T10:00 until 03-09T17:00");
    facts.at[MILESTONE_RECEIVED] = WALL_NONE;
    EXPECT("reply", &facts, "03-03T10:00", "absent");
    /* steps that were recorded in a strange order end it where it begins */
    facts.at[MILESTONE_RECEIVED] = at("03-02T11:00");
    EXPECT("reply", &facts, "03-03T10:00", "met from 03-02T11:00 at 03-02T11:00");
}

static void the_first_end_that_comes_counts(void **state)
{
    (void)state;
    struct facts facts = plain();
    EXPECT("asked", &facts, "03-12T10:00", "met from 03-02T09:00 at 03-02T10:00");
    facts.at[MILESTONE_ACCEPTED] = at("03-13T10:00");
    suspend(&facts, "supplement", "03-05T10:00", "03-12T10:00");
    EXPECT("asked", &facts, "03-14T10:00", "met from 03-02T09:00 at 03-05T10:00");
    facts.at[MILESTONE_ACCEPTED] = WALL_NONE;
    facts.suspension_count = 0;
    facts.status = CASE_WITHDRAWN;
    EXPECT("asked", &facts, "04-02T10:00", "withdrawn from 03-02T09:00 at 04-01T10:00");
}

static void suspensions(void **state)
{
    (void)state;
    struct facts facts = plain();
    EXPECT("papers", &facts, "03-03T10:00", "absent");
    EXPECT("after_hearing", &facts, "03-03T10:00", "absent");
    suspend(&facts, "supplement", "03-03T10:00", "03-04T10:00");
    EXPECT("papers", &facts, "03-05T10:00", "met from 03-03T10:00 at 03-04T10:00");
    suspend(&facts, "hearing", "03-05T10:00", "03-06T10:00");
    EXPECT("review", &facts, "03-07T10:00", "met from 03-05T10:00 at 03-06T10:00");
    EXPECT("after_hearing", &facts, "03-07T10:00", "running from 03-06T10:00 until 03-10T17:00");
    /* the last one counts, and what it begins isn't stopped by it unless asked for */
    suspend(&facts, "supplement", "03-09T10:00", NULL);
    EXPECT("papers", &facts, "03-10T10:00", "running from 03-09T10:00 until 03-23T17:00");
    facts.suspensions[2].to = at("03-10T10:00");
    suspend(&facts, "hearing", "03-11T10:00", NULL);
    EXPECT("review", &facts, "03-12T10:00", "suspended from 03-11T10:00 until 03-16T17:00");
    EXPECT("after_hearing", &facts, "03-12T10:00", "absent");
}

/* While a hearing lasts, what began after the one before is over. */
static void a_level_of_another_clock(void **state)
{
    (void)state;
    struct facts facts = plain();
    EXPECT("order", &facts, "03-06T08:59", "absent");
    EXPECT("order", &facts, "03-06T09:00", "running from 03-06T09:00 until 03-10T17:00");
    EXPECT("second_order", &facts, "03-10T16:00", "absent");
    EXPECT("second_order", &facts, "03-10T17:00", "running from 03-10T17:00 until 03-11T17:00");
    facts.at[MILESTONE_PROCESSED] = at("03-09T10:00");
    EXPECT("order", &facts, "03-10T10:00", "met from 03-06T09:00 at 03-09T10:00");
    EXPECT("second_order", &facts, "03-12T10:00", "absent");
    /* the other one ended before, or hasn't such a level, or isn't there */
    facts = plain();
    facts.status = CASE_COMPLETED;
    facts.at[MILESTONE_COMPLETED] = at("03-06T09:00");
    EXPECT("order", &facts, "03-10T10:00", "absent");
    facts.at[MILESTONE_COMPLETED] = at("03-06T09:01");
    EXPECT("order", &facts, "03-10T10:00", "completed from 03-06T09:00 at 03-06T09:01");
    facts = plain();
    facts.kind = "instant";
    EXPECT("order", &facts, "03-10T10:00", "absent");
    facts = plain();
    facts.at[MILESTONE_ACCEPTED] = WALL_NONE;
    EXPECT("order", &facts, "03-10T10:00", "absent");
    /* and where it can't be told the reason is said */
    facts = plain();
    facts.has_limit = false;
    EXPECT("order", &facts, "03-10T10:00",
           "limit_value is null; clock 'completion' needs a promised limit");
}

static void acceptances_that_nobody_has_said(void **state)
{
    (void)state;
    struct facts facts = plain();
    EXPECT("deemed", &facts, "03-10T10:00", "running from 03-02T10:00 until 03-09T17:00");
    facts.at[MILESTONE_ACCEPTED] = WALL_NONE;
    EXPECT("deemed", &facts, "03-04T17:00", "absent");
    facts.at[MILESTONE_ACCEPTED] = at("03-04T17:00"); /* at the last instant */
    EXPECT("deemed", &facts, "03-10T10:00", "running from 03-04T17:00 until 03-11T17:00");
    facts.at[MILESTONE_ACCEPTED] = at("03-04T17:01"); /* too late */
    EXPECT("deemed", &facts, "03-10T10:00", "running from 03-02T09:00 until 03-09T17:00");
    facts.at[MILESTONE_ACCEPTED] = WALL_NONE;
    EXPECT("deemed", &facts, "03-04T17:01", "running from 03-02T09:00 until 03-09T17:00");
    suspend(&facts, "note", "03-04T17:01", "03-05T10:00"); /* asked for too late */
    EXPECT("deemed", &facts, "03-06T10:00", "running from 03-02T09:00 until 03-09T17:00");
    facts.suspensions[0].from = at("03-04T16:00");
    EXPECT("deemed", &facts, "03-06T10:00", "absent");
    /* what ended without an acceptance was not accepted */
    facts.suspension_count = 0;
    facts.status = CASE_RETURNED;
    EXPECT("deemed", &facts, "03-10T10:00", "absent");
    facts.at[MILESTONE_RECEIVED] = WALL_NONE;
    facts.status = CASE_OPEN;
    EXPECT("deemed", &facts, "03-10T10:00", "absent");
}

static void a_reopened_case_begins_anew(void **state)
{
    (void)state;
    struct facts facts = plain();
    facts.reopened_at = at("03-06T10:00");
    EXPECT("completion", &facts, "03-06T11:00", "running from 03-06T10:00 until 03-13T17:00");
    EXPECT("reply", &facts, "03-06T11:00", "met from 03-02T09:00 at 03-02T10:00");
    facts.status = CASE_COMPLETED;
    facts.at[MILESTONE_COMPLETED] = at("03-09T10:00");
    EXPECT("completion", &facts, "03-10T11:00", "completed from 03-06T10:00 at 03-09T10:00");
    facts.reopened_at = at("03-02T09:59"); /* before it was accepted */
    EXPECT("completion", &facts, "03-10T11:00", "completed from 03-02T10:00 at 03-09T10:00");
}

static void what_suspensions_do(void **state)
{
    (void)state;
    struct facts facts = plain();
    suspend(&facts, "note", "03-03T10:00", NULL);
    EXPECT("completion", &facts, "03-05T10:00", "running from 03-02T10:00 until 03-09T17:00");
    facts = plain();
    suspend(&facts, "unheard_of", "03-03T10:00", "03-04T10:00");
    EXPECT("completion", &facts, "03-05T10:00", "running from 03-02T10:00 until 03-10T17:00");
    facts = plain();
    suspend(&facts, "supplement", "03-03T10:00", NULL);
    EXPECT("completion", &facts, "03-04T10:00", "suspended from 03-02T10:00 until 03-10T17:00");
    facts.suspensions[0].to = at("03-04T10:00");
    EXPECT("completion", &facts, "03-04T10:00", "running from 03-04T10:00 until 03-11T17:00");
}

/* Then it runs again, and is looked at. */
static void the_longest_suspension_ends_by_itself(void **state)
{
    (void)state;
    struct facts facts = plain();
    struct case_clock clock;
    struct error error;
    suspend(&facts, "expert_review", "03-03T10:00", NULL);
    EXPECT("completion", &facts, "03-06T16:59", "suspended from 03-02T10:00 until 03-12T17:00");
    EXPECT("completion", &facts, "03-06T17:00", "running from 03-02T10:00 until 03-12T17:00");
    const struct config_clock *completion = config_clock_named(config, "completion");
    assert_true(case_clock_replay(completion, &facts, at("03-04T10:00"), &clock, &error));
    int64_t hash = clock.hash, basis = clock.basis_hash;
    assert_int_equal(clock.state.next_at, at("03-06T17:00"));
    assert_true(case_clock_replay(completion, &facts, at("03-06T17:00"), &clock, &error));
    assert_int_equal(clock.state.next_at, at("03-11T09:00"));
    assert_int_not_equal(clock.hash, hash);    /* that it runs is news, */
    assert_int_equal(clock.basis_hash, basis); /* though no facts are */
    /* one that nobody limits isn't awaited */
    facts = plain();
    suspend(&facts, "hearing", "03-03T10:00", NULL);
    assert_true(case_clock_replay(completion, &facts, at("03-04T10:00"), &clock, &error));
    assert_int_equal(clock.state.next_at, WALL_NONE);
}

/* The first clock in the file that runs until the case ends. */
static void one_clock_tells_that_the_case_has_ended(void **state)
{
    (void)state;
    static const struct {
        const char *clock;
        bool told_elsewhere;
    } accepted[] = {{"completion", false}, {"reply", false}, {"deemed", true}};
    struct facts facts = plain();
    struct case_clock clock;
    struct error error;
    facts.status = CASE_COMPLETED;
    facts.at[MILESTONE_COMPLETED] = at("03-05T10:00");
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        const struct config_clock *found = config_clock_named(config, accepted[i].clock);
        assert_true(case_clock_replay(found, &facts, at("03-06T10:00"), &clock, &error));
        assert_int_equal(clock.told_elsewhere, accepted[i].told_elsewhere);
    }
    /* returned before it was accepted: the clock of the first reply does */
    facts.status = CASE_RETURNED;
    facts.at[MILESTONE_ACCEPTED] = WALL_NONE;
    const struct config_clock *reply = config_clock_named(config, "reply");
    assert_true(case_clock_replay(reply, &facts, at("03-06T10:00"), &clock, &error));
    assert_string_equal(clock.ending, "returned");
    assert_false(clock.told_elsewhere);
    const struct config_clock *asked = config_clock_named(config, "asked");
    assert_true(case_clock_replay(asked, &facts, at("03-06T10:00"), &clock, &error));
    assert_true(clock.told_elsewhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(milestones),
        cmocka_unit_test(the_first_end_that_comes_counts),
        cmocka_unit_test(suspensions),
        cmocka_unit_test(a_level_of_another_clock),
        cmocka_unit_test(acceptances_that_nobody_has_said),
        cmocka_unit_test(a_reopened_case_begins_anew),
        cmocka_unit_test(what_suspensions_do),
        cmocka_unit_test(the_longest_suspension_ends_by_itself),
        cmocka_unit_test(one_clock_tells_that_the_case_has_ended),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
