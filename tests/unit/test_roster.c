/* Words for days: what they mean, and which are refused. */
#include "duban/roster.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void words_become_days(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        enum roster_days days;
        unsigned weekdays;
        const char *dates;
    } cases[] = {
        {"workdays", ROSTER_WORKDAYS, 0, "{}"},
        {"restdays restdays", ROSTER_RESTDAYS, 0, "{}"},
        {"mon", ROSTER_ANY, 0x01, "{}"},
        {" sat,sun, ", ROSTER_ANY, 0x60, "{}"},
        {"2026-10-01", ROSTER_ANY, 0, "{[2026-10-01,2026-10-01]}"},
        {"2026-10-01..2026-10-03 2024-02-29", ROSTER_ANY, 0,
         "{[2026-10-01,2026-10-03],[2024-02-29,2024-02-29]}"},
        {"restdays fri 2026-10-08", ROSTER_RESTDAYS, 0x10, "{[2026-10-08,2026-10-08]}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct roster roster = {0};
        struct error error;
        AUTO_BUF dates;
        buf_init(&dates, 1024);
        assert_true(roster_add(&roster, cases[i].words, &error));
        date_ranges_sql(&roster.dates, &dates);
        assert_int_equal(roster.days, cases[i].days);
        assert_int_equal(roster.weekdays, cases[i].weekdays);
        assert_string_equal(buf_string(&dates), cases[i].dates);
        roster_finish(&roster);
        assert_int_equal(roster.dates.count + roster.weekdays + roster.days, 0);
    }
}

static void other_words_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *words, *expected;
    } cases[] = {
        {"", "'' is no day"},
        {" , ", "' , ' is no day"},
        {"Sat", "'Sat' is no day; expected workdays, restdays, mon to sun, 2026-10-01 or "
                "2026-10-01..2026-10-03"},
        {"sat;sun", "'sat;sun' is no day"},
        {"2026-2-1", "'2026-2-1' is no day"},
        {"2026-02-30", "'2026-02-30' is no day"},
        {"2026-02-01..", "'2026-02-01..' is no day"},
        {"2026-02-01--2026-02-03", "'2026-02-01--2026-02-03' is no day"},
        {"2026-02-01...2026-02-3", "'2026-02-01...2026-02-3' is no day"},
        {"2026-02-03..2026-02-01", "'2026-02-03..2026-02-01' ends before it begins"},
        {"workdays sun restdays", "workdays and restdays together are every day"},
        {"0123456789012345678901234567890123456789012345678901234567890123456789",
         "'0123456789012345678901234567890123456789' is no day"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct roster roster = {0};
        struct error error = {.text = ""};
        assert_false(roster_add(&roster, cases[i].words, &error));
        assert_memory_equal(error.text, cases[i].expected, strlen(cases[i].expected));
        roster_finish(&roster);
    }
}

static void absences_are_dates_alone(void **state)
{
    (void)state;
    struct date_ranges ranges = {0};
    struct error error;
    assert_true(date_ranges_add(&ranges, "2026-10-01", &error));
    assert_true(date_ranges_add(&ranges, "2026-10-01..2026-10-07, 2026-12-31", &error));
    assert_int_equal(ranges.count, 3);
    assert_int_equal(ranges.items[1].last - ranges.items[1].first, 6);
    assert_false(date_ranges_add(&ranges, "sat", &error));
    assert_string_equal(error.text,
                        "'sat' is no day; expected 2026-10-01 or 2026-10-01..2026-10-03");
    assert_false(date_ranges_add(&ranges, "", &error));
    date_ranges_finish(&ranges);
    assert_int_equal(ranges.count, 0);
}

static void a_roster_holds_its_days(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        day_number day; /* 0: Saturday, 10 October 2026, a make-up working day */
        bool known, working, expected;
    } cases[] = {
        {"", 0, true, true, true},
        {"workdays", 0, true, true, true},
        {"workdays", 0, true, false, false},
        {"restdays", 0, true, true, false},
        {"restdays", 0, true, false, true},
        {"restdays", 0, false, false, true},
        {"sat", 0, true, true, true},
        {"sun mon", 0, true, true, false},
        {"sun mon", 1, true, false, true},
        {"workdays sun", 1, true, false, true},
        {"2026-10-11..2026-10-12", 1, true, false, true},
        {"2026-10-11..2026-10-12", 2, true, true, true},
        {"2026-10-11..2026-10-12", 3, true, true, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct roster roster = {0};
        struct error error;
        day_number day = day_from_civil(2026, 10, 10) + cases[i].day;
        assert_true(cases[i].words[0] == '\0' || roster_add(&roster, cases[i].words, &error));
        assert_int_equal(roster_holds(&roster, day, cases[i].known ? &cases[i].working : NULL),
                         cases[i].expected);
        roster_finish(&roster);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_become_days),
        cmocka_unit_test(other_words_are_refused),
        cmocka_unit_test(absences_are_dates_alone),
        cmocka_unit_test(a_roster_holds_its_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
