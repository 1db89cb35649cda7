/* When a level is told again: over nights, lunch, weekends, make-up days, and a calendar's end. */
#include "duban/reminder.h"

#include "duban/calendar_file.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MOST 3

static struct calendar *calendar; /* 09:00–12:00, 13:00–17:00; known to the end of 2026 */

static wall_us at(const char *local)
{
    wall_us instant;
    AUTO_FREE char *text = mem_format("%s:00+08:00", local);
    assert_true(instant_parse(text, &instant, NULL));
    return instant;
}

/* "2 next 2026-09-21T09:00", "- next …" when nothing is sent, "3 end". */
static const char *decided(const char *told, int32_t sent, bool may_tell, const char *now)
{
    static char text[64];
    char when[INSTANT_TEXT_BYTES] = "end", number[16] = "-";
    struct reminder_plan plan;
    const struct reminder reminder = {.told_at = at(told), .sent = sent, .may_tell = may_tell};
    reminder_decide(&reminder, calendar, MOST, at(now), &plan);
    if (plan.next_at != WALL_NONE)
        instant_text_offset(plan.next_at, 8 * 3600, when);
    if (plan.number > 0)
        snprintf(number, sizeof number, "%d", plan.number);
    snprintf(text, sizeof text, "%s %.16s", number, when);
    return text;
}

static void the_first_waits_for_the_next_opening(void **state)
{
    (void)state;
    static const struct {
        const char *told, *next;
    } cases[] = {
        {"2026-09-16T17:00", "- 2026-09-17T09:00"}, /* overdue at closing */
        {"2026-09-16T09:00", "- 2026-09-17T09:00"}, /* at the opening itself: strictly after */
        {"2026-09-16T08:59", "- 2026-09-16T09:00"},
        {"2026-09-16T12:30", "- 2026-09-17T09:00"}, /* the afternoon is no opening of a day */
        {"2026-09-18T17:00", "- 2026-09-20T09:00"}, /* Friday; Sunday the 20th is a make-up day */
        {"2026-09-30T17:00", "- 2026-10-08T09:00"}, /* the National Day's holidays */
        {"2026-10-09T17:00", "- 2026-10-10T09:00"}, /* Saturday the 10th is a make-up day */
        {"2026-10-10T17:00", "- 2026-10-12T09:00"},
        {"2026-09-26T03:00", "- 2026-09-28T09:00"}, /* a rest day */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(decided(cases[i].told, 0, true, cases[i].told), cases[i].next);
}

static void each_opening_has_one(void **state)
{
    (void)state;
    const char *told = "2026-09-18T17:00";
    assert_string_equal(decided(told, 0, true, "2026-09-20T09:00"), "1 2026-09-21T09:00");
    assert_string_equal(decided(told, 1, true, "2026-09-21T09:00"), "2 2026-09-22T09:00");
    assert_string_equal(decided(told, 2, true, "2026-09-22T09:00"), "3 end");
    assert_string_equal(decided(told, 3, true, "2026-09-23T09:00"), "- end");
}

/* The daemon was away: one reminder, as soon as the centre is open. */
static void missed_openings_are_not_made_up_for(void **state)
{
    (void)state;
    const char *told = "2026-09-15T17:00";
    assert_string_equal(decided(told, 0, true, "2026-09-18T10:30"), "1 2026-09-20T09:00");
    assert_string_equal(decided(told, 0, true, "2026-09-18T12:30"), "- 2026-09-18T13:00");
    assert_string_equal(decided(told, 0, true, "2026-09-18T20:00"), "- 2026-09-20T09:00");
    assert_string_equal(decided(told, 1, true, "2026-09-26T10:00"), "- 2026-09-28T09:00");
}

static void what_may_not_be_told_is_not_counted(void **state)
{
    (void)state;
    assert_string_equal(decided("2026-09-15T17:00", 2, false, "2026-09-16T09:00"),
                        "- 2026-09-17T09:00");
    assert_string_equal(decided("2026-09-15T17:00", 3, false, "2026-09-16T09:00"), "- end");
}

static void beyond_the_calendar_nobody_is_reminded(void **state)
{
    (void)state;
    const char *told = "2026-12-30T17:00";
    assert_string_equal(decided(told, 0, true, "2026-12-31T09:00"), "1 2027-01-01T09:00");
    assert_string_equal(decided(told, 1, true, "2027-01-01T09:00"), "- 2027-01-02T09:00");
    assert_string_equal(decided("2027-01-03T10:00", 0, true, "2027-01-03T10:00"),
                        "- 2027-01-05T10:00");
}

static int set_up(void **state)
{
    (void)state;
    struct problems problems = {0};
    calendar = calendar_load_file(SOURCE_DIR "/etc/calendars/cn.yaml", &problems);
    return calendar ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    calendar_destroy(calendar);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_waits_for_the_next_opening),
        cmocka_unit_test(each_opening_has_one),
        cmocka_unit_test(missed_openings_are_not_made_up_for),
        cmocka_unit_test(what_may_not_be_told_is_not_counted),
        cmocka_unit_test(beyond_the_calendar_nobody_is_reminded),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
