/* Imports of holiday-cn's JSON and of iCalendar, and that what is written can be loaded. */
#include "calendar_import.h"
#include "duban/calendar_file.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char json_2023[] =
    "{\"year\": 2023, \"papers\": [\"http://example.test/a\\nb\"], \"days\": ["
    "{\"name\": \"元旦\", \"date\": \"2022-12-31\", \"isOffDay\": true},"
    "{\"name\": \"元旦\", \"date\": \"2023-01-01\", \"isOffDay\": true},"
    "{\"name\": \"元旦\", \"date\": \"2023-01-02\", \"isOffDay\": true},"
    "{\"name\": \"端午节\", \"date\": \"2023-06-24\", \"isOffDay\": true},"
    "{\"name\": \"端午节\", \"date\": \"2023-06-22\", \"isOffDay\": true},"
    "{\"name\": \"端午节\", \"date\": \"2023-06-23\", \"isOffDay\": true},"
    "{\"name\": \"端午节\", \"date\": \"2023-06-25\", \"isOffDay\": false},"
    "{\"name\": \"Foo: \\\"bar\\\"\", \"date\": \"2023-09-02\", \"isOffDay\": false},"
    "{\"name\": \"春节\", \"date\": \"2023-02-06\", \"isOffDay\": false}]}";

static const char *const written_2023 =
    "# Imported by dubanctl calendar import from:\n"
    "#   2023.json\n"
    "#   http://example.test/a b\n"
    "# Compare it with the notices, and adapt the hours.\n\n"
    "name: \"cn\"\nzone: Asia/Shanghai\nvalid: {from: 2023-01-01, until: 2023-12-31}\n\n"
    "hours:\n  weekdays: [09:00-12:00, 13:00-17:00]\n\n"
    "holidays:\n"
    "  - {name: 元旦, from: 2023-01-01, to: 2023-01-02}\n"
    "  - {name: 端午节, from: 2023-06-22, to: 2023-06-24, makeup: [2023-06-25]}\n\n"
    "makeup:\n"
    "  - {date: 2023-09-02, name: \"Foo: \\\"bar\\\"\"}\n";

static struct calendar *load(const char *text)
{
    struct problems problems = {0};
    struct calendar *calendar = calendar_load_text(text, strlen(text), "imported", &problems);
    problems_finish(&problems);
    assert_non_null(calendar);
    return calendar;
}

static void holiday_cn_becomes_a_calendar(void **state)
{
    (void)state;
    struct import import = {0};
    struct error error;
    AUTO_BUF out;
    buf_init(&out, 1 << 16);
    assert_true(import_holiday_cn(&import, "2023.json", json_2023, sizeof json_2023 - 1, &error));
    import_write(&import, "cn", &out);
    assert_string_equal(buf_string(&out), written_2023);
    calendar_destroy(load(buf_string(&out)));
    import_finish(&import);
}

static void later_files_win(void **state)
{
    (void)state;
    static const char next[] = "{\"year\": 2024, \"days\": [{\"name\": \"元旦\", \"date\": "
                               "\"2023-06-22\", \"isOffDay\": false}]}";
    struct import import = {0};
    struct error error;
    AUTO_BUF out;
    buf_init(&out, 1 << 16);
    assert_true(import_holiday_cn(&import, "a", json_2023, sizeof json_2023 - 1, &error));
    assert_true(import_holiday_cn(&import, "b", next, sizeof next - 1, &error));
    import_write(&import, "cn", &out);
    assert_non_null(strstr(buf_string(&out), "{from: 2023-01-01, until: 2024-12-31}"));
    assert_non_null(strstr(buf_string(&out), "from: 2023-06-23, to: 2023-06-24"));
    import_finish(&import);
}

static void broken_json_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "[]",
        "{\"year\": 2023}",
        "{\"year\": 23, \"days\": []}",
        "{\"year\": 2023, \"days\": [{\"name\": \"a\", \"date\": \"2023-02-29\", "
        "\"isOffDay\": true}]}",
        "{\"year\": 2023, \"days\": [{\"name\": \"a\", \"date\": \"2023-02-28\"}]}",
        "{\"year\": 2023, \"days\": [{\"name\": \"a\", \"date\": \"2023-02-28\", "
        "\"isOffDay\": true}, 7]}",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct import import = {0};
        struct error error = {.text = ""};
        assert_false(import_holiday_cn(&import, "x.json", texts[i], strlen(texts[i]), &error));
        assert_memory_equal(error.text, "x.json:", 7);
        assert_int_equal(import.count, 0);
        assert_int_equal(import.source_count, 0);
    }
}

#define EVENT(lines) "BEGIN:VEVENT\r\n" lines "END:VEVENT\r\n"
#define ICAL(events) "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" events "END:VCALENDAR\r\n"

