/* Accounts of spans: the same rules as the clock's, spelled out for every day. */
#include "duban/calendar_ledger.h"

#include "duban/mem.h"

static const char *const words[LEDGER_MARKS] = {
    [LEDGER_COUNTED] = "counted",     [LEDGER_START] = "start",     [LEDGER_REST] = "rest",
    [LEDGER_SUSPENDED] = "suspended", [LEDGER_HOLIDAY] = "holiday", [LEDGER_SAME_DAY] = "same_day",
    [LEDGER_BEYOND] = "beyond",
};

const char *ledger_mark_word(enum ledger_mark mark)
{
    return words[mark];
}

/* Everything about the span that doesn't change from day to day. */
struct account {
    const struct calendar *calendar;
    const struct ledger_span *span;
    day_number first, last;
    day_number base; /* the last day that isn't counted */
};

static bool is_in_hours(const struct ledger_span *span)
{
    return span->unit == LIMIT_WORKHOUR || span->unit == LIMIT_HOUR;
}

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
    if (account->span->by_open_time)
        return true;
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

/* Time that counts in the part of [from, to) that lies within [least, most). */
static bool time_within(const struct account *account, wall_us from, wall_us to, wall_us least,
                        wall_us most, span_us *time, struct error *error)
{
    from = from > least ? from : least;
    to = to < most ? to : most;
    *time = 0;
    if (to <= from)
        return true;
    if (account->span->unit != LIMIT_HOUR)
        return calendar_open_between(account->calendar, from, to, time, error);
    *time = to - from;
    return true;
}

static bool measure_day(const struct account *account, struct ledger_row *row, struct error *error)
{
    const struct ledger_span *span = account->span;
    wall_us begin = row->day.begins > span->from ? row->day.begins : span->from;
    wall_us end = row->day.ends < span->to ? row->day.ends : span->to;
    if (!time_within(account, begin, end, begin, end, &row->open, error))
        return false;
    for (size_t i = 0; i < span->suspension_count; i++) {
        const struct suspension *suspension = &span->suspensions[i];
        span_us still;
        if (!time_within(account, suspension->from, end_of(span, suspension), begin, end, &still,
                         error))
            return false;
        row->suspended += still;
    }
    row->open -= row->suspended;
    return true;
}

static enum ledger_mark rest_mark(const struct ledger_row *row)
{
    return row->day.kind == DAY_HOLIDAY ? LEDGER_HOLIDAY : LEDGER_REST;
}

/* Hours count from the very start. */
static enum ledger_mark mark_of_hours(const struct account *account, const struct ledger_row *row)
{
    if (row->open > 0)
        return LEDGER_COUNTED;
    if (row->suspended > 0)
        return LEDGER_SUSPENDED;
    if (!row->day.working)
        return rest_mark(row);
    return row->day.day == account->first ? LEDGER_START : LEDGER_COUNTED;
}

/* `counted`: how many days were before this one. */
static bool mark_day(const struct account *account, int32_t counted, struct ledger_row *row,
                     struct error *error)
{
    const struct ledger_span *span = account->span;
    bool counts = row->day.working || span->unit == LIMIT_DAY, given;
    if (is_in_hours(span)) {
        row->mark = mark_of_hours(account, row);
        return true;
    }
    if (!counts) {
        row->mark = rest_mark(row);
        return true;
    }
    if (row->day.day <= account->base) {
        bool only = span->has_most && span->most == 0 && row->day.day == account->base;
        row->mark = only ? LEDGER_SAME_DAY : LEDGER_START;
        return true;
    }
    if (!is_given_back(account, row->day.day, &given, error))
        return false;
    if (given)
        row->mark = LEDGER_SUSPENDED;
    else if (span->has_most && counted >= span->most)
        row->mark = row->day.working ? LEDGER_BEYOND : rest_mark(row);
    else
        row->mark = LEDGER_COUNTED;
    return true;
}

static bool add_days(const struct account *account, struct ledger *ledger, struct error *error)
{
    for (day_number day = account->first; day <= account->last; day++) {
        struct ledger_row *row = &ledger->rows[ledger->count];
        if (!calendar_day(account->calendar, day, &row->day, error) ||
            !measure_day(account, row, error) ||
            !mark_day(account, ledger->counted_days, row, error))
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

/* With a limit of no days that is the day on which the work can still be done. */
static bool find_base(struct account *account, struct error *error)
{
    const struct ledger_span *span = account->span;
    account->base = account->first;
    if (span->has_most && span->most == 0) {
        wall_us opening;
        return calendar_next_opening(account->calendar, span->from, &opening, error) &&
               calendar_day_of(account->calendar, opening, &account->base, error);
    }
    return !span->roll_forward ||
           calendar_roll_forward(account->calendar, account->first, &account->base, error);
}

bool ledger_build(const struct calendar *calendar, const struct ledger_span *span,
                  struct ledger *ledger, struct error *error)
{
    struct account account = {.calendar = calendar, .span = span};
    struct ledger result = {0};
    if (span->to < span->from)
        return error_set(error, "the span ends before it begins");
    if (!calendar_day_of(calendar, span->from, &account.first, error) ||
        !calendar_day_of(calendar, span->to > span->from ? span->to - 1 : span->to, &account.last,
                         error) ||
        !find_base(&account, error))
        return false;
    result.rows = mem_zero((size_t)(account.last - account.first) + 1, sizeof *result.rows);
    if (!add_days(&account, &result, error)) {
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
