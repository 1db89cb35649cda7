/* Cases and a directory in, messages out: digests, hours, deputies, duty, reminders, what goes
 * stale, and the figures made of it. */
#include "duban/simulation.h"

#include "duban/directory_file.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ADDRESS "@example.org"

static const char people[] =
    "entries:\n"
    "  - {code: C, kind: centre, name: 中心}\n"
    "  - {code: XNB, kind: supervision, name: 效能办, parent: C, contacts: {sms: x" ADDRESS
    ", mail: x" ADDRESS "}}\n"
    "  - {code: D1, kind: department, name: 部门一, parent: C, contacts: {mail: d" ADDRESS "}}\n"
    "  - {code: W1, kind: window, name: 窗口一, parent: D1, contacts: {sms: w" ADDRESS
    ", mail: w" ADDRESS "}}\n"
    "  - {code: W2, kind: window, name: 窗口二, parent: D1, absent: [2026-03-09], deputy: W1,"
    " contacts: {sms: v" ADDRESS "}}\n"
    "  - {code: W3, kind: window, name: 窗口三, parent: D1, contacts: {sms: ["
    "{address: a" ADDRESS ", on: workdays}, {address: b" ADDRESS ", on: restdays}]}}\n";

struct world {
    struct config *config;
    struct directory *directory;
    struct simulation *simulation;
};

static void print_problems(struct problems *problems)
{
    AUTO_BUF told;
    buf_init(&told, 1 << 16);
    problems_print(problems, &told);
    if (told.length)
        print_error("%s", buf_string(&told));
    problems_finish(problems);
}

static wall_us at(const char *text)
{
    wall_us instant;
    struct error error;
    AUTO_FREE char *whole = mem_format("2026-%s:00+08:00", text);
    assert_true(instant_parse(whole, &instant, &error));
    return instant;
}

static int set_up(void **state)
{
    struct problems problems = {0};
    struct world *world = mem_zero(1, sizeof *world);
    world->config = config_load(SOURCE_DIR "/tests/unit/config/fine/simulation.yaml", &problems);
    if (world->config)
        world->directory =
            directory_load_yaml(people, strlen(people), "people.yaml", NULL, &problems);
    print_problems(&problems);
    if (world->directory)
        world->simulation = simulation_create(world->config, world->directory, at("03-01T00:00"),
                                              at("04-01T00:00"));
    *state = world;
    return world->simulation == NULL;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    simulation_destroy(world->simulation);
    directory_destroy(world->directory);
    config_destroy(world->config);
    free(world);
    return 0;
}

/* Accepted on Monday, 2 March 2026, with five working days: yellow on Wednesday at 09:00, red on
 * Monday the 9th at 17:00. */
static struct facts a_case(const char *number, const char *window)
{
    struct facts facts = {
        .case_no = number,
        .item_code = "I1",
        .kind = "promised",
        .department_code = "D1",
        .window_code = window,
        .applicant_phone = "anna" ADDRESS,
        .handler_phone = "",
        .agent_phone = "",
        .stage = "accepted",
        .project_class = "",
        .parent_case_no = "",
        .has_limit = true,
        .limit = {5, LIMIT_WORKDAY},
        .status = CASE_OPEN,
        .updated_at = at("03-31T10:00"),
    };
    for (size_t i = 0; i < MILESTONES; i++)
        facts.at[i] = WALL_NONE;
    facts.at[MILESTONE_RECEIVED] = facts.at[MILESTONE_ACCEPTED] = at("03-02T10:00");
    return facts;
}

static void complete(struct facts *facts, const char *when)
{
    facts->status = CASE_COMPLETED;
    facts->at[MILESTONE_COMPLETED] = at(when);
}

static void add(struct world *world, const struct facts *facts)
{
    struct error error;
    assert_true(simulation_case(world->simulation, facts, &error));
}

static void add_plain(struct world *world, const char *number, const char *window,
                      const char *completed)
{
    struct facts facts = a_case(number, window);
    if (completed)
        complete(&facts, completed);
    add(world, &facts);
}

static const struct simulation_channel *channel(const struct simulation_result *result,
                                                const char *name)
{
    for (size_t i = 0; i < result->channel_count; i++)
        if (strcmp(result->channels[i].channel->name, name) == 0)
            return &result->channels[i];
    fail();
    abort(); /* fail() doesn't return, which compilers aren't told */
}

/* Messages of a recipient on a channel; of all applicants with "". */
static int64_t messages_to(const struct simulation_result *result, const char *code, const char *on)
{
    size_t index = (size_t)(channel(result, on) - result->channels);
    int64_t messages = 0;
    for (size_t i = 0; i < result->recipient_count; i++)
        if (strcmp(result->recipients[i].code, code) == 0)
            messages += result->recipients[i].by_channel[index];
    return messages;
}

