/* Arguments and texts of the calendar commands. */
#include "calendar_args.h"

#include "duban/calendar_file.h"
#include "duban/mem.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool pick(const char *text, const char *const *words, int count, int *choice)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *choice = i;
            return true;
        }
    }
    fprintf(stderr, "dubanctl: '%s'? (", text);
    for (int i = 0; i < count; i++)
        fprintf(stderr, "%s%s", i ? " | " : "", words[i]);
    fputs(")\n", stderr);
    return false;
}

static bool take_option(struct calendar_args *args, int option)
{
    static const char *const due_words[] = {"closing", "end-of-day", "same-time"};
    static const char *const suspension_words[] = {"workdays", "open-time"};
    int choice = 0;
    bool fine = true;
    switch (option) {
    case 'c':
        args->path = optarg;
        return true;
    case 'l':
        args->limit_text = optarg;
        return true;
    case 'n':
        args->name = optarg;
        return true;
    case 'r':
        args->rule.start_mode = START_ROLL_FORWARD;
        return true;
    case 'd':
        fine = pick(optarg, due_words, COUNT_OF(due_words), &choice);
        args->rule.due_mode = (enum due_mode)choice;
        return fine;
    case 'm':
        fine = pick(optarg, suspension_words, COUNT_OF(suspension_words), &choice);
        args->rule.suspension_mode = (enum suspension_mode)choice;
        return fine;
    case 's':
        if (args->suspension_count == SUSPENSIONS_MOST)
            return false;
        args->suspension_texts[args->suspension_count++] = optarg;
        return true;
    default:
        return false;
    }
}

bool calendar_args_read(struct context *context, int argc, char **argv, struct calendar_args *args)
{
    static const struct option options[] = {
        COMMON_OPTIONS,
        {"calendar", required_argument, NULL, 'c'},
        {"limit", required_argument, NULL, 'l'},
        {"name", required_argument, NULL, 'n'},
        {"roll-forward", no_argument, NULL, 'r'},
        {"due", required_argument, NULL, 'd'},
        {"suspension", required_argument, NULL, 'm'},
        {"suspend", required_argument, NULL, 's'},
        {0},
    };
    *args = (struct calendar_args){.path = DEFAULT_CALENDAR};
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!common_option(context, option, optarg) && !take_option(args, option))
            return false;
    args->words = argv + optind;
    args->word_count = argc - optind;
    return true;
}

struct calendar *calendar_open(const char *path)
{
    struct problems problems = {0};
    AUTO_BUF out;
    buf_init(&out, 1 << 20);
    struct calendar *calendar = calendar_load_file(path, &problems);
    problems_print(&problems, &out);
    fputs(buf_string(&out), stderr);
    problems_finish(&problems);
    return calendar;
}

/* "FROM/TO", or "FROM/" while it lasts. */
static bool read_suspension(const struct calendar *calendar, const char *text,
                            struct suspension *suspension, struct error *error)
{
    const char *slash = strchr(text, '/');
    if (slash == NULL)
        return error_set(error, "'%s' is not a suspension; expected FROM/TO", text);
    AUTO_FREE char *from = mem_text_n(text, (size_t)(slash - text));
    suspension->to = WALL_NONE;
    if (!instant_read(calendar, from, &suspension->from, error) ||
        (slash[1] && !instant_read(calendar, slash + 1, &suspension->to, error)))
        return false;
    if (slash[1] && suspension->to < suspension->from)
        return error_set(error, "the suspension '%s' ends before it begins", text);
    return true;
}

static bool read_suspensions(struct calendar_args *args, struct error *error)
{
    for (size_t i = 0; i < args->suspension_count; i++) {
        struct suspension *suspension = &args->suspensions[i];
        if (!read_suspension(args->rule.calendar, args->suspension_texts[i], suspension, error))
            return false;
        if (i && (suspension[-1].to == WALL_NONE || suspension->from < suspension[-1].to))
            return error_set(error, "suspensions must be in order and not overlap");
    }
    return true;
}

struct calendar *calendar_args_open(struct calendar_args *args)
{
    struct error error;
    struct calendar *calendar = calendar_open(args->path);
    args->rule.calendar = calendar;
    if (calendar == NULL || read_suspensions(args, &error))
        return calendar;
    fail(&error);
    calendar_destroy(calendar);
    return NULL;
}

bool instant_read(const struct calendar *calendar, const char *text, wall_us *at,
                  struct error *error)
{
    char date[11] = "";
    int hour = 0, minute = 0, second = 0, used = 0;
    day_number day;
    if (instant_parse(text, at, NULL))
        return true;
    snprintf(date, sizeof date, "%s", text);
    if (!day_parse(date, &day, error))
        return false;
    const char *rest = text + 10;
    bool fine = *rest == '\0';
    if (*rest == ' ' || *rest == 'T') {
        fine = sscanf(++rest, "%2d:%2d%n", &hour, &minute, &used) == 2;
        if (fine && rest[used] == ':')
            fine = sscanf(rest, "%2d:%2d:%2d%n", &hour, &minute, &second, &used) == 3;
        fine = fine && rest[used] == '\0';
    }
    if (!fine || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return error_set(error, "'%s' is not an instant; expected 2026-11-22 09:30", text);
    return calendar_at(calendar, day, (hour * 60 + minute) * 60 + second, at, error);
}

bool limit_read(const char *text, struct limit *limit, struct error *error)
{
    char *unit;
    long value = strtol(text, &unit, 10);
    unit += *unit == ' ';
    if (text[0] < '0' || text[0] > '9' || value > LIMIT_VALUE_MOST)
        return error_set(error, "'%s' is not a limit; expected 20, 20workday, 3day or 8workhour",
                         text);
    *limit = (struct limit){.value = (int32_t)value, .unit = LIMIT_WORKDAY};
    return *unit == '\0' || limit_unit_parse(unit, &limit->unit, error);
}

int fail(const struct error *error)
{
    fprintf(stderr, "dubanctl: %s\n", error->text);
    return EXIT_FAILED;
}
