/* Calendar files: what they say, what wins, and what is wrong with them. */
#include "duban/calendar_file.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD "zone: Asia/Shanghai\nvalid: {from: 2025-12-01, until: 2026-12-31}\n"

static struct calendar *load(const char *text)
{
    struct problems problems = {0};
    struct calendar *calendar = calendar_load_text(text, strlen(text), "test.yaml", &problems);
    AUTO_BUF out;
    buf_init(&out, 1 << 16);
    problems_print(&problems, &out);
    problems_finish(&problems);
    if (calendar == NULL)
        fail_msg("%s", buf_string(&out));
    return calendar;
}

/* "W 09:00-12:00 13:00-17:00 name": the kind's letter, the hours, the name. */
static void describe(const struct calendar *calendar, const char *date, char text[128])
{
    static const char letters[] = {'-', 'H', 'M', 'S'};
    day_number day;
    struct calendar_day found;
    struct error error;
    assert_true(day_parse(date, &day, &error));
    assert_true(calendar_day(calendar, day, &found, &error));
    int used = snprintf(text, 128, "%c", letters[found.kind]);
    for (size_t i = 0; i < found.span_count; i++) {
        int opens = (int)((found.spans[i].opens - found.begins) / (60 * US_PER_S));
        int closes = (int)((found.spans[i].closes - found.begins) / (60 * US_PER_S));
        used += snprintf(text + used, 128 - (size_t)used, " %02d:%02d-%02d:%02d", opens / 60,
                         opens % 60, closes / 60, closes % 60);
    }
    if (*found.name)
        snprintf(text + used, 128 - (size_t)used, " %s", found.name);
    assert_int_equal(found.working, found.span_count > 0);
}

static void assert_day(const struct calendar *calendar, const char *date, const char *expected)
{
    char text[128];
    describe(calendar, date, text);
    assert_string_equal(text, expected);
}

static void everything_can_be_said(void **state)
{
    (void)state;
    struct calendar *calendar =
        load("name: 惠安\n" HEAD "makeup_as: friday\n"
             "hours:\n"
             "  weekdays: [8:00-12:00, 14:30 - 17:30]\n"
             "  friday: [08:00-12:00]\n"
             "  saturday: 20:00-24:00\n"
             "  wednesday: closed\n"
             "holidays:\n"
             "  - {name: 元旦, yearly: {from: 12-30, to: 01-02}}\n"
             "  - {name: 闰日, yearly: 02-29}\n"
             "  - {name: 春节, from: 2026-02-16, to: 2026-02-20, makeup: [2026-02-14, {date: "
             "2026-02-28, as: monday}]}\n"
             "  - {name: 停电, date: 2026-06-01}\n"
             "makeup:\n"
             "  - 2026-03-01\n"
             "  - {date: 2026-03-08, name: 补班, hours: [10:00-11:00]}\n"
             "  - 2026-12-31 # wins over the yearly holiday\n"
             "special:\n"
             "  - {date: 2026-02-13, name: 除夕前, hours: [08:00-11:00]}\n"
             "  - {yearly: 12-24, as: friday}\n"
             "regular:\n"
             "  - 2026-01-01\n");
    assert_string_equal(calendar_name(calendar), "惠安");
    assert_int_equal(strlen(calendar_version(calendar)), 16);
    assert_day(calendar, "2026-03-02", "- 08:00-12:00 14:30-17:30");
    assert_day(calendar, "2026-03-04", "-");
    assert_day(calendar, "2026-03-06", "- 08:00-12:00");
    assert_day(calendar, "2026-03-07", "- 20:00-24:00");
    assert_day(calendar, "2025-12-30", "H 元旦");
    assert_day(calendar, "2026-01-02", "H 元旦"); /* across New Year */
    assert_day(calendar, "2026-01-01", "- 08:00-12:00 14:30-17:30");
    assert_day(calendar, "2026-12-30", "H 元旦");
    assert_day(calendar, "2026-12-31", "M 08:00-12:00");
    assert_day(calendar, "2026-02-14", "M 08:00-12:00 春节");
    assert_day(calendar, "2026-02-28", "M 08:00-12:00 14:30-17:30 春节");
    assert_day(calendar, "2026-03-01", "M 08:00-12:00");
    assert_day(calendar, "2026-03-08", "M 10:00-11:00 补班");
    assert_day(calendar, "2026-02-13", "S 08:00-11:00 除夕前");
    assert_day(calendar, "2025-12-24", "S 08:00-12:00");
    assert_day(calendar, "2026-06-01", "H 停电");
    calendar_destroy(calendar);
}

