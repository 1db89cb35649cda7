/* The law's rules as tables: when limits end, and which levels they pass. Times are Beijing
 * time; November 2026: the 16th, 23rd and 30th are Mondays. */
#include "duban/calendar_file.h"
#include "duban/clock.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct calendar *cn;

static int load_cn(void **state)
{
    (void)state;
    struct problems problems = {0};
    cn = calendar_load_file(SOURCE_DIR "/etc/calendars/cn.yaml", &problems);
    problems_finish(&problems);
    return cn ? 0 : -1;
}

static int drop_cn(void **state)
{
    (void)state;
    calendar_destroy(cn);
    return 0;
}

/* "2026-11-16 10:00" in Beijing; NULL is no instant. */
static wall_us beijing(const char *text)
{
    if (text == NULL)
        return WALL_NONE;
    char full[64];
    wall_us at;
    struct error error;
    snprintf(full, sizeof full, "%s:00+08:00", text);
    assert_true(instant_parse(full, &at, &error));
    return at;
}

static void assert_at(wall_us at, const char *expected, size_t row)
{
    char text[INSTANT_TEXT_BYTES];
    if (at == beijing(expected))
        return;
    instant_text_offset(at, 8 * 3600, text);
    fail_msg("row %zu: %s, expected %s", row, text, expected ? expected : "none");
}

struct due_row {
    const char *start;
    int32_t value;
    enum limit_unit unit;
    enum start_mode start_mode;
    enum due_mode due_mode;
    const char *due;
};

#define AFTER START_STRICTLY_AFTER
#define ROLL  START_ROLL_FORWARD

