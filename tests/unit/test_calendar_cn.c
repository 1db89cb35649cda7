/* The shipped calendars: the State Council's days, and the examples that build on them. */
#include "duban/calendar_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct calendar *load(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/etc/calendars/%s.yaml", SOURCE_DIR, name);
    struct problems problems = {0};
    struct calendar *calendar = calendar_load_file(path, &problems);
    for (size_t i = 0; i < problems.count; i++)
        print_error("%s:%u: %s\n", problems.items[i].file, problems.items[i].line,
                    problems.items[i].text);
    problems_finish(&problems);
    assert_non_null(calendar);
    return calendar;
}

static struct calendar_day look(const struct calendar *calendar, const char *date)
{
    day_number day;
    struct calendar_day result;
    struct error error;
    assert_true(day_parse(date, &day, &error));
    assert_true(calendar_day(calendar, day, &result, &error));
    return result;
}

static void years_have_their_working_days(void **state)
{
    (void)state;
    static const int expected[] = {249, 250, 249, 249, 251, 248, 248};
    struct calendar *cn = load("cn");
    struct error error;
    for (int year = 2020; year <= 2026; year++) {
        int count = 0, moved = 0;
        for (day_number day = day_from_civil(year, 1, 1); day < day_from_civil(year + 1, 1, 1);
             day++) {
            struct calendar_day found;
            assert_true(calendar_day(cn, day, &found, &error));
            count += found.working;
            moved += found.working != (weekday_of(day) <= 5);
        }
        assert_int_equal(count, expected[year - 2020]);
        assert_true(moved > 15);
    }
    calendar_destroy(cn);
}

static void deviations_add_up(void **state)
{
    (void)state;
    struct calendar *cn = load("cn");
    struct error error;
    int moved = 0;
    for (day_number day = calendar_first_day(cn); day <= calendar_last_day(cn); day++) {
        struct calendar_day found;
        assert_true(calendar_day(cn, day, &found, &error));
        moved += found.working != (weekday_of(day) <= 5);
    }
    assert_int_equal(moved, 175);
    calendar_destroy(cn);
}

static void known_days_are_what_they_were(void **state)
{
    (void)state;
    static const struct {
        const char *date;
        enum day_kind kind;
        bool working;
        const char *name;
    } days[] = {
        {"2020-01-19", DAY_MAKEUP, true, "春节"},
        {"2020-01-31", DAY_HOLIDAY, false, "春节"}, /* the extension */
        {"2020-02-01", DAY_HOLIDAY, false, "春节"}, /* first a make-up day, then not */
        {"2020-02-03", DAY_REGULAR, true, ""},
        {"2020-10-08", DAY_HOLIDAY, false, "国庆节、中秋节"},
        {"2022-12-31", DAY_HOLIDAY, false, "元旦"}, /* of the notice for 2023 */
        {"2023-01-03", DAY_REGULAR, true, ""},
        {"2024-02-09", DAY_REGULAR, true, ""}, /* leave was only encouraged */
        {"2024-02-18", DAY_MAKEUP, true, "春节"},
        {"2025-01-27", DAY_REGULAR, true, ""},
        {"2026-09-20", DAY_MAKEUP, true, "国庆节"},
        {"2026-11-22", DAY_REGULAR, false, ""},
        {"2026-12-31", DAY_REGULAR, true, ""},
    };
    struct calendar *cn = load("cn");
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        struct calendar_day found = look(cn, days[i].date);
        assert_int_equal(found.kind, days[i].kind);
        assert_int_equal(found.working, days[i].working);
        assert_string_equal(found.name, days[i].name);
    }
    assert_int_equal(look(cn, "2026-11-23").span_count, 2);
    calendar_destroy(cn);
}

static void days_beyond_are_refused_by_name_and_date(void **state)
{
    (void)state;
    struct calendar *cn = load("cn");
    struct calendar_day found;
    struct error error;
    assert_false(calendar_day(cn, day_from_civil(2027, 1, 1), &found, &error));
    assert_string_equal(error.text, "calendar 'cn' ends on 2026-12-31: 2027-01-01 lies beyond it");
    assert_false(calendar_day(cn, day_from_civil(2019, 12, 31), &found, &error));
    assert_string_equal(error.text,
                        "calendar 'cn' begins on 2020-01-01: 2019-12-31 lies before it");
    calendar_destroy(cn);
}

static void weekends_count_where_they_shall(void **state)
{
    (void)state;
    struct calendar *calendar = load("hui-an-weekends");
    assert_true(look(calendar, "2026-11-21").working);
    assert_true(look(calendar, "2026-11-22").working);
    assert_false(look(calendar, "2026-10-04").working); /* Sunday in the national holiday */
    assert_int_equal(look(calendar, "2026-11-22").spans[0].closes -
                         look(calendar, "2026-11-22").spans[0].opens,
                     4 * 3600 * US_PER_S);
    calendar_destroy(calendar);
}

static void regions_add_days_off(void **state)
{
    (void)state;
    struct calendar *calendar = load("ningxia");
    assert_string_equal(look(calendar, "2021-05-13").name, "开斋节");
    assert_false(look(calendar, "2021-05-14").working);
    assert_string_equal(look(calendar, "2021-02-12").name, "春节");
    assert_true(look(calendar, "2021-02-20").working);
    assert_int_equal(calendar_last_day(calendar), day_from_civil(2022, 12, 31));
    calendar_destroy(calendar);
}

static void round_the_clock_is_always_open(void **state)
{
    (void)state;
    struct calendar *calendar = load("round-the-clock");
    struct calendar_day first, last;
    struct error error;
    span_us amount;
    assert_true(calendar_day(calendar, calendar_first_day(calendar), &first, &error));
    assert_true(calendar_day(calendar, calendar_last_day(calendar), &last, &error));
    assert_true(calendar_open_between(calendar, first.begins, last.ends, &amount, &error));
    assert_int_equal(amount, last.ends - first.begins);
    calendar_destroy(calendar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(years_have_their_working_days),
        cmocka_unit_test(deviations_add_up),
        cmocka_unit_test(known_days_are_what_they_were),
        cmocka_unit_test(days_beyond_are_refused_by_name_and_date),
        cmocka_unit_test(weekends_count_where_they_shall),
        cmocka_unit_test(regions_add_days_off),
        cmocka_unit_test(round_the_clock_is_always_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
