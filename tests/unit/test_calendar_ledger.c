/* Day-by-day accounts. */
#include "duban/calendar_file.h"
#include "duban/calendar_ledger.h"
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

static wall_us beijing(const char *text)
{
    char full[64];
    wall_us at;
    struct error error;
    snprintf(full, sizeof full, "%s:00+08:00", text);
    assert_true(instant_parse(full, &at, &error));
    return at;
}

/* "02-13 start 4h" lines, one per day. */
static void write_ledger(const struct ledger *ledger, struct buf *out)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];
        char date[DAY_TEXT_BYTES];
        day_text(row->day.day, date);
        buf_format(out, "%s %s %d %dh", date + 5, ledger_mark_word(row->mark), row->number,
                   (int)(row->open / (3600 * US_PER_S)));
        if (row->suspended)
            buf_format(out, " -%dh", (int)(row->suspended / (3600 * US_PER_S)));
        buf_format(out, "%s%s\n", *row->day.name ? " " : "", row->day.name);
    }
}

static void assert_ledger(const struct ledger_span *span, const char *expected)
{
    struct ledger ledger;
    struct error error;
    AUTO_BUF out;
    buf_init(&out, 1 << 16);
    if (!ledger_build(cn, span, &ledger, &error))
        fail_msg("%s", error.text);
    write_ledger(&ledger, &out);
    assert_string_equal(buf_string(&out), expected);
    ledger_finish(&ledger);
}

static void every_day_has_its_reason(void **state)
{
    (void)state;
    struct suspension list[] = {
        {.from = beijing("2026-02-25 16:00"), .to = beijing("2026-02-27 10:00")}};
    struct ledger_span span = {.from = beijing("2026-02-13 13:00"),
                               .to = beijing("2026-02-28 17:00"),
                               .suspensions = list,
                               .suspension_count = 1};
    assert_ledger(&span, "02-13 start 0 4h\n"
                         "02-14 counted 1 7h 春节\n"
                         "02-15 holiday 0 0h 春节\n"
                         "02-16 holiday 0 0h 春节\n"
                         "02-17 holiday 0 0h 春节\n"
                         "02-18 holiday 0 0h 春节\n"
                         "02-19 holiday 0 0h 春节\n"
                         "02-20 holiday 0 0h 春节\n"
                         "02-21 holiday 0 0h 春节\n"
                         "02-22 holiday 0 0h 春节\n"
                         "02-23 holiday 0 0h 春节\n"
                         "02-24 counted 2 7h\n"
                         "02-25 counted 3 6h -1h\n"
                         "02-26 suspended 0 0h -7h\n"
                         "02-27 suspended 0 6h -1h\n"
                         "02-28 counted 4 7h 春节\n");
}

static void a_start_on_a_rest_day_may_roll(void **state)
{
    (void)state;
    struct ledger_span span = {.from = beijing("2026-11-21 10:00"),
                               .to = beijing("2026-11-25 00:00")};
    assert_ledger(&span, "11-21 rest 0 0h\n11-22 rest 0 0h\n"
                         "11-23 counted 1 7h\n11-24 counted 2 7h\n");
    span.roll_forward = true;
    assert_ledger(&span, "11-21 rest 0 0h\n11-22 rest 0 0h\n"
                         "11-23 start 0 7h\n11-24 counted 1 7h\n");
}

/* The account of a clock's span counts exactly its limit. */
static void accounts_agree_with_the_clock(void **state)
{
    (void)state;
    struct policy policy = {.count = 0};
    struct clock_rule rule = {.calendar = cn, .policy = &policy};
    for (int32_t days = 1; days < 60; days++) {
        struct suspension list[] = {
            {.from = beijing("2026-01-01 10:00") + days * 7 * US_PER_DAY / 5, .to = 0}};
        list[0].to = list[0].from + days % 9 * US_PER_DAY;
        struct clock_facts facts = {.started_at = beijing("2026-01-01 09:30") + days * US_PER_DAY,
                                    .stopped_at = WALL_NONE,
                                    .limit = {.value = days, .unit = LIMIT_WORKDAY},
                                    .suspensions = list,
                                    .suspension_count = 1};
        struct clock_state clock;
        struct ledger ledger;
        struct error error;
        assert_true(clock_replay(&rule, &facts, facts.started_at, &clock, &error));
        struct ledger_span span = {.from = facts.started_at,
                                   .to = clock.due_at,
                                   .suspensions = list,
                                   .suspension_count = 1};
        assert_true(ledger_build(cn, &span, &ledger, &error));
        assert_int_equal(ledger.counted_days, days);
        ledger_finish(&ledger);
    }
}

static struct ledger_span span_of(const struct clock_rule *rule, const struct clock_facts *facts,
                                  wall_us due_at)
{
    bool hours = facts->limit.unit == LIMIT_WORKHOUR || facts->limit.unit == LIMIT_HOUR;
    return (struct ledger_span){
        .from = facts->started_at,
        .to = due_at,
        .roll_forward = rule->start_mode == START_ROLL_FORWARD,
        .suspensions = facts->suspensions,
        .suspension_count = facts->suspension_count,
        .unit = facts->limit.unit,
        .by_open_time = hours || rule->suspension_mode == SUSPENSION_OPEN_TIME,
        .has_most = !hours,
        .most = facts->limit.value,
    };
}

