/* dubanctl calendar due, between: deadlines and amounts from the command line. */
#include "calendar_args.h"

#include "duban/mem.h"

#include <string.h>

static const struct policy no_levels = {.name = "none"};

static json_t *due_json(const struct calendar_args *args, wall_us start, struct limit limit,
                        wall_us due_at)
{
    const struct calendar *calendar = args->rule.calendar;
    return json_pack("{s:o, s:o, s:{s:i, s:s}, s:i, s:o}", "calendar", json_calendar(calendar),
                     "start", json_instant(calendar, start), "limit", "value", (int)limit.value,
                     "unit", limit_unit_word(limit.unit), "suspensions",
                     (int)args->suspension_count, "due_at", json_instant(calendar, due_at));
}

static int tell_due(struct context *context, const struct calendar_args *args, wall_us start,
                    struct limit limit)
{
    static const char *const units[][2] = {{"个工作日", "working days"},
                                           {"天", "days"},
                                           {"个工作小时", "working hours"},
                                           {"小时", "hours"}};
    struct clock_state state;
    struct error error;
    struct clock_facts facts = {.started_at = start,
                                .stopped_at = WALL_NONE,
                                .limit = limit,
                                .suspensions = args->suspensions,
                                .suspension_count = args->suspension_count};
    AUTO_BUF out;
    buf_init(&out, 4096);
    if (!clock_replay(&args->rule, &facts, start, &state, &error))
        return fail(&error);
    if (context->json)
        return print_json(due_json(args, start, limit, state.due_at));
    buf_text(&out, in_words(context, "开始 ", "start "));
    write_instant(&out, context, args->rule.calendar, start);
    buf_format(&out, in_words(context, "，时限 %d %s\n", ", limit %d %s\n"), (int)limit.value,
               units[limit.unit][context->english]);
    buf_text(&out, in_words(context, "到期 ", "due   "));
    write_instant(&out, context, args->rule.calendar, state.due_at);
    buf_char(&out, '\n');
    return print_buf(&out);
}

int run_calendar_due(struct context *context, int argc, char **argv)
{
    struct calendar_args args;
    struct error error;
    struct limit limit;
    wall_us start;
    if (!calendar_args_read(context, argc, argv, &args) || args.word_count != 2)
        return EXIT_USAGE;
    struct calendar *calendar = calendar_args_open(&args);
    if (calendar == NULL)
        return EXIT_FAILED;
    args.rule.policy = &no_levels;
    int result = EXIT_FAILED;
    if (instant_read(calendar, args.words[0], &start, &error) &&
        limit_read(args.words[1], &limit, &error))
        result = tell_due(context, &args, start, limit);
    else
        fail(&error);
    calendar_destroy(calendar);
    return result;
}

struct amounts {
    int32_t workdays;
    span_us open;
};

static bool measure(const struct calendar *calendar, wall_us from, wall_us to,
                    struct amounts *amounts, struct error *error)
{
    day_number first, last;
    return calendar_day_of(calendar, from, &first, error) &&
           calendar_day_of(calendar, to, &last, error) &&
           calendar_workdays_between(calendar, first, last, &amounts->workdays, error) &&
           calendar_open_between(calendar, from, to, &amounts->open, error);
}

static int tell_amounts(struct context *context, const struct calendar *calendar, wall_us from,
                        wall_us to)
{
    struct amounts amounts;
    struct error error;
    AUTO_BUF out;
    buf_init(&out, 4096);
    if (!measure(calendar, from, to, &amounts, &error))
        return fail(&error);
    if (context->json)
        return print_json(json_pack(
            "{s:o, s:o, s:o, s:i, s:I, s:I}", "calendar", json_calendar(calendar), "from",
            json_instant(calendar, from), "to", json_instant(calendar, to), "working_days",
            (int)amounts.workdays, "open_seconds", (json_int_t)(amounts.open / US_PER_S), "seconds",
            (json_int_t)((to - from) / US_PER_S)));
    buf_format(&out,
               in_words(context, "%d 个工作日（起始日不计），工作时间 ",
                        "%d working days (the first day not counted), open for "),
               (int)amounts.workdays);
    write_span(&out, context, amounts.open);
    buf_char(&out, '\n');
    return print_buf(&out);
}

int run_calendar_between(struct context *context, int argc, char **argv)
{
    struct calendar_args args;
    struct error error;
    wall_us from, to;
    if (!calendar_args_read(context, argc, argv, &args) || args.word_count != 2)
        return EXIT_USAGE;
    struct calendar *calendar = calendar_args_open(&args);
    if (calendar == NULL)
        return EXIT_FAILED;
    int result = EXIT_FAILED;
    if (instant_read(calendar, args.words[0], &from, &error) &&
        instant_read(calendar, args.words[1], &to, &error))
        result = tell_amounts(context, calendar, from, to);
    else
        fail(&error);
    calendar_destroy(calendar);
    return result;
}