static const struct simulation_kind *find_kind(const struct simulation_result *result,
                                               const char *name)
{
    for (size_t i = 0; i < result->kind_count; i++)
        if (strcmp(result->kinds[i].kind, name) == 0)
            return &result->kinds[i];
    return NULL;
}

static const struct simulation_kind *kind(const struct simulation_result *result, const char *name)
{
    const struct simulation_kind *found = find_kind(result, name);
    if (!found) {
        fail();
        abort();
    }
    return found;
}

/* --- digests --- */

static void a_burst_is_one_message(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 50; i++) {
        char number[8];
        snprintf(number, sizeof number, "A%d", i);
        add_plain(world, number, "W1", "03-05T10:00");
    }
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(channel(result, "sms")->messages, 1);
    assert_int_equal(channel(result, "sms")->notifications, 50);
    assert_int_equal(messages_to(result, "W1", "sms"), 1);
    assert_int_equal(channel(result, "mail")->messages, 50); /* the applicant's, one by one */
    assert_int_equal(kind(result, "yellow")->told, 50);
}

/* A case of three working days is yellow from its acceptance. */
static void add_short(struct world *world, const char *number, const char *window,
                      const char *accepted, const char *completed)
{
    struct facts facts = a_case(number, window);
    facts.limit.value = 3;
    facts.at[MILESTONE_RECEIVED] = facts.at[MILESTONE_ACCEPTED] = at(accepted);
    complete(&facts, completed);
    add(world, &facts);
}

static void the_first_goes_at_once_and_the_rest_together(void **state)
{
    struct world *world = *state;
    add_short(world, "A1", "W1", "03-03T10:00", "03-04T10:00");
    add_short(world, "A2", "W1", "03-03T10:01", "03-04T10:00");
    add_short(world, "A3", "W1", "03-03T10:09", "03-04T10:00");
    add_short(world, "A4", "W1", "03-03T10:11",
              "03-04T10:00"); /* after the stretch has begun anew */
    add_short(world, "A5", "W1", "03-03T10:30", "03-04T10:00");
    add_short(world, "A6", "W2", "03-03T10:01", "03-04T10:00"); /* another number */
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(messages_to(result, "W1", "sms"), 4); /* 10:00, 10:10 two, 10:20, 10:30 */
    assert_int_equal(messages_to(result, "W2", "sms"), 1);
    assert_int_equal(channel(result, "sms")->notifications, 6);
}

static void what_goes_stale_meanwhile_is_not_told(void **state)
{
    struct world *world = *state;
    add_short(world, "A1", "W1", "03-03T10:00", "03-04T10:00");
    add_short(world, "A2", "W1", "03-03T10:01", "03-03T10:05"); /* completed within the stretch */
    struct facts suspended = a_case("A3", "W1");
    suspended.limit.value = 3;
    suspended.at[MILESTONE_ACCEPTED] = at("03-03T10:02");
    suspended.status = CASE_SUSPENDED;
    suspended.suspensions[0] = (struct suspension){"supplement", at("03-03T10:06"), WALL_NONE};
    suspended.suspension_count = 1;
    add(world, &suspended);
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(channel(result, "sms")->messages, 1);
    assert_int_equal(channel(result, "sms")->cancelled, 2);
    assert_int_equal(kind(result, "yellow")->told, 3);
}

/* --- hours, reminders --- */

static void hours_hold_until_the_opening(void **state)
{
    struct world *world = *state;
    add_plain(world, "A1", "W1", "03-10T08:00"); /* red on Monday at closing, completed before
                                                    Tuesday's opening */
    add_plain(world, "A2", "W1", "03-10T10:00");
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(kind(result, "red")->told, 2);
    assert_int_equal(messages_to(result, "XNB", "sms"), 1); /* A1 was over at 09:00 */
    assert_int_equal(channel(result, "sms")->cancelled, 1);
    assert_int_equal(messages_to(result, "W1", "sms"),
                     2); /* any time: yellow, red, each a digest */
    const struct simulation_recipient *office = NULL;
    for (size_t i = 0; i < result->recipient_count; i++)
        if (strcmp(result->recipients[i].code, "XNB") == 0)
            office = &result->recipients[i];
    assert_int_equal(office->worst_day, day_from_civil(2026, 3, 10));
    assert_string_equal(office->role, "supervision");
}