/* Whatever is counted, and however suspensions are given back. */
static void accounts_of_every_unit_add_up(void **state)
{
    (void)state;
    struct policy policy = {.count = 0};
    for (int32_t i = 0; i < 6000; i++) {
        struct clock_rule rule = {.calendar = cn,
                                  .policy = &policy,
                                  .start_mode = (enum start_mode)(i % 2),
                                  .suspension_mode = (enum suspension_mode)(i / 2 % 2)};
        struct clock_facts facts = {
            .started_at =
                beijing("2025-03-01 00:10") + i * 37 * 3600 * US_PER_S % (300 * US_PER_DAY),
            .stopped_at = WALL_NONE,
            .limit = {.value = i % 23, .unit = (enum limit_unit)(i / 4 % LIMIT_UNITS)}};
        struct suspension list[] = {{.from = facts.started_at + i % 11 * 5 * 3600 * US_PER_S}};
        list[0].to = list[0].from + i % 13 * 9 * 3600 * US_PER_S;
        facts.suspensions = list;
        facts.suspension_count = 1;
        struct clock_state clock;
        struct ledger ledger;
        struct error error;
        assert_true(clock_replay(&rule, &facts, facts.started_at, &clock, &error));
        struct ledger_span span = span_of(&rule, &facts, clock.due_at);
        assert_true(ledger_build(cn, &span, &ledger, &error));
        if (span.has_most)
            assert_int_equal(ledger.counted_days, facts.limit.value);
        else
            assert_int_equal(ledger.open, facts.limit.value * INT64_C(3600) * US_PER_S);
        ledger_finish(&ledger);
    }
}

static void calendar_days_count_rest_days_and_move_on_at_the_end(void **state)
{
    (void)state;
    struct ledger_span span = {.from = beijing("2026-11-18 10:00"),
                               .to = beijing("2026-11-23 17:00"),
                               .unit = LIMIT_DAY,
                               .has_most = true,
                               .most = 3};
    assert_ledger(&span, "11-18 start 0 6h\n11-19 counted 1 7h\n11-20 counted 2 7h\n"
                         "11-21 counted 3 0h\n11-22 rest 0 0h\n11-23 beyond 0 7h\n");
}

static void the_same_day_is_the_next_one_that_is_open(void **state)
{
    (void)state;
    struct ledger_span span = {
        .from = beijing("2026-11-20 18:00"), .to = beijing("2026-11-23 17:00"), .has_most = true};
    assert_ledger(&span,
                  "11-20 start 0 0h\n11-21 rest 0 0h\n11-22 rest 0 0h\n11-23 same_day 0 7h\n");
}

static void hours_count_from_the_start(void **state)
{
    (void)state;
    struct suspension list[] = {
        {.from = beijing("2026-11-20 14:00"), .to = beijing("2026-11-23 10:00")}};
    struct ledger_span span = {.from = beijing("2026-11-20 13:00"),
                               .to = beijing("2026-11-23 12:00"),
                               .suspensions = list,
                               .suspension_count = 1,
                               .unit = LIMIT_WORKHOUR,
                               .by_open_time = true};
    assert_ledger(&span, "11-20 counted 1 1h -3h\n11-21 rest 0 0h\n11-22 rest 0 0h\n"
                         "11-23 counted 2 2h -1h\n");
    span.unit = LIMIT_HOUR;
    assert_ledger(&span, "11-20 counted 1 1h -10h\n11-21 suspended 0 0h -24h\n"
                         "11-22 suspended 0 0h -24h\n11-23 counted 2 2h -10h\n");
}

static void spans_beyond_the_calendar_are_refused(void **state)
{
    (void)state;
    struct ledger ledger = {.count = 7};
    struct error error;
    struct ledger_span span = {.from = beijing("2026-12-30 10:00"),
                               .to = beijing("2027-01-02 10:00")};
    assert_false(ledger_build(cn, &span, &ledger, &error));
    assert_non_null(strstr(error.text, "calendar 'cn' ends on 2026-12-31"));
    span.to = beijing("2026-12-29 10:00");
    assert_false(ledger_build(cn, &span, &ledger, &error));
    assert_int_equal(ledger.count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_has_its_reason),
        cmocka_unit_test(a_start_on_a_rest_day_may_roll),
        cmocka_unit_test(accounts_agree_with_the_clock),
        cmocka_unit_test(accounts_of_every_unit_add_up),
        cmocka_unit_test(calendar_days_count_rest_days_and_move_on_at_the_end),
        cmocka_unit_test(the_same_day_is_the_next_one_that_is_open),
        cmocka_unit_test(hours_count_from_the_start),
        cmocka_unit_test(spans_beyond_the_calendar_are_refused),
    };
    return cmocka_run_group_tests(tests, load_cn, drop_cn);
}
