/* Instants, civil dates and their texts. */
#include "duban/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void civil_days_go_there_and_back(void **state)
{
    (void)state;
    struct civil date = civil_from_day(day_from_civil(1600, 2, 28) - 1);
    for (day_number day = day_from_civil(1600, 2, 28); day < day_from_civil(2401, 1, 1); day++) {
        struct civil next = civil_from_day(day);
        assert_int_equal(day, day_from_civil(next.year, next.month, next.day));
        assert_true(next.day == date.day + 1 || next.day == 1);
        assert_true(civil_is_valid(next.year, next.month, next.day));
        date = next;
    }
}

static void weekdays_are_those_of_the_calendar(void **state)
{
    (void)state;
    assert_int_equal(weekday_of(day_from_civil(1970, 1, 1)), 4);
    assert_int_equal(weekday_of(day_from_civil(2026, 11, 22)), 7);
    assert_int_equal(weekday_of(day_from_civil(1969, 12, 28)), 7);
    assert_int_equal(weekday_of(day_from_civil(2024, 2, 29)), 4);
}

static void instants_are_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *read, *written;
    } cases[] = {
        {"2026-11-22T09:34:56+08:00", "2026-11-22T01:34:56Z"},
        {"2026-11-22 01:34:56Z", "2026-11-22T01:34:56Z"},
        {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z"},
        {"2026-01-01T00:00:00.000001-05:30", "2026-01-01T05:30:00.000001Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wall_us at;
        char text[INSTANT_TEXT_BYTES];
        assert_true(instant_parse(cases[i].read, &at, NULL));
        assert_string_equal(instant_text(at, text), cases[i].written);
    }
}

static void rubbish_is_no_instant(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "2026",
        "2026-11-22",
        "2026-11-22T09:34",
        "2026-11-22T09:34:56",
        "2026-02-29T00:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T09:34:56+8",
        "2026-11-22T09:34:56Zulu",
        "2026-11-22T 9:34:56Z",
        "+026-11-22T09:34:56Z",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        wall_us at = 7;
        struct error error;
        assert_false(instant_parse(texts[i], &at, &error));
        assert_int_equal(at, 7);
    }
}

static void local_text_carries_its_offset(void **state)
{
    (void)state;
    wall_us at;
    char text[INSTANT_TEXT_BYTES];
    assert_true(instant_parse("2026-11-22T01:34:56Z", &at, NULL));
    assert_string_equal(instant_text_offset(at, 8 * 3600, text), "2026-11-22T09:34:56+08:00");
    assert_string_equal(instant_text_offset(at, -5400, text), "2026-11-22T00:04:56-01:30");
    assert_string_equal(instant_text_offset(WALL_NONE, 0, text), "-");
}

static void lengths_are_told_in_their_greatest_unit(void **state)
{
    (void)state;
    static const struct {
        span_us span;
        const char *text;
    } rows[] = {
        {0, "0ms"},
        {250 * US_PER_MS, "250ms"},
        {1500 * US_PER_MS, "1500ms"},
        {90 * US_PER_S, "90s"},
        {600 * US_PER_S, "10m"},
        {36 * 3600 * US_PER_S, "36h"},
        {2 * US_PER_DAY, "2d"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[SPAN_TEXT_BYTES];
        assert_string_equal(span_text(rows[i].span, text), rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(civil_days_go_there_and_back),
        cmocka_unit_test(weekdays_are_those_of_the_calendar),
        cmocka_unit_test(instants_are_read_and_written),
        cmocka_unit_test(rubbish_is_no_instant),
        cmocka_unit_test(local_text_carries_its_offset),
        cmocka_unit_test(lengths_are_told_in_their_greatest_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
