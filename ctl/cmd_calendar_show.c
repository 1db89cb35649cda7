/* dubanctl calendar show: a year that a person can read, two months beside each other. */
#include "calendar_args.h"

#include "duban/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* How a day looks. A cell is five columns wide: the day, its mark, a space. */
struct look {
    const char *chinese, *english; /* two columns each */
    const char *colour;
};

static const struct look looks[] = {
    {"  ", "  ", ""},           /* working day */
    {"· ", ". ", "\033[2m"},    /* rest day */
    {"休", "H ", "\033[31m"},   /* holiday */
    {"班", "W ", "\033[1;32m"}, /* make-up day */
    {"特", "S ", "\033[33m"},   /* special hours */
};

static const struct look *look_of(const struct calendar_day *day)
{
    switch (day->kind) {
    case DAY_HOLIDAY:
        return &looks[2];
    case DAY_MAKEUP:
        return &looks[3];
    case DAY_SPECIAL:
        return &looks[4];
    case DAY_REGULAR:
        break;
    }
    return &looks[day->working ? 0 : 1];
}

static void write_cell(struct buf *out, const struct context *context,
                       const struct calendar *calendar, day_number day)
{
    struct calendar_day found;
    int number = (int)civil_from_day(day).day;
    if (!calendar_day(calendar, day, &found, NULL)) {
        buf_format(out, "%2d?  ", number); /* beyond the calendar */
        return;
    }
    const struct look *look = look_of(&found);
    const char *colour = context->colour ? look->colour : "";
    buf_format(out, "%s%2d%s%s ", colour, number, in_words(context, look->chinese, look->english),
               *colour ? "\033[0m" : "");
}

/* One week of a month, from Monday; empty cells outside of it. */
static void write_week(struct buf *out, const struct context *context,
                       const struct calendar *calendar, int year, int month, int week)
{
    day_number first = day_from_civil(year, month, 1);
    day_number monday = first - (weekday_of(first) - 1) + week * 7;
    for (day_number day = monday; day < monday + 7; day++) {
        if (civil_from_day(day).month == month)
            write_cell(out, context, calendar, day);
        else
            buf_text(out, "     ");
    }
}

/* Rows that a month takes: four to six. */
static int weeks_of(int year, int month)
{
    day_number first = day_from_civil(year, month, 1);
    day_number next =
        month == 12 ? day_from_civil(year + 1, 1, 1) : day_from_civil(year, month + 1, 1);
    return (weekday_of(first) - 1 + (int)(next - first) + 6) / 7;
}

static void write_two_months(struct buf *out, const struct context *context,
                             const struct calendar *calendar, int year, int month)
{
    static const char *const months[] = {"",        "January",  "February", "March",  "April",
                                         "May",     "June",     "July",     "August", "September",
                                         "October", "November", "December"};
    for (int i = month; i <= month + 1; i++) {
        if (context->english)
            buf_format(out, "%-35s   ", months[i]);
        else
            buf_format(out, "%2d 月%30s   ", i, "");
    }
    buf_char(out, '\n');
    for (int i = 0; i < 2; i++)
        buf_format(out, "%s   ",
                   in_words(context, "一   二   三   四   五   六   日   ",
                            "Mo   Tu   We   Th   Fr   Sa   Su   "));
    buf_char(out, '\n');
    for (int week = 0; week < weeks_of(year, month) || week < weeks_of(year, month + 1); week++) {
        write_week(out, context, calendar, year, month, week);
        buf_text(out, "   ");
        write_week(out, context, calendar, year, month + 1, week);
        buf_char(out, '\n');
    }
    buf_char(out, '\n');
}