static const struct due_row due_rows[] = {
    /* 民法典 201: the day of the start isn't counted; 203: the last day ends at closing */
    {"2026-11-16 10:00", 1, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-11-17 17:00"},
    {"2026-11-16 00:00", 1, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-11-17 17:00"},
    {"2026-11-16 23:59", 1, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-11-17 17:00"},
    {"2026-11-20 10:00", 5, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-11-27 17:00"},
    {"2026-11-20 10:00", 20, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-12-18 17:00"},
    /* a start on a rest day, by both conventions */
    {"2026-11-21 10:00", 1, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-11-23 17:00"},
    {"2026-11-21 10:00", 1, LIMIT_WORKDAY, ROLL, DUE_CLOSING, "2026-11-24 17:00"},
    {"2026-11-20 10:00", 1, LIMIT_WORKDAY, ROLL, DUE_CLOSING, "2026-11-23 17:00"},
    /* 许可法 82: holidays aren't counted, make-up days are */
    {"2026-09-30 10:00", 3, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-10-10 17:00"},
    {"2026-09-18 10:00", 1, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-09-20 17:00"},
    {"2026-02-13 10:00", 2, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-02-24 17:00"},
    {"2020-01-23 10:00", 1, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2020-02-03 17:00"},
    {"2022-12-30 10:00", 1, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2023-01-03 17:00"},
    /* other ends of the day */
    {"2026-11-16 10:00", 1, LIMIT_WORKDAY, AFTER, DUE_END_OF_DAY, "2026-11-18 00:00"},
    {"2026-11-16 10:20", 2, LIMIT_WORKDAY, AFTER, DUE_SAME_TIME, "2026-11-18 10:20"},
    {"2026-11-21 22:10", 1, LIMIT_WORKDAY, ROLL, DUE_SAME_TIME, "2026-11-24 22:10"},
    /* 即办件: the same day; after closing or on a rest day, the next working day */
    {"2026-11-16 08:00", 0, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-11-16 17:00"},
    {"2026-11-16 12:30", 0, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-11-16 17:00"},
    {"2026-11-16 16:59", 0, LIMIT_WORKDAY, ROLL, DUE_CLOSING, "2026-11-16 17:00"},
    {"2026-11-16 17:00", 0, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-11-17 17:00"},
    {"2026-11-21 10:00", 0, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-11-23 17:00"},
    {"2026-11-21 10:00", 0, LIMIT_WORKDAY, ROLL, DUE_CLOSING, "2026-11-23 17:00"},
    {"2026-11-20 18:00", 0, LIMIT_WORKDAY, AFTER, DUE_SAME_TIME, "2026-11-23 17:00"},
    {"2026-11-20 18:00", 0, LIMIT_DAY, AFTER, DUE_END_OF_DAY, "2026-11-24 00:00"},
    /* calendar days; one that ends on a rest day ends on the next working day */
    {"2026-11-16 10:00", 3, LIMIT_DAY, AFTER, DUE_CLOSING, "2026-11-19 17:00"},
    {"2026-11-16 10:00", 5, LIMIT_DAY, AFTER, DUE_CLOSING, "2026-11-23 17:00"},
    {"2026-09-28 10:00", 5, LIMIT_DAY, AFTER, DUE_CLOSING, "2026-10-08 17:00"},
    {"2026-11-21 10:00", 1, LIMIT_DAY, ROLL, DUE_CLOSING, "2026-11-24 17:00"},
    {"2026-11-16 10:20", 30, LIMIT_DAY, AFTER, DUE_SAME_TIME, "2026-12-16 10:20"},
    /* working hours: what ends exactly at closing is due at closing */
    {"2026-11-16 16:00", 1, LIMIT_WORKHOUR, AFTER, DUE_CLOSING, "2026-11-16 17:00"},
    {"2026-11-16 16:00", 2, LIMIT_WORKHOUR, AFTER, DUE_CLOSING, "2026-11-17 10:00"},
    {"2026-11-16 11:30", 1, LIMIT_WORKHOUR, AFTER, DUE_END_OF_DAY, "2026-11-16 13:30"},
    {"2026-11-16 11:00", 1, LIMIT_WORKHOUR, AFTER, DUE_CLOSING, "2026-11-16 12:00"},
    {"2026-11-21 10:00", 7, LIMIT_WORKHOUR, AFTER, DUE_CLOSING, "2026-11-23 17:00"},
    {"2026-11-20 17:00", 7, LIMIT_WORKHOUR, AFTER, DUE_CLOSING, "2026-11-23 17:00"},
    /* hours of real time */
    {"2026-11-20 16:00", 24, LIMIT_HOUR, AFTER, DUE_CLOSING, "2026-11-21 16:00"},
    {"2026-11-20 16:00", 0, LIMIT_HOUR, AFTER, DUE_CLOSING, "2026-11-20 16:00"},
    /* the last known day */
    {"2026-12-30 10:00", 1, LIMIT_WORKDAY, AFTER, DUE_CLOSING, "2026-12-31 17:00"},
    {"2026-12-30 10:00", 1, LIMIT_WORKDAY, AFTER, DUE_END_OF_DAY, "2027-01-01 00:00"},
    {"2026-12-31 10:00", 6, LIMIT_WORKHOUR, AFTER, DUE_CLOSING, "2026-12-31 17:00"},
};

static void limits_end_when_the_law_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(due_rows); i++) {
        const struct due_row *row = &due_rows[i];
        struct clock_rule rule = {
            .calendar = cn, .start_mode = row->start_mode, .due_mode = row->due_mode};
        struct limit limit = {.value = row->value, .unit = row->unit};
        struct error error;
        wall_us due;
        if (!clock_due(&rule, beijing(row->start), limit, &due, &error))
            fail_msg("row %zu: %s", i, error.text);
        assert_at(due, row->due, i);
    }
}

static void beyond_the_calendar_is_an_error(void **state)
{
    (void)state;
    static const struct due_row rows[] = {
        {"2026-12-31 10:00", 1, LIMIT_WORKDAY, AFTER, DUE_CLOSING, NULL},
        {"2026-12-31 17:00", 0, LIMIT_WORKDAY, AFTER, DUE_CLOSING, NULL},
        {"2026-12-31 10:00", 1, LIMIT_DAY, AFTER, DUE_CLOSING, NULL},
        {"2026-12-31 10:00", 7, LIMIT_WORKHOUR, AFTER, DUE_CLOSING, NULL},
        {"2026-12-31 10:00", 15, LIMIT_HOUR, AFTER, DUE_CLOSING, NULL},
        {"2027-01-04 10:00", 1, LIMIT_HOUR, AFTER, DUE_CLOSING, NULL},
        {"2026-11-16 10:00", LIMIT_VALUE_MOST, LIMIT_WORKHOUR, AFTER, DUE_CLOSING, NULL},
        {"2026-11-16 10:00", LIMIT_VALUE_MOST, LIMIT_DAY, AFTER, DUE_CLOSING, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct clock_rule rule = {.calendar = cn, .due_mode = rows[i].due_mode};
        struct limit limit = {.value = rows[i].value, .unit = rows[i].unit};
        struct error error = {.text = ""};
        wall_us due = 42;
        if (rows[i].unit == LIMIT_HOUR && i == 4)
            limit.value = 15; /* 2027-01-01 01:00 */
        assert_false(clock_due(&rule, beijing(rows[i].start), limit, &due, &error));
        assert_int_equal(due, 42);
        assert_non_null(strstr(error.text, "calendar 'cn' ends on 2026-12-31"));
    }
}

#define YELLOW(when)                                                                               \
    {                                                                                              \
        "yellow", THRESHOLD_WORKDAY, AT_OPENING, when, -3                                          \
    }
#define RED                                                                                        \
    {                                                                                              \
        "red", THRESHOLD_WORKDAY, AT_EXACT, SHORT_AT_START, 0                                      \
    }

static const struct policy standard = {"standard", 2, {YELLOW(SHORT_LAST_DAY), RED}};

static struct clock_rule standard_rule(enum suspension_mode mode)
{
    return (struct clock_rule){.calendar = cn, .policy = &standard, .suspension_mode = mode};
}

static struct clock_state replay(const struct clock_rule *rule, const struct clock_facts *facts,
                                 const char *now)
{
    struct clock_state state;
    struct error error;
    if (!clock_replay(rule, facts, beijing(now), &state, &error))
        fail_msg("%s", error.text);
    return state;
}

struct level_row {
    struct level level;
    const char *start;
    int32_t value;
    enum limit_unit unit;
    const char *reached;
};

#define OPENING AT_OPENING
#define EXACT   AT_EXACT

static const struct level_row level_rows[] = {
    /* 5 working days from Monday 16th: due Monday 23rd, 17:00 */
    {{"l", THRESHOLD_WORKDAY, OPENING, SHORT_NEVER, -3},
     "2026-11-16 10:00",
     5,
     LIMIT_WORKDAY,
     "2026-11-18 09:00"},
    {{"l", THRESHOLD_WORKDAY, OPENING, SHORT_NEVER, -1},
     "2026-11-16 10:00",
     5,
     LIMIT_WORKDAY,
     "2026-11-20 09:00"},
    {{"l", THRESHOLD_WORKDAY, OPENING, SHORT_NEVER, 0},
     "2026-11-16 10:00",
     5,
     LIMIT_WORKDAY,
     "2026-11-23 09:00"},
    {{"l", THRESHOLD_WORKDAY, EXACT, SHORT_NEVER, -3},
     "2026-11-16 10:00",
     5,
     LIMIT_WORKDAY,
     "2026-11-18 17:00"},
    {{"l", THRESHOLD_WORKDAY, EXACT, SHORT_NEVER, 0},
     "2026-11-16 10:00",
     5,
     LIMIT_WORKDAY,
     "2026-11-23 17:00"},
    {{"l", THRESHOLD_WORKDAY, EXACT, SHORT_NEVER, 2},
     "2026-11-16 10:00",
     5,
     LIMIT_WORKDAY,
     "2026-11-25 17:00"},
    {{"l", THRESHOLD_WORKDAY, OPENING, SHORT_NEVER, 1},
     "2026-11-16 10:00",
     5,
     LIMIT_WORKDAY,
     "2026-11-24 09:00"},
    {{"l", THRESHOLD_WORKHOUR, EXACT, SHORT_NEVER, -4},
     "2026-11-16 10:00",
     5,
     LIMIT_WORKDAY,
     "2026-11-23 12:00"},
    {{"l", THRESHOLD_WORKHOUR, EXACT, SHORT_NEVER, -10},
     "2026-11-16 10:00",
     5,
     LIMIT_WORKDAY,
     "2026-11-20 14:00"},
    {{"l", THRESHOLD_WORKHOUR, OPENING, SHORT_NEVER, -10},
     "2026-11-16 10:00",
     5,
     LIMIT_WORKDAY,
     "2026-11-20 09:00"},
    {{"l", THRESHOLD_WORKHOUR, EXACT, SHORT_NEVER, 2},
     "2026-11-16 10:00",
     5,
     LIMIT_WORKDAY,
     "2026-11-24 11:00"},
    /* 10 working hours: 10:00–12:00, 13:00–17:00, 09:00–12:00, 13:00–14:00; 90 % are 9 */
    {{"l", THRESHOLD_SHARE, EXACT, SHORT_NEVER, 90},
     "2026-11-16 10:00",
     10,
     LIMIT_WORKHOUR,
     "2026-11-17 12:00"},
    {{"l", THRESHOLD_SHARE, OPENING, SHORT_NEVER, 90},
     "2026-11-16 10:00",
     10,
     LIMIT_WORKHOUR,
     "2026-11-17 09:00"},
    {{"l", THRESHOLD_SHARE, EXACT, SHORT_NEVER, 100},
     "2026-11-16 10:00",
     10,
     LIMIT_WORKHOUR,
     "2026-11-17 14:00"},
    {{"l", THRESHOLD_SHARE, EXACT, SHORT_NEVER, 50},
     "2026-11-20 16:00",
     48,
     LIMIT_HOUR,
     "2026-11-21 16:00"},
    /* a limit no longer than the warning: 3 working days from Monday, due Thursday */
    {{"l", THRESHOLD_WORKDAY, OPENING, SHORT_AT_START, -3},
     "2026-11-16 10:00",
     3,
     LIMIT_WORKDAY,
     "2026-11-16 10:00"},
    {{"l", THRESHOLD_WORKDAY, OPENING, SHORT_AT_START, -3},
     "2026-11-16 18:00",
     3,
     LIMIT_WORKDAY,
     "2026-11-17 09:00"},
    {{"l", THRESHOLD_WORKDAY, EXACT, SHORT_AT_START, -4},
     "2026-11-16 18:00",
     3,
     LIMIT_WORKDAY,
     "2026-11-16 18:00"},
    {{"l", THRESHOLD_WORKDAY, OPENING, SHORT_LAST_DAY, -3},
     "2026-11-16 10:00",
     3,
     LIMIT_WORKDAY,
     "2026-11-19 09:00"},
    {{"l", THRESHOLD_WORKDAY, OPENING, SHORT_NEVER, -3},
     "2026-11-16 10:00",
     3,
     LIMIT_WORKDAY,
     NULL},
    {{"l", THRESHOLD_WORKDAY, OPENING, SHORT_LAST_DAY, -3},
     "2026-11-16 10:00",
     0,
     LIMIT_WORKDAY,
     NULL},
    {{"l", THRESHOLD_WORKDAY, OPENING, SHORT_LAST_DAY, -3},
     "2026-11-20 18:00",
     0,
     LIMIT_WORKDAY,
     "2026-11-23 09:00"},
    /* a warning whose day lies before the calendar's begin lies before the start */
    {{"l", THRESHOLD_WORKDAY, OPENING, SHORT_AT_START, -30},
     "2020-01-02 10:00",
     5,
     LIMIT_WORKDAY,
     "2020-01-02 10:00"},
};

static void levels_lie_where_the_policy_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(level_rows); i++) {
        const struct level_row *row = &level_rows[i];
        struct policy policy = {"one", 1, {row->level}};
        struct clock_rule rule = {.calendar = cn, .policy = &policy};
        struct clock_facts facts = {.started_at = beijing(row->start),
                                    .stopped_at = WALL_NONE,
                                    .limit = {.value = row->value, .unit = row->unit}};
        struct clock_state before = replay(&rule, &facts, row->start);
        assert_at(before.reached_at[0], row->reached, i);
        if (row->reached == NULL)
            continue;
        wall_us reached = beijing(row->reached);
        struct clock_state just_before, then;
        struct error error;
        assert_true(clock_replay(&rule, &facts, reached, &then, &error));
        assert_int_equal(then.rank, 1);
        assert_true(then.next_at == WALL_NONE);
        assert_true(clock_replay(&rule, &facts, reached - 1, &just_before, &error));
        assert_int_equal(just_before.rank, 0);
        assert_int_equal(just_before.next_at, reached);
    }
}

struct suspended_row {
    enum suspension_mode mode;
    int32_t value;
    enum limit_unit unit;
    const char *start, *from[2], *to[2];
    const char *due, *yellow; /* as seen on 2026-11-30 09:30 */
};

/* clang-format off */
static const struct suspended_row suspended_rows[] = {
    /* suspended Monday, resumed Wednesday gives two */
    {SUSPENSION_WORKDAYS, 5, LIMIT_WORKDAY, "2026-11-13 10:00",
     {"2026-11-16 10:00"}, {"2026-11-18 10:00"},
     "2026-11-24 17:00", "2026-11-19 09:00"},
    /* within a day: nothing; over a weekend: the Monday */
    {SUSPENSION_WORKDAYS, 5, LIMIT_WORKDAY, "2026-11-16 10:00",
     {"2026-11-16 11:00"}, {"2026-11-16 16:00"},
     "2026-11-23 17:00", "2026-11-18 09:00"},
    {SUSPENSION_WORKDAYS, 5, LIMIT_WORKDAY, "2026-11-16 10:00",
     {"2026-11-20 16:00"}, {"2026-11-23 10:00"},
     "2026-11-24 17:00", "2026-11-18 09:00"},
    /* split or whole, the same */
    {SUSPENSION_WORKDAYS, 5, LIMIT_WORKDAY, "2026-11-13 10:00",
     {"2026-11-16 10:00", "2026-11-17 10:00"}, {"2026-11-17 10:00", "2026-11-18 10:00"},
     "2026-11-24 17:00", "2026-11-19 09:00"},
    /* yellow before the suspension stays where it was */
    {SUSPENSION_WORKDAYS, 5, LIMIT_WORKDAY, "2026-11-16 10:00",
     {"2026-11-18 10:00"}, {"2026-11-25 10:00"},
     "2026-11-30 17:00", "2026-11-18 09:00"},
    /* before the start, after due: nothing */
    {SUSPENSION_WORKDAYS, 5, LIMIT_WORKDAY, "2026-11-16 10:00",
     {"2026-11-01 10:00"}, {"2026-11-16 10:00"},
     "2026-11-23 17:00", "2026-11-18 09:00"},
    {SUSPENSION_WORKDAYS, 5, LIMIT_WORKDAY, "2026-11-16 10:00",
     {"2026-11-23 17:00"}, {"2026-11-26 10:00"},
     "2026-11-23 17:00", "2026-11-18 09:00"},
    /* calendar days are given back as calendar days */
    {SUSPENSION_WORKDAYS, 4, LIMIT_DAY, "2026-11-16 10:00",
     {"2026-11-17 10:00"}, {"2026-11-24 10:00"},
     "2026-11-27 17:00", "2026-11-24 10:00"},
    /* open time: 6 hours of Tuesday and 1 of Wednesday */
    {SUSPENSION_OPEN_TIME, 5, LIMIT_WORKDAY, "2026-11-13 10:00",
     {"2026-11-17 10:00"}, {"2026-11-18 10:00"},
     "2026-11-23 17:00", "2026-11-17 09:00"},
    {SUSPENSION_OPEN_TIME, 5, LIMIT_WORKDAY, "2026-11-13 10:00",
     {"2026-11-17 17:00"}, {"2026-11-18 09:00"},
     "2026-11-20 17:00", "2026-11-17 09:00"},
    /* working hours: always open time; hours: real time */
    {SUSPENSION_WORKDAYS, 10, LIMIT_WORKHOUR, "2026-11-20 10:00",
     {"2026-11-20 16:00"}, {"2026-11-23 10:00"},
     "2026-11-23 16:00", "2026-11-23 10:00"},
    {SUSPENSION_WORKDAYS, 10, LIMIT_HOUR, "2026-11-20 10:00",
     {"2026-11-20 16:00"}, {"2026-11-23 10:00"},
     "2026-11-23 14:00", "2026-11-23 10:00"},
};
/* clang-format on */

static void suspended_time_is_given_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(suspended_rows); i++) {
        const struct suspended_row *row = &suspended_rows[i];
        struct clock_rule rule = standard_rule(row->mode);
        struct suspension list[2] = {{.from = beijing(row->from[0]), .to = beijing(row->to[0])},
                                     {.from = beijing(row->from[1]), .to = beijing(row->to[1])}};
        struct clock_facts facts = {.started_at = beijing(row->start),
                                    .stopped_at = WALL_NONE,
                                    .limit = {.value = row->value, .unit = row->unit},
                                    .suspensions = list,
                                    .suspension_count = row->from[1] ? 2 : 1};
        struct clock_state found = replay(&rule, &facts, "2026-11-30 09:30");
        assert_at(found.due_at, row->due, i);
        if (row->unit == LIMIT_WORKDAY)
            assert_at(found.reached_at[0], row->yellow, i);
        assert_false(found.suspended);
    }
}

static void a_suspended_clock_stands_still(void **state)
{
    (void)state;
    struct clock_rule rule = standard_rule(SUSPENSION_WORKDAYS);
    struct suspension list[] = {{.from = beijing("2026-11-18 10:00"), .to = WALL_NONE}};
    struct clock_facts facts = {.started_at = beijing("2026-11-16 10:00"),
                                .stopped_at = WALL_NONE,
                                .limit = {.value = 5, .unit = LIMIT_WORKDAY},
                                .suspensions = list,
                                .suspension_count = 1};
    struct clock_state found = replay(&rule, &facts, "2026-11-25 11:00");
    assert_true(found.suspended);
    assert_int_equal(found.rank, 1); /* yellow since 09:00 on the 18th */
    assert_true(found.next_at == WALL_NONE);
    assert_true(found.reached_at[1] == WALL_NONE);
    assert_at(found.due_at, "2026-11-30 17:00", 0); /* if it were resumed now */
    assert_int_equal(found.workdays_left, 3);
    /* not suspended yet, a moment before */
    found = replay(&rule, &facts, "2026-11-18 09:59");
    assert_false(found.suspended);
    assert_int_equal(found.rank, 1);
    /* with an end that is known already, the next level is known too */
    list[0].to = beijing("2026-11-26 10:00");
    found = replay(&rule, &facts, "2026-11-25 11:00");
    assert_true(found.suspended);
    assert_at(found.due_at, "2026-12-01 17:00", 1);
    assert_at(found.next_at, "2026-12-01 17:00", 1);
    /* stopped while suspended */
    list[0].to = WALL_NONE;
    facts.stopped_at = beijing("2026-11-20 10:00");
    found = replay(&rule, &facts, "2026-12-25 11:00");
    assert_false(found.suspended);
    assert_int_equal(found.rank, 1);
    assert_at(found.due_at, "2026-11-25 17:00", 2);
}

static void a_stopped_clock_keeps_its_level(void **state)
{
    (void)state;
    struct clock_rule rule = standard_rule(SUSPENSION_WORKDAYS);
    struct clock_facts facts = {.started_at = beijing("2026-11-16 10:00"),
                                .limit = {.value = 5, .unit = LIMIT_WORKDAY}};
    static const struct {
        const char *stopped;
        size_t rank;
        int32_t workdays_left;
        int open_left_hours;
    } rows[] = {
        {"2026-11-17 17:00", 0, 4, 28},  {"2026-11-18 09:00", 0, 3, 28},
        {"2026-11-18 09:01", 1, 3, 28},  {"2026-11-23 16:00", 1, 0, 1},
        {"2026-11-23 17:00", 1, 0, 0},   {"2026-11-23 17:01", 2, 0, 0},
        {"2026-11-24 10:00", 2, -1, -1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        facts.stopped_at = beijing(rows[i].stopped);
        struct clock_state found = replay(&rule, &facts, "2026-12-31 10:00");
        assert_int_equal(found.rank, rows[i].rank);
        assert_int_equal(found.workdays_left, rows[i].workdays_left);
        int64_t hours = found.open_left / (3600 * US_PER_S);
        assert_int_equal(hours + (found.open_left % (3600 * US_PER_S) > 0),
                         rows[i].open_left_hours);
        assert_true(found.next_at == WALL_NONE);
        assert_at(found.due_at, "2026-11-23 17:00", i);
    }
    /* long after the calendar's end, what was stopped can still be told */
    facts.stopped_at = beijing("2026-11-17 17:00");
    assert_int_equal(replay(&rule, &facts, "2030-01-01 00:00").rank, 0);
}

static void levels_after_due_wait_for_a_suspended_clock(void **state)
{
    (void)state;
    struct policy policy = {
        "late", 2, {RED, {"redder", THRESHOLD_WORKDAY, AT_EXACT, SHORT_NEVER, 2}}};
    struct clock_rule rule = {.calendar = cn, .policy = &policy};
    struct suspension list[] = {
        {.from = beijing("2026-11-24 10:00"), .to = beijing("2026-11-26 10:00")}};
    struct clock_facts facts = {.started_at = beijing("2026-11-16 10:00"),
                                .stopped_at = WALL_NONE,
                                .limit = {.value = 5, .unit = LIMIT_WORKDAY},
                                .suspensions = list,
                                .suspension_count = 1};
    struct clock_state found = replay(&rule, &facts, "2026-11-26 11:00");
    assert_at(found.due_at, "2026-11-23 17:00", 0);
    assert_int_equal(found.rank, 1);
    assert_at(found.next_at, "2026-11-27 17:00", 0); /* two suspended days later than the 25th */
    facts.suspension_count = 0;
    assert_at(replay(&rule, &facts, "2026-11-24 11:00").next_at, "2026-11-25 17:00", 1);
}

/* A deadline at 24:00 belongs to the day that it ends. */
static void midnight_ends_the_day_before(void **state)
{
    (void)state;
    struct problems problems = {0};
    struct calendar *always =
        calendar_load_file(SOURCE_DIR "/etc/calendars/round-the-clock.yaml", &problems);
    struct policy policy = {
        "last day", 1, {{"last", THRESHOLD_WORKDAY, AT_OPENING, SHORT_NEVER, 0}}};
    struct clock_rule rule = {.calendar = always, .policy = &policy};
    struct clock_facts facts = {.started_at = beijing("2026-11-16 14:00"),
                                .stopped_at = WALL_NONE,
                                .limit = {.value = 34, .unit = LIMIT_WORKHOUR}};
    struct clock_state found = replay(&rule, &facts, "2026-11-16 14:00");
    assert_at(found.due_at, "2026-11-18 00:00", 0);
    assert_at(found.reached_at[0], "2026-11-17 00:00", 0);
    assert_int_equal(found.workdays_left, 1);
    calendar_destroy(always);
    problems_finish(&problems);
}

static void failures_leave_the_result_alone(void **state)
{
    (void)state;
    struct clock_rule rule = standard_rule(SUSPENSION_WORKDAYS);
    struct clock_facts facts = {.started_at = beijing("2026-12-28 10:00"),
                                .stopped_at = WALL_NONE,
                                .limit = {.value = 20, .unit = LIMIT_WORKDAY}};
    struct clock_state found = {.rank = 77};
    struct error error;
    assert_false(clock_replay(&rule, &facts, beijing("2026-12-28 11:00"), &found, &error));
    assert_int_equal(found.rank, 77);
    assert_string_equal(error.text, "the deadline of 20 workdays: calendar 'cn' ends on "
                                    "2026-12-31: the working day asked for lies beyond it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_end_when_the_law_says),
        cmocka_unit_test(beyond_the_calendar_is_an_error),
        cmocka_unit_test(levels_lie_where_the_policy_says),
        cmocka_unit_test(suspended_time_is_given_back),
        cmocka_unit_test(a_suspended_clock_stands_still),
        cmocka_unit_test(a_stopped_clock_keeps_its_level),
        cmocka_unit_test(levels_after_due_wait_for_a_suspended_clock),
        cmocka_unit_test(midnight_ends_the_day_before),
        cmocka_unit_test(failures_leave_the_result_alone),
    };
    return cmocka_run_group_tests(tests, load_cn, drop_cn);
}