static void nobody_acknowledges_reminders(void **state)
{
    struct world *world = *state;
    add_plain(world, "A1", "W1", "03-30T10:00"); /* all three: 10, 11, 12 March */
    add_plain(world, "A2", "W1", "03-11T08:00"); /* one */
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(kind(result, "reminder")->recorded, 4);
    assert_int_equal(messages_to(result, "W1", "mail"), 4);
    assert_int_equal(messages_to(result, "XNB", "mail"), 1); /* from the third on */
}

static void a_suspended_clock_reminds_nobody(void **state)
{
    struct world *world = *state;
    struct facts facts = a_case("A1", "W1");
    facts.status = CASE_SUSPENDED;
    facts.suspensions[0] = (struct suspension){"supplement", at("03-10T10:00"), WALL_NONE};
    facts.suspension_count = 1;
    add(world, &facts);
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(kind(result, "reminder")->recorded, 1); /* of the 10th, an hour before */
}

/* --- whom --- */

static void a_deputy_stands_in_on_the_day(void **state)
{
    struct world *world = *state;
    add_plain(world, "A1", "W2", NULL); /* yellow on the 4th; red on the 9th, when W2 is away */
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(messages_to(result, "W2", "sms"), 1);
    assert_int_equal(messages_to(result, "W1", "sms"), 1);
}

static void who_is_on_duty_is_told(void **state)
{
    struct world *world = *state;
    add_plain(world, "A1", "W3", NULL);
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(messages_to(result, "W3", "sms"), 2); /* yellow, red: both on working days */
    assert_int_equal(channel(result, "sms")->off_duty, 2);
}

static void whom_nothing_reaches_is_counted(void **state)
{
    struct world *world = *state;
    struct facts facts = a_case("A1", "W1");
    facts.applicant_phone = "";
    complete(&facts, "03-05T10:00");
    add(world, &facts);
    facts = a_case("A2", "none");
    facts.department_code = "none";
    add(world, &facts);
    facts = a_case("A3", "none");
    add(world, &facts); /* its department is known, so its supervision is */
    const struct simulation_result *result = simulation_close(world->simulation);
    /* The window of yellow and of red; for A2 the supervision. */
    assert_int_equal(channel(result, "sms")->unreachable, 2 + 2 + 1);
    /* The applicant; the leader, the window of three reminders; for A2 the department and the
       supervision of the third reminder. */
    assert_int_equal(channel(result, "mail")->unreachable, 1 + 2 + 2 * 3 + 2);
    assert_int_equal(messages_to(result, "D1", "mail"), 1);
}

static void extend(struct facts *facts, const char *when)
{
    facts->extensions[0] =
        (struct extension){"", {10, LIMIT_WORKDAY}, "局长", "专家意见", at(when)};
    facts->extension_count = 1;
}

static void who_was_warned_hears_that_it_is_over(void **state)
{
    struct world *world = *state;
    struct facts facts = a_case("A1", "W1"); /* no route tells what is cleared */
    extend(&facts, "03-05T15:00");
    complete(&facts, "03-06T10:00");
    add(world, &facts);
    facts = a_case("A2", "W3"); /* on Saturday: the one who was warned isn't on duty any more */
    extend(&facts, "03-07T15:00");
    complete(&facts, "03-09T10:00");
    add(world, &facts);
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(kind(result, "cleared")->told, 2);
    assert_int_equal(messages_to(result, "W1", "sms"), 2);
    assert_int_equal(messages_to(result, "W3", "sms"), 2);
    assert_int_equal(channel(result, "sms")->off_duty, 1); /* of the warning */
    assert_int_equal(channel(result, "sms")->cancelled, 0);
}

static void who_was_not_warned_hears_nothing(void **state)
{
    struct world *world = *state;
    add_short(world, "A1", "W1", "03-03T10:00", "03-04T10:00");
    struct facts facts = a_case("A2", "W1"); /* its warning waits for the end of the stretch */
    facts.limit.value = 3;
    facts.at[MILESTONE_RECEIVED] = facts.at[MILESTONE_ACCEPTED] = at("03-03T10:01");
    extend(&facts, "03-03T10:05");
    complete(&facts, "03-06T10:00");
    add(world, &facts);
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(kind(result, "cleared")->told, 1);
    assert_int_equal(channel(result, "sms")->messages, 1);
    assert_int_equal(channel(result, "sms")->cancelled, 1);
}

static void who_leads_a_joint_case_is_left_out(void **state)
{
    struct world *world = *state;
    struct facts facts = a_case("A1", "W1");
    facts.kind = "joint";
    facts.parent_case_no = "A0";
    add(world, &facts);
    add_plain(world, "A2", "W1", NULL);
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(channel(result, "mail")->left_out, 1);
}

