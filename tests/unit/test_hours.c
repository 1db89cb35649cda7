/* When people may be told next. The shipped calendar, and zones that change their clocks. */
#include "duban/hours.h"

#include "duban/calendar_file.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct calendar *load_cn(void)
{
    struct problems problems = {0};
    struct calendar *calendar = calendar_load_file(SOURCE_DIR "/etc/calendars/cn.yaml", &problems);
    assert_int_equal(problems.total, 0);
    return calendar;
}

/* Known in March alone, open on weekdays. */
static struct calendar *load_march(const char *zone)
{
    struct problems problems = {0};
    AUTO_FREE char *text = mem_format("name: march\nzone: %s\n"
                                      "valid: {from: 2026-03-01, until: 2026-03-31}\n"
                                      "hours: {weekdays: [09:00-17:00]}\n",
                                      zone);
    struct calendar *calendar = calendar_load_text(text, strlen(text), "march", &problems);
    assert_int_equal(problems.total, 0);
    return calendar;
}

static struct hours hours_of(const char *text)
{
    struct hours hours = {0};
    struct error error = {.text = ""};
    if (!hours_add(&hours, text, &error))
        fail_msg("%s", error.text);
    return hours;
}

struct question {
    const char *hours, *now, *next; /* next: NULL: now */
};

/* Without an offset the text is China's time. */
static wall_us instant(const char *text)
{
    wall_us at;
    struct error error;
    AUTO_FREE char *china = mem_format("%s+08:00", text);
    assert_true(instant_parse(strlen(text) > 19 ? text : china, &at, &error));
    return at;
}

static void ask(const struct calendar *calendar, const struct question *question)
{
    struct hours hours = hours_of(question->hours);
    wall_us now = instant(question->now);
    wall_us expected = question->next ? instant(question->next) : now;
    wall_us found = hours_next(&hours, calendar, now);
    char text[INSTANT_TEXT_BYTES];
    if (found != expected)
        fail_msg("%s at %s: %s", question->hours, question->now,
                 instant_text_offset(found, calendar_offset_s(calendar, found), text));
}

/* In 2026: 1 to 7 October are National Day, Saturday 10 October is worked, Saturday 28 November
 * isn't. */
static const struct question china[] = {
    {"any", "2026-11-28T03:00:00", NULL},
    {"08:00-21:00", "2026-11-28T07:59:59", "2026-11-28T08:00:00"},
    {"08:00-21:00", "2026-11-28T08:00:00", NULL},
    {"08:00-21:00", "2026-11-28T20:59:59", NULL},
    {"08:00-21:00", "2026-11-28T21:00:00", "2026-11-29T08:00:00"},
    {"08:00-21:00", "2026-11-28T00:00:00", "2026-11-28T08:00:00"},
    {"08:00-21:00", "2026-12-31T22:00:00", "2027-01-01T08:00:00"},
    {"08:00-24:00", "2026-11-28T23:59:59", NULL},
    {"08:00-24:00", "2026-11-29T00:00:00", "2026-11-29T08:00:00"},
    {"00:00-24:00", "2026-11-29T00:00:00", NULL},
    /* Over midnight. */
    {"21:00-06:00", "2026-11-28T20:59:59", "2026-11-28T21:00:00"},
    {"21:00-06:00", "2026-11-28T23:00:00", NULL},
    {"21:00-06:00", "2026-11-29T05:59:59", NULL},
    {"21:00-06:00", "2026-11-29T06:00:00", "2026-11-29T21:00:00"},
    {"12:00-00:00", "2026-11-28T23:59:59", NULL},
    /* Working days. */
    {"workdays 08:30-17:30", "2026-11-27T17:30:00", "2026-11-30T08:30:00"},
    {"workdays 08:30-17:30", "2026-11-28T10:00:00", "2026-11-30T08:30:00"},
    {"workdays 08:30-17:30", "2026-09-30T18:00:00", "2026-10-08T08:30:00"},
    {"workdays 08:30-17:30", "2026-10-05T10:00:00", "2026-10-08T08:30:00"},
    {"workdays 08:30-17:30", "2026-10-10T10:00:00", NULL},
    {"workdays 08:30-17:30", "2026-10-09T18:00:00", "2026-10-10T08:30:00"},
    {"workdays 21:00-06:00", "2026-11-28T05:00:00", NULL}, /* of Friday */
    {"workdays 21:00-06:00", "2026-11-28T23:00:00", "2026-11-30T21:00:00"},
    {"workdays 21:00-06:00", "2026-11-30T05:00:00", "2026-11-30T21:00:00"},
    /* Opening hours: 09:00-12:00 and 13:00-17:00. */
    {"open", "2026-11-30T11:59:59", NULL},
    {"open", "2026-11-30T12:00:00", "2026-11-30T13:00:00"},
    {"open", "2026-09-30T17:00:00", "2026-10-08T09:00:00"},
    {"open", "2026-10-09T17:00:00", "2026-10-10T09:00:00"},
    /* Several: whichever comes first. */
    {"08:00-12:00, 14:00-18:00", "2026-11-28T12:00:00", "2026-11-28T14:00:00"},
    {"workdays 08:00-20:00,10:00-12:00", "2026-11-28T07:00:00", "2026-11-28T10:00:00"},
    {"workdays 08:00-20:00,10:00-12:00", "2026-11-27T21:00:00", "2026-11-28T10:00:00"},
    {"open, 19:00-20:00", "2026-11-28T12:30:00", "2026-11-28T19:00:00"},
    {"open,any", "2026-11-28T12:30:00", NULL},
};