static const char ical_2026[] = ICAL(
    EVENT("SUMMARY:元旦假期\r\nDTSTART;VALUE=DATE:20251231\r\nDTEND;VALUE=DATE:20260103\r\n")
        EVENT("SUMMARY:上班(补元旦假期)\r\nDTSTART;VALUE=DATE:20260104\r\n")
            EVENT("SUMMARY:春节(休)\r\nDTSTART;VALUE=DATE:20260215\r\nDURATION:P9D\r\n")
                EVENT("SUMMARY:开会\r\nDTSTART:20260301T090000Z\r\nDTEND:20260301T100000Z\r\n")
                    EVENT("SUMMARY:厂庆\r\nDTSTART;VALUE=DATE:20240801\r\nRRULE:FREQ=YEARLY\r\n"));

static void icalendar_becomes_a_calendar(void **state)
{
    (void)state;
    struct import import = {0};
    struct error error;
    AUTO_BUF out;
    buf_init(&out, 1 << 16);
    assert_true(import_icalendar(&import, "a.ics", ical_2026, sizeof ical_2026 - 1, &error));
    import_write(&import, "x", &out);
    static const char *const expected =
        "valid: {from: 2024-01-01, until: 2026-12-31}\n\n"
        "hours:\n  weekdays: [09:00-12:00, 13:00-17:00]\n\n"
        "holidays:\n"
        "  - {name: 厂庆, date: 2024-08-01}\n"
        "  - {name: 厂庆, date: 2025-08-01}\n"
        "  - {name: 元旦, from: 2025-12-31, to: 2026-01-02, makeup: [2026-01-04]}\n"
        "  - {name: 春节, from: 2026-02-15, to: 2026-02-23}\n"
        "  - {name: 厂庆, date: 2026-08-01}\n";
    assert_non_null(strstr(buf_string(&out), expected));
    calendar_destroy(load(buf_string(&out)));
    import_finish(&import);
}

static void observances_are_no_days_off(void **state)
{
    (void)state;
    static const char text[] = ICAL(EVENT("SUMMARY:情人节\r\nDTSTART;VALUE=DATE:20260214\r\n")
                                        EVENT("SUMMARY:春节(休)\r\nDTSTART;VALUE=DATE:20260216\r\n"
                                              "X-APPLE-SPECIAL-DAY:WORK-HOLIDAY\r\n")
                                            EVENT("SUMMARY:春节\r\nDTSTART;VALUE=DATE:20260228\r\n"
                                                  "X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY\r\n"));
    struct import import = {0};
    struct error error;
    AUTO_BUF out;
    buf_init(&out, 1 << 16);
    assert_true(import_icalendar(&import, "a.ics", text, sizeof text - 1, &error));
    import_write(&import, "x", &out);
    assert_null(strstr(buf_string(&out), "情人节"));
    assert_non_null(
        strstr(buf_string(&out), "{name: 春节, date: 2026-02-16, makeup: [2026-02-28]}"));
    import_finish(&import);
}

static void the_new_years_eve_alone_tells_no_year(void **state)
{
    (void)state;
    static const char text[] =
        ICAL(EVENT("SUMMARY:元旦\r\nDTSTART;VALUE=DATE:20221231\r\nDTEND;VALUE=DATE:20230103\r\n")
                 EVENT("SUMMARY:清明节\r\nDTSTART;VALUE=DATE:20230405\r\n"));
    struct import import = {0};
    struct error error;
    assert_true(import_icalendar(&import, "a.ics", text, sizeof text - 1, &error));
    assert_int_equal(import.first_year, 2023);
    assert_int_equal(import.last_year, 2023);
    import_finish(&import);
}

static void broken_icalendar_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        "hello",
        ICAL(EVENT("SUMMARY:a\r\nDTSTART:20260301T090000Z\r\n")),
        ICAL(EVENT("SUMMARY:a\r\nDTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20990101\r\n")),
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct import import = {0};
        struct error error = {.text = ""};
        assert_false(import_icalendar(&import, "x.ics", texts[i], strlen(texts[i]), &error));
        assert_memory_equal(error.text, "x.ics:", 6);
        assert_int_equal(import.count + import.source_count, 0);
        assert_int_equal(import.first_year, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holiday_cn_becomes_a_calendar),
        cmocka_unit_test(later_files_win),
        cmocka_unit_test(broken_json_is_refused),
        cmocka_unit_test(icalendar_becomes_a_calendar),
        cmocka_unit_test(observances_are_no_days_off),
        cmocka_unit_test(the_new_years_eve_alone_tells_no_year),
        cmocka_unit_test(broken_icalendar_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