static void persons_count_by_their_number(void **state)
{
    struct world *world = *state;
    struct facts facts = a_case("A1", "W1");
    complete(&facts, "03-03T10:00");
    add(world, &facts);
    facts.case_no = "A2";
    add(world, &facts);
    facts.case_no = "A3";
    facts.applicant_phone = "bert" ADDRESS;
    add(world, &facts);
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(result->role_count, 1);
    assert_string_equal(result->roles[0].role, "applicant");
    assert_int_equal(result->roles[0].recipients, 2);
    assert_int_equal(result->roles[0].messages, 3);
    assert_int_equal(result->roles[0].days, 2);
    assert_int_equal(result->roles[0].worst, 2);
    assert_string_equal(result->recipients[0].code, "");
    assert_int_equal(result->recipients[0].messages, 2);
}

/* --- figures --- */

static void days_and_the_busiest_minute(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 3; i++) {
        char number[8];
        snprintf(number, sizeof number, "A%d", i);
        add_plain(world, number, "W1", i == 0 ? "03-03T09:59" : "03-03T11:20");
    }
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(result->busiest.messages, 2);
    assert_int_equal(result->busiest.at, at("03-03T11:20"));
    assert_int_equal(result->day_count, 31);
    assert_int_equal(result->days[2].day, day_from_civil(2026, 3, 3));
    assert_int_equal(result->days[2].messages, 3);
    assert_int_equal(result->days[3].messages, 0);
}

static void ends_are_counted_by_place(void **state)
{
    struct world *world = *state;
    add_plain(world, "A1", "W1", "03-09T17:00"); /* when it is due: in time */
    add_plain(world, "A2", "W1", "03-09T17:01");
    add_plain(world, "A3", "W1", NULL); /* overdue at the end */
    struct facts facts = a_case("A4", "W2");
    facts.limit.value = 60;
    add(world, &facts);
    facts = a_case("A5", "W2");
    facts.status = CASE_WITHDRAWN;
    facts.updated_at = at("03-05T10:00");
    add(world, &facts);
    const struct simulation_result *result = simulation_close(world->simulation);
    const struct simulation_ends *ends = &result->departments[0].ends;
    assert_int_equal(result->department_count, 1);
    assert_string_equal(result->departments[0].name, "部门一");
    assert_int_equal(ends->ended, 2);
    assert_int_equal(ends->in_time, 1);
    assert_int_equal(ends->otherwise, 1);
    assert_int_equal(ends->open, 2);
    assert_int_equal(ends->overdue, 1);
    assert_int_equal(result->window_count, 2);
    assert_string_equal(result->windows[0].code, "W1");
    assert_int_equal(result->windows[0].raised, 3 + 2);
    assert_string_equal(result->levels[1], "red");
    assert_int_equal(result->windows[0].levels[1], 2);
    assert_int_equal(result->clocks[0].ends.open, 2);
}

static void what_is_outside_the_period_is_left_out(void **state)
{
    struct world *world = *state;
    struct facts facts = a_case("A1", "W1");
    facts.at[MILESTONE_RECEIVED] = facts.at[MILESTONE_ACCEPTED] = at("02-12T10:00");
    add(world, &facts); /* yellow on 13 February, red on 26 February */
    facts = a_case("A2", "W1");
    facts.at[MILESTONE_RECEIVED] = facts.at[MILESTONE_ACCEPTED] = at("03-24T16:00");
    complete(&facts, "04-02T10:00"); /* yellow on the 26th, red on the 31st at closing */
    add(world, &facts);
    const struct simulation_result *result = simulation_close(world->simulation);
    assert_int_equal(kind(result, "yellow")->recorded, 1);
    assert_int_equal(kind(result, "red")->recorded, 1);
    assert_null(find_kind(result, "completed"));
    assert_int_equal(channel(result, "sms")->held, 1); /* the office would be told on 1 April */
    assert_int_equal(result->clocks[0].ends.open, 2);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_burst_is_one_message),
        TEST(the_first_goes_at_once_and_the_rest_together),
        TEST(what_goes_stale_meanwhile_is_not_told),
        TEST(hours_hold_until_the_opening),
        TEST(nobody_acknowledges_reminders),
        TEST(a_suspended_clock_reminds_nobody),
        TEST(a_deputy_stands_in_on_the_day),
        TEST(who_is_on_duty_is_told),
        TEST(whom_nothing_reaches_is_counted),
        TEST(who_was_warned_hears_that_it_is_over),
        TEST(who_was_not_warned_hears_nothing),
        TEST(who_leads_a_joint_case_is_left_out),
        TEST(persons_count_by_their_number),
        TEST(days_and_the_busiest_minute),
        TEST(ends_are_counted_by_place),
        TEST(what_is_outside_the_period_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