/* The shipped calendar ends with 2026. */
static const struct question beyond[] = {
    {"open", "2026-12-31T16:00:00", NULL},
    {"open", "2026-12-31T17:00:00", NULL},
    {"open", "2027-05-01T03:00:00", NULL},
    {"workdays 08:30-17:30", "2026-12-31T18:00:00", "2027-01-01T08:30:00"},
    {"workdays 08:30-17:30", "2027-01-01T10:00:00", NULL},
    {"workdays 08:30-17:30", "2027-01-02T18:00:00", "2027-01-03T08:30:00"},
    {"workdays 21:00-06:00", "2027-01-01T05:00:00", NULL},
    {"workdays 08:30-17:30", "2019-12-31T18:00:00", "2020-01-02T08:30:00"},
    {"workdays 08:30-17:30", "2019-05-01T10:00:00", NULL},
    {"08:00-21:00", "2031-05-01T21:00:00", "2031-05-02T08:00:00"},
    {"any", "2031-05-01T03:00:00", NULL},
};

static void people_are_told_when_they_may(void **state)
{
    (void)state;
    struct calendar *calendar = load_cn();
    for (size_t i = 0; i < COUNT_OF(china); i++)
        ask(calendar, &china[i]);
    calendar_destroy(calendar);
}

static void nobody_waits_for_a_calendar_that_ends(void **state)
{
    (void)state;
    struct calendar *calendar = load_cn();
    for (size_t i = 0; i < COUNT_OF(beyond); i++)
        ask(calendar, &beyond[i]);
    calendar_destroy(calendar);
}

/* New York: 02:00–03:00 is skipped on Sunday 8 March 2026, 01:00–02:00 comes twice on 1 November.
 */
static void clocks_that_change_are_followed(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"02:30-04:00", "2026-03-08T01:59:59-05:00", "2026-03-08T03:00:00-04:00"},
        {"02:30-04:00", "2026-03-08T03:30:00-04:00", NULL},
        {"02:00-02:30", "2026-03-08T01:00:00-05:00", "2026-03-09T02:00:00-04:00"},
        {"08:00-21:00", "2026-03-07T22:00:00-05:00", "2026-03-08T08:00:00-04:00"},
        {"22:00-02:30", "2026-03-08T01:59:59-05:00", NULL},
        {"22:00-02:30", "2026-03-08T03:00:00-04:00", "2026-03-08T22:00:00-04:00"},
        {"workdays 08:00-21:00", "2026-03-06T22:00:00-05:00", "2026-03-09T08:00:00-04:00"},
        {"08:00-21:00", "2026-10-31T22:00:00-04:00", "2026-11-01T08:00:00-05:00"},
        {"01:30-02:00", "2026-11-01T01:00:00-04:00", "2026-11-01T01:30:00-04:00"},
        {"01:30-02:00", "2026-11-01T01:15:00-05:00", NULL},
    };
    struct calendar *calendar = load_march("America/New_York");
    for (size_t i = 0; i < COUNT_OF(questions); i++)
        ask(calendar, &questions[i]);
    calendar_destroy(calendar);
}

/* Whatever is said to be the next instant must be one, or a message would be held again and again.
 */
static void the_next_instant_is_one(void **state)
{
    (void)state;
    static const char *const zones[] = {"Asia/Shanghai", "America/New_York", "Pacific/Apia"};
    static const char *const texts[] = {
        "any",         "open",        "08:00-21:00",          "21:00-06:00",          "02:00-02:30",
        "23:30-00:30", "00:00-24:00", "workdays 08:30-17:30", "workdays 22:00-03:00",
    };
    for (size_t z = 0; z < COUNT_OF(zones); z++) {
        struct calendar *calendar = load_march(zones[z]);
        wall_us from = instant("2026-02-25T00:00:00Z");
        for (size_t t = 0; t < COUNT_OF(texts); t++) {
            struct hours hours = hours_of(texts[t]);
            for (wall_us now = from; now < from + 40 * US_PER_DAY; now += 613 * US_PER_S) {
                wall_us next = hours_next(&hours, calendar, now);
                assert_true(next >= now);
                assert_int_equal(hours_next(&hours, calendar, next), next);
                if (next > now)
                    assert_true(hours_next(&hours, calendar, next - 1) == next);
            }
        }
        calendar_destroy(calendar);
    }
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "Any",
        "any,",
        ",any",
        "8:00-21:00",
        "08:00",
        "08:00-",
        "08:00 - 21:00",
        "08:00-21:00 x",
        "08:60-21:00",
        "08:00-24:01",
        "24:00-06:00",
        "08:00-08:00",
        "workdays",
        "workdays any",
        "workdays08:00-21:00",
        "restdays 08:00-21:00",
        "workdays                                          08:00-21:00",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct hours hours = {0};
        struct error error = {.text = ""};
        assert_false(hours_add(&hours, texts[i], &error));
        assert_non_null(strstr(error.text, "is no time of the day; expected any, open, "
                                           "08:00-21:00 or workdays 08:30-17:30"));
        assert_int_equal(hours.count, 0);
    }
    struct hours hours = hours_of("any,any,any,any,any,any,any");
    struct error error;
    assert_false(hours_add(&hours, "any,any", &error));
    assert_string_equal(error.text, "more than 8 times of the day");
    assert_int_equal(hours.count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_are_told_when_they_may),
        cmocka_unit_test(nobody_waits_for_a_calendar_that_ends),
        cmocka_unit_test(clocks_that_change_are_followed),
        cmocka_unit_test(the_next_instant_is_one),
        cmocka_unit_test(other_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