static void leap_days_come_when_they_come(void **state)
{
    (void)state;
    struct calendar *calendar = load(
        "zone: UTC\nvalid: {from: 2027-01-01, until: 2028-12-31}\nround_the_clock: true\n"
        "holidays: [{name: 闰, yearly: 02-29}, {name: 末, yearly: {from: 06-01, to: 06-02}}]\n");
    assert_string_equal(calendar_name(calendar), "test");
    assert_day(calendar, "2027-02-28", "- 00:00-24:00");
    assert_day(calendar, "2027-03-01", "- 00:00-24:00");
    assert_day(calendar, "2028-02-28", "- 00:00-24:00");
    assert_day(calendar, "2028-02-29", "H 闰");
    calendar_destroy(calendar);
}

/* A directory of files for the tests with includes. */
struct directory {
    char path[64];
    char *files[8];
    size_t count;
};

static void directory_begin(struct directory *directory)
{
    *directory = (struct directory){.path = "/tmp/calendarXXXXXX"};
    assert_non_null(mkdtemp(directory->path));
}

static const char *put(struct directory *directory, const char *name, const char *text)
{
    char *path = mem_format("%s/%s", directory->path, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    directory->files[directory->count++] = path;
    return path;
}

static void directory_end(struct directory *directory)
{
    for (size_t i = 0; i < directory->count; i++) {
        unlink(directory->files[i]);
        free(directory->files[i]);
    }
    rmdir(directory->path);
}

static const char national[] = HEAD "hours: {weekdays: 09:00-17:00}\n"
                                    "holidays:\n"
                                    "  - {name: 劳动节, from: 2026-05-01, to: 2026-05-05, makeup: "
                                    "[2026-05-09]}\n";

static void local_files_win_over_what_they_include(void **state)
{
    (void)state;
    struct directory directory;
    directory_begin(&directory);
    put(&directory, "cn.yaml", national);
    put(&directory, "province.yaml",
        "include: cn.yaml\nhours: {weekdays: 08:00-16:00}\n"
        "holidays: [{name: 三月三, date: 2026-04-20}]\n");
    const char *path = put(&directory, "town.yaml",
                           "include: province.yaml\nvalid: {from: 2026-04-01}\n"
                           "hours: {friday: closed}\n"
                           "regular: [2026-05-05]\n"
                           "special: [{date: 2026-05-09, hours: 10:00-12:00, name: 短}]\n");
    struct problems problems = {0};
    struct calendar *calendar = calendar_load_file(path, &problems);
    assert_int_equal(problems.total, 0);
    assert_non_null(calendar);
    assert_string_equal(calendar_name(calendar), "town");
    assert_int_equal(calendar_first_day(calendar), day_from_civil(2026, 4, 1));
    assert_int_equal(calendar_last_day(calendar), day_from_civil(2026, 12, 31));
    assert_day(calendar, "2026-04-02", "- 08:00-16:00");
    assert_day(calendar, "2026-04-03", "-");
    assert_day(calendar, "2026-04-20", "H 三月三");
    assert_day(calendar, "2026-05-04", "H 劳动节");
    assert_day(calendar, "2026-05-05", "- 08:00-16:00");
    assert_day(calendar, "2026-05-09", "S 10:00-12:00 短");
    calendar_destroy(calendar);
    problems_finish(&problems);
    directory_end(&directory);
}

static void the_version_follows_every_byte(void **state)
{
    (void)state;
    struct directory directory;
    directory_begin(&directory);
    put(&directory, "cn.yaml", national);
    const char *path = put(&directory, "town.yaml", "include: cn.yaml\n");
    struct problems problems = {0};
    struct calendar *first = calendar_load_file(path, &problems);
    struct calendar *again = calendar_load_file(path, &problems);
    put(&directory, "cn.yaml", HEAD "hours: {weekdays: 09:00-17:00} # changed\n");
    struct calendar *changed = calendar_load_file(path, &problems);
    assert_string_equal(calendar_version(first), calendar_version(again));
    assert_string_not_equal(calendar_version(first), calendar_version(changed));
    calendar_destroy(first);
    calendar_destroy(again);
    calendar_destroy(changed);
    directory_end(&directory);
}

static void assert_file_problem(const char *path, const char *expected)
{
    struct problems problems = {0};
    AUTO_BUF out;
    buf_init(&out, 1 << 16);
    assert_null(calendar_load_file(path, &problems));
    problems_print(&problems, &out);
    if (strstr(buf_string(&out), expected) == NULL)
        fail_msg("%s, expected %s", buf_string(&out), expected);
    problems_finish(&problems);
}

static void bad_includes_are_refused(void **state)
{
    (void)state;
    struct directory directory;
    directory_begin(&directory);
    put(&directory, "cn.yaml", national);
    assert_file_problem(put(&directory, "self.yaml", "include: self.yaml\n"), "self.yaml:1:10: ");
    put(&directory, "a.yaml", "include: b.yaml\n");
    assert_file_problem(put(&directory, "b.yaml", "name: b\ninclude: ./a.yaml\n"),
                        "includes itself");
    assert_file_problem(put(&directory, "lost.yaml", "include: no.yaml\n"),
                        "cannot be read: No such file");
    assert_file_problem(
        put(&directory, "long.yaml", "include: cn.yaml\nvalid: {until: 2027-12-31}\n"),
        "reaches beyond the included calendar (2025-12-01 to 2026-12-31)");
    assert_file_problem("/nonexistent/cn.yaml", "/nonexistent/cn.yaml: cannot be read");
    directory_end(&directory);
}

struct wrong {
    const char *text, *expected;
};

static const struct wrong wrongs[] = {
    {"", "test.yaml:1:1: zone is missing"},
    {"zone: Asia/Shanghai\nhours: {daily: 09:00-17:00}\n", "valid is missing"},
    {"zone: Asia/Peking\nvalid: {from: 2026-01-01, until: 2026-12-31}\n",
     "test.yaml:1:7: unknown time zone 'Asia/Peking'"},
    {"zone: UTC\nvalid: {from: 2026-13-01, until: 2026-12-31}\n", ":2:15: expected a date"},
    {"zone: UTC\nvalid: {from: 2026-12-31, until: 2026-01-01}\n", ":2:8: expected from before"},
    {"zone: UTC\nvalid: {from: 2026-01-01, until: 9999-01-01}\n", "at most 200 years"},
    {"include: cn.yaml\n", ":1:10: include works in files only"},
    {HEAD "hours: {weekdays: closed}\n", "has no working time at all"},
    {HEAD, "has no working time at all"},
    {HEAD "hours: {mondays: 09:00-17:00}\n", ":3:9: unknown key 'mondays'; did you mean 'monday'?"},
    {HEAD "hour: {daily: 09:00-17:00}\n", "unknown key 'hour'; did you mean 'hours'?"},
    {HEAD "hours: {daily: 9-17}\n", ":3:16: '9-17' is not a span of opening hours"},
    {HEAD "hours: {daily: 24:00-24:00}\n", "closes before it opens"},
    {HEAD "hours: {daily: 09:00-24:01}\n", "is not a span"},
    {HEAD "hours: {daily: 09:60-12:00}\n", "is not a span"},
    {HEAD "hours: {daily: 22:00-06:00}\n", "closes before it opens"},
    {HEAD "hours: {daily: [09:00-12:00, 11:00-17:00]}\n", ":3:30: '11:00-17:00' begins before"},
    {HEAD "round_the_clock: true\nhours: {daily: 09:00-17:00}\n", "contradict"},
    {HEAD "hours: {daily: 09:00-12:00, weekend: closed}\nweekends_count: true\n",
     "saturday has hours of its own"},
    {HEAD "holidays: [{date: 2026-01-01}]\n", ":3:12: the name is missing"},
    {HEAD "holidays: [{name: x}]\n", "expected one of: date, from with to, yearly"},
    {HEAD "holidays: [{name: x, from: 2026-01-01}]\n", "expected one of"},
    {HEAD "holidays: [{name: x, date: 2026-01-01, yearly: 01-01}]\n", "expected one of"},
    {HEAD "holidays: [{name: x, date: 2026-02-29}]\n", "'2026-02-29' is not a date"},
    {HEAD "holidays: [{name: x, yearly: 02-30}]\n", "'02-30' is not a day of the year"},
    {HEAD "holidays: [{name: x, yearly: {from: 02-01}}]\n", "expected MM-DD, or from"},
    {HEAD "holidays: [{name: x, from: 2026-02-02, to: 2026-02-01}]\n",
     "2026-02-01 is before 2026-02-02"},
    {HEAD "holidays: [{name: x, date: 2027-01-01}]\n",
     "2027-01-01 lies outside of the calendar (2025-12-01 to 2026-12-31)"},
    {HEAD "holidays: [{name: x, date: 2026-01-01}]\nmakeup: [2026-01-01]\n",
     ":4:10: 2026-01-01 is given twice, first in line 3"},
    {HEAD "holidays: {name: x}\n", "found a map of keys and values, expected a list"},
    {HEAD "makeup: [{date: 2026-01-03, as: mon}]\n", "'mon' is unknown"},
    {HEAD "makeup: [{date: 2026-01-03, as: monday, hours: closed}]\n", "either hours or as"},
    {HEAD "hours: {friday: 09:00-17:00}\nmakeup: [2026-01-03]\n",
     "make-up day 2026-01-03 has no opening hours"},
    {HEAD "special: [{date: 2026-01-05}]\n", "the hours are missing"},
    {HEAD "regular: [x]\n", "'x' is not a date"},
    {HEAD "makeup_as: funday\n", "'funday' is unknown; did you mean"},
    {"- a\n", "found a list, expected a map"},
};

static void mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
        struct problems problems = {0};
        AUTO_BUF out;
        buf_init(&out, 1 << 16);
        assert_null(
            calendar_load_text(wrongs[i].text, strlen(wrongs[i].text), "test.yaml", &problems));
        problems_print(&problems, &out);
        if (strstr(buf_string(&out), wrongs[i].expected) == NULL)
            fail_msg("%s: %s, expected %s", wrongs[i].text, buf_string(&out), wrongs[i].expected);
        problems_finish(&problems);
    }
}

