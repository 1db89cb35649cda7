/* dubanctl calendar: its subcommands, and the check of calendar files. */
#include "calendar_args.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

static const struct subcommand {
    const char *name, *arguments, *chinese, *english;
    int (*run)(struct context *context, int argc, char **argv);
} subcommands[] = {
    {"check", "[FILE]…", "检查日历文件", "check calendar files", run_calendar_check},
    {"show", "[YEAR]", "按月显示一年", "show a year, month by month", run_calendar_show},
    {"due", "START LIMIT", "计算到期时间", "compute a deadline", run_calendar_due},
    {"between", "FROM TO", "两个时刻之间的工作日和工作时间", "working days and time between",
     run_calendar_between},
    {"ledger", "START TO|--limit LIMIT", "逐日列出计与不计的原因", "account for every day",
     run_calendar_ledger},
    {"import", "--name NAME FILE…", "导入 holiday-cn JSON 或 iCalendar",
     "import holiday-cn JSON or iCalendar", run_calendar_import},
};

static int usage(const struct context *context)
{
    fputs(in_words(context, "用法：dubanctl calendar 子命令 …\n\n",
                   "usage: dubanctl calendar SUBCOMMAND …\n\n"),
          stderr);
    for (size_t i = 0; i < COUNT_OF(subcommands); i++)
        fprintf(stderr, "  %-8s %-24s %s\n", subcommands[i].name, subcommands[i].arguments,
                in_words(context, subcommands[i].chinese, subcommands[i].english));
    fprintf(stderr,
            "\n  --calendar FILE          %s\n  --roll-forward\n"
            "  --due closing|end-of-day|same-time\n  --suspend FROM/TO\n"
            "  --suspension workdays|open-time\n  --json  --lang zh|en\n",
            DEFAULT_CALENDAR);
    return EXIT_USAGE;
}

static int run(struct context *context, int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < COUNT_OF(subcommands); i++) {
        if (strcmp(argv[1], subcommands[i].name) != 0)
            continue;
        int result = subcommands[i].run(context, argc - 1, argv + 1);
        return result == EXIT_USAGE ? usage(context) : result;
    }
    return usage(context);
}

const struct command calendar_command = {
    .name = "calendar",
    .usage = "工作日历：检查、显示、计算、导入 / check, show, compute, import working calendars",
    .run = run,
};

static int workdays_of(const struct calendar *calendar, day_number first, day_number last)
{
    int count = 0;
    for (day_number day = first; day <= last; day++) {
        struct calendar_day found;
        if (calendar_day(calendar, day, &found, NULL))
            count += found.working;
    }
    return count;
}

static void describe(const struct context *context, const struct calendar *calendar,
                     struct buf *out)
{
    char first[DAY_TEXT_BYTES], last[DAY_TEXT_BYTES];
    day_number begin = calendar_first_day(calendar), end = calendar_last_day(calendar);
    buf_format(out,
               in_words(context, "%s：%s，%s 至 %s，版本 %s\n", "%s: %s, %s to %s, version %s\n"),
               calendar_name(calendar), zone_name(calendar_zone(calendar)), day_text(begin, first),
               day_text(end, last), calendar_version(calendar));
    for (int year = civil_from_day(begin).year; year <= civil_from_day(end).year; year++)
        buf_format(out, in_words(context, "  %d 年 %d 个工作日\n", "  %d: %d working days\n"), year,
                   workdays_of(calendar, day_from_civil(year, 1, 1), day_from_civil(year, 12, 31)));
}

static json_t *describe_json(const struct calendar *calendar, const char *path)
{
    json_t *json = json_calendar(calendar), *years = json_object();
    int last_year = civil_from_day(calendar_last_day(calendar)).year;
    for (int year = civil_from_day(calendar_first_day(calendar)).year; year <= last_year; year++) {
        char key[16];
        snprintf(key, sizeof key, "%d", year);
        json_object_set_new(years, key,
                            json_integer(workdays_of(calendar, day_from_civil(year, 1, 1),
                                                     day_from_civil(year, 12, 31))));
    }
    json_object_set_new(json, "file", json_string(path));
    json_object_set_new(json, "working_days", years);
    return json;
}

int run_calendar_check(struct context *context, int argc, char **argv)
{
    struct calendar_args args;
    if (!calendar_args_read(context, argc, argv, &args))
        return EXIT_USAGE;
    bool fine = true;
    AUTO_BUF out;
    buf_init(&out, 1 << 20);
    json_t *list = json_array();
    for (int i = 0; i < args.word_count || i == 0; i++) {
        const char *path = args.word_count ? args.words[i] : args.path;
        struct calendar *calendar = calendar_open(path);
        fine &= calendar != NULL;
        if (calendar == NULL)
            continue;
        describe(context, calendar, &out);
        json_array_append_new(list, describe_json(calendar, path));
        calendar_destroy(calendar);
    }
    if (context->json)
        print_json(json_incref(list));
    else
        print_buf(&out);
    json_decref(list);
    return fine ? EXIT_OK : EXIT_FAILED;
}
