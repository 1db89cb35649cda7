/* Accounts of spans: the same rules as the clock's, spelled out for every day. */
#include "duban/calendar_ledger.h"

#include "duban/mem.h"

static const char *const words[LEDGER_MARKS] = {
    [LEDGER_COUNTED] = "counted",     [LEDGER_START] = "start",     [LEDGER_REST] = "rest",
    [LEDGER_SUSPENDED] = "suspended", [LEDGER_HOLIDAY] = "holiday",
};

const char *ledger_mark_word(enum ledger_mark mark)
{
    return words[mark];
}

/* Everything about the span that doesn't change from day to day. */
struct account {
    const struct calendar *calendar;
    const struct ledger_span *span;
    day_number base, last; /* the day not counted; the last one */
};

static wall_us end_of(const struct ledger_span *span, const struct suspension *suspension)
{
    bool open = suspension->to == WALL_NONE || suspension->to > span->to;
    return open ? span->to : suspension->to;
}

/* Whether a suspension gives the day back: all days it touches but its first. */
static bool is_given_back(const struct account *account, day_number day, bool *given,
                          struct error *error)
{
    *given = false;
    for (size_t i = 0; i < account->span->suspension_count && !*given; i++) {
        const struct suspension *suspension = &account->span->suspensions[i];
        wall_us from = suspension->from, to = end_of(account->span, suspension);
        day_number first, last;
        if (from < account->span->from)
            from = account->span->from;
        if (to <= from)
            continue;
        if (!calendar_day_of(account->calendar, from, &first, error) ||
            !calendar_day_of(account->calendar, to, &last, error))
            return false;
        *given = day > first && day <= last;
    }
    return true;
}

/* Open time in the part of [from, to) that lies within [least, most). */
static bool open_within(const struct calendar *calendar, wall_us from, wall_us to, wall_us least,
                        wall_us most, span_us *open, struct error *error)
{
    from = from > least ? from : least;
    to = to < most ? to : most;
    *open = 0;
    return to <= from || calendar_open_between(calendar, from, to, open, error);
}

static bool measure_day(const struct account *account, struct ledger_row *row, struct error *error)
{
    const struct ledger_span *span = account->span;
    wall_us begin = row->day.begins > span->from ? row->day.begins : span->from;
    wall_us end = row->day.ends < span->to ? row->day.ends : span->to;
    if (!open_within(account->calendar, begin, end, begin, end, &row->open, error))
        return false;
    for (size_t i = 0; i < span->suspension_count; i++) {
        const struct suspension *suspension = &span->suspensions[i];
        span_us still;
        if (!open_within(account->calendar, suspension->from, end_of(span, suspension), begin, end,
                         &still, error))
            return false;
        row->suspended += still;
    }
    row->open -= row->suspended;
    return true;
}

static bool mark_day(const struct account *account, struct ledger_row *row, struct error *error)
{
    bool given;
    if (!row->day.working) {
        row->mark = row->day.kind == DAY_HOLIDAY ? LEDGER_HOLIDAY : LEDGER_REST;
        return true;
    }
    if (row->day.day <= account->base) {
        row->mark = LEDGER_START;
        return true;
    }
    if (!is_given_back(account, row->day.day, &given, error))
        return false;
    row->mark = given ? LEDGER_SUSPENDED : LEDGER_COUNTED;
    return true;
}

static bool add_days(const struct account *account, day_number first, struct ledger *ledger,
                     struct error *error)
{
    for (day_number day = first; day <= account->last; day++) {
        struct ledger_row *row = &ledger->rows[ledger->count];
        if (!calendar_day(account->calendar, day, &row->day, error) ||
            !mark_day(account, row, error) || !measure_day(account, row, error))
            return false;
        ledger->count++;
        ledger->open += row->open;
        ledger->suspended += row->suspended;
        ledger->suspended_days += row->mark == LEDGER_SUSPENDED;
        if (row->mark == LEDGER_COUNTED)
            row->number = ++ledger->counted_days;
    }
    return true;
}

bool ledger_build(const struct calendar *calendar, const struct ledger_span *span,
                  struct ledger *ledger, struct error *error)
{
    struct account account = {.calendar = calendar, .span = span};
    struct ledger result = {0};
    day_number first;
    if (span->to < span->from)
        return error_set(error, "the span ends before it begins");
    if (!calendar_day_of(calendar, span->from, &first, error) ||
        !calendar_day_of(calendar, span->to > span->from ? span->to - 1 : span->to, &account.last,
                         error))
        return false;
    account.base = first;
    if (span->roll_forward && !calendar_roll_forward(calendar, first, &account.base, error))
        return false;
    result.rows = mem_zero((size_t)(account.last - first) + 1, sizeof *result.rows);
    if (!add_days(&account, first, &result, error)) {
        ledger_finish(&result);
        return false;
    }
    *ledger = result;
    return true;
}

void ledger_finish(struct ledger *ledger)
{
    free(ledger->rows);
    *ledger = (struct ledger){0};
}
