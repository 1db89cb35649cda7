/* dubanctl calendar ledger: why is this the date? Every day, and whether it counted. */
#include "calendar_args.h"

#include "duban/calendar_ledger.h"
#include "duban/mem.h"

static const struct policy no_levels = {.name = "none"};

/* The end of the account: the instant given, or the due instant of the limit. */
static bool find_end(const struct calendar_args *args, wall_us start, wall_us *to,
                     struct error *error)
{
    struct limit limit;
    struct clock_state state;
    if (args->limit_text == NULL)
        return instant_read(args->rule.calendar, args->words[1], to, error);
    struct clock_facts facts = {.started_at = start,
                                .stopped_at = WALL_NONE,
                                .suspensions = args->suspensions,
                                .suspension_count = args->suspension_count};
    if (!limit_read(args->limit_text, &limit, error))
        return false;
    facts.limit = limit;
    if (!clock_replay(&args->rule, &facts, start, &state, error))
        return false;
    *to = state.due_at;
    return true;
}

static const char *mark_text(const struct context *context, const struct ledger_row *row)
{
    switch (row->mark) {
    case LEDGER_START:
        return in_words(context, "起始日，不计", "start, not counted");
    case LEDGER_SUSPENDED:
        return in_words(context, "停表，不计", "suspended");
    case LEDGER_REST:
        return in_words(context, "休息日", "rest day");
    case LEDGER_HOLIDAY:
        return in_words(context, "节假日", "holiday");
    case LEDGER_SAME_DAY: /* only with a limit */
    case LEDGER_BEYOND:
    case LEDGER_COUNTED:
        break;
    }
    if (row->day.kind == DAY_MAKEUP)
        return in_words(context, "调休上班，计", "make-up day, counted");
    if (row->day.kind == DAY_SPECIAL)
        return in_words(context, "特殊时段，计", "special hours, counted");
    return in_words(context, "工作日，计", "working day");
}

static void write_row(struct buf *out, const struct context *context, const struct ledger_row *row)
{
    write_date(out, context, row->day.day);
    if (row->number)
        buf_format(out, " %4d  ", (int)row->number);
    else
        buf_text(out, "    -  ");
    buf_text(out, mark_text(context, row));
    if (*row->day.name)
        buf_format(out, " %s", row->day.name);
    if (row->day.working) {
        buf_text(out, "  ");
        write_span(out, context, row->open);
    }
    if (row->suspended) {
        buf_text(out, in_words(context, " 停表 ", " suspended "));
        write_span(out, context, row->suspended);
    }
    buf_char(out, '\n');
}

static int tell_text(const struct context *context, const struct ledger *ledger)
{
    AUTO_BUF out;
    buf_init(&out, 64 << 20);
    for (size_t i = 0; i < ledger->count; i++)
        write_row(&out, context, &ledger->rows[i]);
    buf_format(&out,
               in_words(context, "合计：计 %d 个工作日，停表 %d 个工作日；工作时间 ",
                        "total: %d working days counted, %d suspended; open for "),
               (int)ledger->counted_days, (int)ledger->suspended_days);
    write_span(&out, context, ledger->open);
    buf_char(&out, '\n');
    return print_buf(&out);
}

static int tell_json(const struct calendar *calendar, const struct ledger_span *span,
                     const struct ledger *ledger)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];
        json_array_append_new(
            rows, json_pack("{s:o, s:s, s:i, s:s, s:b, s:I, s:I}", "date", json_day(row->day.day),
                            "mark", ledger_mark_word(row->mark), "number", (int)row->number, "name",
                            row->day.name, "makeup", row->day.kind == DAY_MAKEUP, "open_seconds",
                            (json_int_t)(row->open / US_PER_S), "suspended_seconds",
                            (json_int_t)(row->suspended / US_PER_S)));
    }
    return print_json(json_pack(
        "{s:o, s:o, s:o, s:i, s:i, s:I, s:o}", "calendar", json_calendar(calendar), "from",
        json_instant(calendar, span->from), "to", json_instant(calendar, span->to), "counted_days",
        (int)ledger->counted_days, "suspended_days", (int)ledger->suspended_days, "open_seconds",
        (json_int_t)(ledger->open / US_PER_S), "days", rows));
}

static int tell(const struct context *context, const struct calendar_args *args,
                const struct ledger_span *span)
{
    struct ledger ledger;
    struct error error;
    if (!ledger_build(args->rule.calendar, span, &ledger, &error))
        return fail(&error);
    int result =
        context->json ? tell_json(args->rule.calendar, span, &ledger) : tell_text(context, &ledger);
    ledger_finish(&ledger);
    return result;
}

int run_calendar_ledger(struct context *context, int argc, char **argv)
{
    struct calendar_args args;
    struct error error;
    if (!calendar_args_read(context, argc, argv, &args) ||
        args.word_count != 2 - (args.limit_text != NULL))
        return EXIT_USAGE;
    struct calendar *calendar = calendar_args_open(&args);
    if (calendar == NULL)
        return EXIT_FAILED;
    args.rule.policy = &no_levels;
    struct ledger_span span = {.roll_forward = args.rule.start_mode == START_ROLL_FORWARD,
                               .suspensions = args.suspensions,
                               .suspension_count = args.suspension_count};
    int result = EXIT_FAILED;
    if (instant_read(calendar, args.words[0], &span.from, &error) &&
        find_end(&args, span.from, &span.to, &error))
        result = tell(context, &args, &span);
    else
        fail(&error);
    calendar_destroy(calendar);
    return result;
}