/* "春节 2026-02-15 – 2026-02-23", every run of a name; then the make-up and special days. */
static void write_named_days(struct buf *out, const struct context *context,
                             const struct calendar *calendar, int year)
{
    day_number end = day_from_civil(year, 12, 31);
    for (day_number day = day_from_civil(year, 1, 1); day <= end; day++) {
        struct calendar_day found, next;
        if (!calendar_day(calendar, day, &found, NULL) || found.kind == DAY_REGULAR)
            continue;
        const struct look *look = look_of(&found);
        buf_format(out, "%s  ", in_words(context, look->chinese, look->english));
        write_date(out, context, day);
        day_number last = day;
        while (found.kind == DAY_HOLIDAY && last < end &&
               calendar_day(calendar, last + 1, &next, NULL) && next.kind == DAY_HOLIDAY &&
               next.name == found.name)
            last++;
        if (last > day) {
            buf_text(out, in_words(context, " 至 ", " to "));
            write_date(out, context, last);
        }
        buf_format(out, " %s\n", found.name);
        day = last;
    }
}

static int tell_text(const struct context *context, const struct calendar *calendar, int year)
{
    int working = 0;
    AUTO_BUF out;
    buf_init(&out, 1 << 20);
    for (day_number day = day_from_civil(year, 1, 1); day <= day_from_civil(year, 12, 31); day++) {
        struct calendar_day found;
        working += calendar_day(calendar, day, &found, NULL) && found.working;
    }
    buf_format(&out, in_words(context, "%s  %d 年，%d 个工作日\n\n", "%s  %d, %d working days\n\n"),
               calendar_name(calendar), year, working);
    for (int month = 1; month < 12; month += 2)
        write_two_months(&out, context, calendar, year, month);
    buf_text(&out, in_words(context, "· 休息日  休 节假日  班 调休上班  特 特殊时段\n\n",
                            ". rest day  H holiday  W make-up working day  S special hours\n\n"));
    write_named_days(&out, context, calendar, year);
    return print_buf(&out);
}

static json_t *hours_json(const struct calendar *calendar, const struct calendar_day *day)
{
    json_t *hours = json_array();
    for (size_t i = 0; i < day->span_count; i++)
        json_array_append_new(hours,
                              json_pack("[o, o]", json_instant(calendar, day->spans[i].opens),
                                        json_instant(calendar, day->spans[i].closes)));
    return hours;
}

static int tell_json(const struct calendar *calendar, int year)
{
    static const char *const kinds[] = {"regular", "holiday", "makeup", "special"};
    json_t *days = json_array();
    int working = 0;
    for (day_number day = day_from_civil(year, 1, 1); day <= day_from_civil(year, 12, 31); day++) {
        struct calendar_day found;
        if (!calendar_day(calendar, day, &found, NULL))
            continue;
        working += found.working;
        json_array_append_new(days,
                              json_pack("{s:o, s:s, s:b, s:s, s:o}", "date", json_day(day), "kind",
                                        kinds[found.kind], "working", found.working, "name",
                                        found.name, "hours", hours_json(calendar, &found)));
    }
    return print_json(json_pack("{s:o, s:i, s:i, s:o}", "calendar", json_calendar(calendar), "year",
                                year, "working_days", working, "days", days));
}

static int this_year(const struct calendar *calendar)
{
    wall_us now = (wall_us)time(NULL) * US_PER_S;
    return civil_from_day(
               (day_number)((now + calendar_offset_s(calendar, now) * US_PER_S) / US_PER_DAY))
        .year;
}

static int show(const struct context *context, const struct calendar *calendar, int year)
{
    struct error error;
    int first = civil_from_day(calendar_first_day(calendar)).year;
    int last = civil_from_day(calendar_last_day(calendar)).year;
    if (year < first || year > last) {
        error_set(&error, "calendar '%s' knows the years %d to %d", calendar_name(calendar), first,
                  last);
        return fail(&error);
    }
    return context->json ? tell_json(calendar, year) : tell_text(context, calendar, year);
}

int run_calendar_show(struct context *context, int argc, char **argv)
{
    struct calendar_args args;
    if (!calendar_args_read(context, argc, argv, &args) || args.word_count > 1)
        return EXIT_USAGE;
    struct calendar *calendar = calendar_args_open(&args);
    if (calendar == NULL)
        return EXIT_FAILED;
    int year = args.word_count ? atoi(args.words[0]) : this_year(calendar);
    int result = show(context, calendar, year);
    calendar_destroy(calendar);
    return result;
}