static void all_mistakes_are_told_once(void **state)
{
    (void)state;
    static const char text[] = "zone: Nowhere\nvalid: {from: 2026-01-01}\n"
                               "hours: {daily: x}\nholidays: [{name: a, date: y}, {nam: b}]\n"
                               "special: [{date: 2026-01-05}]\n";
    struct problems problems = {0};
    AUTO_BUF out;
    buf_init(&out, 1 << 16);
    assert_null(calendar_load_text(text, sizeof text - 1, "test.yaml", &problems));
    problems_print(&problems, &out);
    assert_string_equal(
        buf_string(&out),
        "test.yaml:1:7: unknown time zone 'Nowhere'; expected a name such as Asia/Shanghai\n"
        "test.yaml:2:8: valid is missing; expected {from: 2020-01-01, until: 2026-12-31}\n"
        "test.yaml:3:16: 'x' is not a span of opening hours; expected 09:00-12:00\n"
        "test.yaml:4:28: 'y' is not a date; expected YYYY-MM-DD\n"
        "test.yaml:4:33: unknown key 'nam'; did you mean 'name'?\n"
        "test.yaml:5:11: the hours are missing\n");
    problems_finish(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_can_be_said),
        cmocka_unit_test(leap_days_come_when_they_come),
        cmocka_unit_test(local_files_win_over_what_they_include),
        cmocka_unit_test(the_version_follows_every_byte),
        cmocka_unit_test(bad_includes_are_refused),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(all_mistakes_are_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
