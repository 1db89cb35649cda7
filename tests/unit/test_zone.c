/* Time zones: offsets, gaps, overlaps. */
#include "duban/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static wall_us instant(const char *text)
{
    wall_us at;
    struct error error;
    assert_true(instant_parse(text, &at, &error));
    return at;
}

static day_number day(const char *text)
{
    day_number number;
    struct error error;
    assert_true(day_parse(text, &number, &error));
    return number;
}

struct reading {
    const char *zone, *date;
    int hour, minute;
    const char *first, *last;
};

static const struct reading readings[] = {
    {"Asia/Shanghai", "2026-11-22", 9, 0, "2026-11-22T01:00:00Z", "2026-11-22T01:00:00Z"},
    {"Asia/Shanghai", "2026-11-22", 24, 0, "2026-11-22T16:00:00Z", "2026-11-22T16:00:00Z"},
    {"UTC", "1969-12-31", 23, 59, "1969-12-31T23:59:00Z", "1969-12-31T23:59:00Z"},
    /* New York: 02:00 is skipped on 2026-03-08, 01:00–02:00 comes twice on 2026-11-01. */
    {"America/New_York", "2026-03-08", 2, 30, "2026-03-08T07:00:00Z", "2026-03-08T07:00:00Z"},
    {"America/New_York", "2026-03-08", 3, 0, "2026-03-08T07:00:00Z", "2026-03-08T07:00:00Z"},
    {"America/New_York", "2026-03-08", 1, 59, "2026-03-08T06:59:00Z", "2026-03-08T06:59:00Z"},
    {"America/New_York", "2026-11-01", 1, 30, "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"},
    {"America/New_York", "2026-11-01", 2, 0, "2026-11-01T07:00:00Z", "2026-11-01T07:00:00Z"},
    {"America/New_York", "2050-07-01", 12, 0, "2050-07-01T16:00:00Z", "2050-07-01T16:00:00Z"},
    {"Europe/Berlin", "2026-03-29", 2, 15, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"},
    {"Europe/Berlin", "2026-10-25", 2, 15, "2026-10-25T00:15:00Z", "2026-10-25T01:15:00Z"},
    /* Lord Howe moves its clocks by half an hour only. */
    {"Australia/Lord_Howe", "2026-10-04", 2, 10, "2026-10-03T15:30:00Z", "2026-10-03T15:30:00Z"},
    {"Australia/Lord_Howe", "2026-04-05", 1, 45, "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"},
    /* Samoa left out the whole 30 December 2011. */
    {"Pacific/Apia", "2011-12-30", 9, 0, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
    {"Pacific/Apia", "2011-12-31", 9, 0, "2011-12-30T19:00:00Z", "2011-12-30T19:00:00Z"},
    /* São Paulo sprang forward at midnight. */
    {"America/Sao_Paulo", "2018-11-04", 0, 0, "2018-11-04T03:00:00Z", "2018-11-04T03:00:00Z"},
};

static void local_times_are_resolved(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
        const struct reading *reading = &readings[i];
        struct error error;
        struct zone *zone = zone_open(reading->zone, &error);
        assert_non_null(zone);
        assert_string_equal(zone_name(zone), reading->zone);
        int32_t second = (reading->hour * 60 + reading->minute) * 60;
        assert_int_equal(zone_first(zone, day(reading->date), second), instant(reading->first));
        assert_int_equal(zone_last(zone, day(reading->date), second), instant(reading->last));
        zone_close(zone);
    }
}

static void offsets_change_with_the_season(void **state)
{
    (void)state;
    struct error error;
    struct zone *zone = zone_open("America/New_York", &error);
    assert_int_equal(zone_offset_s(zone, instant("2026-03-08T06:59:59.999999Z")), -5 * 3600);
    assert_int_equal(zone_offset_s(zone, instant("2026-03-08T07:00:00Z")), -4 * 3600);
    assert_int_equal(zone_offset_s(zone, instant("2026-11-01T05:59:59Z")), -4 * 3600);
    assert_int_equal(zone_offset_s(zone, instant("2026-11-01T06:00:00Z")), -5 * 3600);
    zone_close(zone);
}

static void days_are_local(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *at, *date;
    } cases[] = {
        {"Asia/Shanghai", "2026-11-22T15:59:59.999999Z", "2026-11-22"},
        {"Asia/Shanghai", "2026-11-22T16:00:00Z", "2026-11-23"},
        {"America/New_York", "2026-11-22T04:59:59Z", "2026-11-21"},
        {"UTC", "1969-12-31T23:59:59.999999Z", "1969-12-31"},
        {"UTC", "1970-01-01T00:00:00Z", "1970-01-01"},
        /* Samoa went from the 29th to the 31st. */
        {"Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29"},
        {"Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error;
        struct zone *zone = zone_open(cases[i].zone, &error);
        assert_int_equal(zone_day(zone, instant(cases[i].at)), day(cases[i].date));
        zone_close(zone);
    }
}

static void other_names_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",     "Asia/Peking",    "+08:00", "../../etc/passwd",
        "/etc", "Asia/Shanghai ", ":UTC",   "EST5EDT,M3.2.0,M11.1.0"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct error error = {.text = ""};
        assert_null(zone_open(names[i], &error));
        assert_non_null(strstr(error.text, "unknown time zone"));
    }
    zone_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_times_are_resolved),
        cmocka_unit_test(offsets_change_with_the_season),
        cmocka_unit_test(days_are_local),
        cmocka_unit_test(other_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
