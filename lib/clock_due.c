/* When a limit is used up: counting days or time from the start, and giving back what was
 * suspended in the same measure. */
#include "clock_replay.h"

static bool is_in_days(struct limit limit)
{
    return limit.unit == LIMIT_WORKDAY || limit.unit == LIMIT_DAY;
}

static bool gives_open_time(const struct replay *replay)
{
    return replay->limit.unit == LIMIT_WORKHOUR ||
           (is_in_days(replay->limit) && replay->rule->suspension_mode == SUSPENSION_OPEN_TIME);
}

/* The day of the start; with a limit of 0, the day on which the work can still be done: taken
 * after closing or on a rest day, that is the next working day. */
static bool find_base(const struct replay *replay, day_number *base, struct error *error)
{
    const struct calendar *calendar = replay->rule->calendar;
    day_number day;
    if (!calendar_day_of(calendar, replay->started_at, &day, error))
        return false;
    if (replay->limit.value == 0) {
        wall_us opening;
        return calendar_next_opening(calendar, replay->started_at, &opening, error) &&
               calendar_day_of(calendar, opening, base, error);
    }
    if (replay->rule->start_mode == START_ROLL_FORWARD)
        return calendar_roll_forward(calendar, day, base, error);
    *base = day;
    return true;
}

/* The last day of a limit in days. Calendar days that end on a rest day end on the next working
 * day (民法典 203). */
static bool find_last_day(const struct replay *replay, int64_t extra_days, day_number *day,
                          struct error *error)
{
    const struct calendar *calendar = replay->rule->calendar;
    int32_t amount = (int32_t)(replay->limit.value + extra_days);
    if (replay->limit.unit == LIMIT_WORKDAY)
        return calendar_add_workdays(calendar, replay->base, amount, day, error);
    return calendar_roll_forward(calendar, replay->base + amount, day, error);
}

static bool closing_of(const struct calendar *calendar, day_number day, wall_us *closing,
                       struct error *error)
{
    struct calendar_day found;
    if (!calendar_day(calendar, day, &found, error))
        return false;
    *closing = found.span_count ? found.spans[found.span_count - 1].closes : found.ends;
    return true;
}

static bool midnight_after(const struct calendar *calendar, day_number day, wall_us *midnight,
                           struct error *error)
{
    struct calendar_day found;
    if (!calendar_day(calendar, day, &found, error))
        return false;
    *midnight = found.ends;
    return true;
}

/* When the last day ends. A limit of 0 days ends at closing rather than at the very start. */
static bool end_day(const struct replay *replay, day_number day, wall_us *at, struct error *error)
{
    const struct calendar *calendar = replay->rule->calendar;
    switch (replay->rule->due_mode) {
    case DUE_END_OF_DAY:
        return midnight_after(calendar, day, at, error);
    case DUE_SAME_TIME:
        if (replay->limit.value > 0)
            return calendar_same_time(calendar, replay->started_at, day, at, error);
        break;
    case DUE_CLOSING:
        break;
    }
    return closing_of(calendar, day, at, error);
}

/* The day of an instant that ends something: midnight belongs to the day before. */
static bool ended_day(const struct calendar *calendar, wall_us at, day_number *day,
                      struct error *error)
{
    return calendar_day_of(calendar, at - 1, day, error);
}

/* Gives open time back to a limit in days; "end of day" stays one. */
static bool add_open_time(const struct replay *replay, int64_t extra, struct due *due,
                          struct error *error)
{
    const struct calendar *calendar = replay->rule->calendar;
    if (extra == 0)
        return true;
    if (!calendar_add_open(calendar, due->at, extra, &due->at, error) ||
        !ended_day(calendar, due->at, &due->day, error))
        return false;
    return replay->rule->due_mode != DUE_END_OF_DAY ||
           midnight_after(calendar, due->day, &due->at, error);
}

static bool find_due_in_days(const struct replay *replay, int64_t extra, struct due *due,
                             struct error *error)
{
    bool open_time = gives_open_time(replay);
    return find_last_day(replay, open_time ? 0 : extra, &due->day, error) &&
           end_day(replay, due->day, &due->at, error) &&
           (!open_time || add_open_time(replay, extra, due, error));
}

static bool find_due_in_hours(const struct replay *replay, int64_t extra, struct due *due,
                              struct error *error)
{
    const struct calendar *calendar = replay->rule->calendar;
    span_us amount = replay->limit.value * INT64_C(3600) * US_PER_S + extra;
    due->at = replay->started_at + amount;
    if (replay->limit.unit == LIMIT_WORKHOUR &&
        !calendar_add_open(calendar, replay->started_at, amount, &due->at, error))
        return false;
    if (amount == 0)
        return calendar_day_of(calendar, due->at, &due->day, error);
    return ended_day(calendar, due->at, &due->day, error);
}

static bool find_due(struct replay *replay, int64_t extra, struct error *error)
{
    struct due due;
    bool found = is_in_days(replay->limit) ? find_due_in_days(replay, extra, &due, error)
                                           : find_due_in_hours(replay, extra, &due, error);
    if (!found)
        return error_prefix(error, "the deadline of %d %s%s", (int)replay->limit.value,
                            limit_unit_word(replay->limit.unit),
                            replay->limit.value == 1 ? "" : "s");
    replay->extra = extra;
    replay->due = due;
    return true;
}

bool due_begin(struct replay *replay, const struct clock_rule *rule, wall_us started_at,
               struct limit limit, struct error *error)
{
    *replay = (struct replay){.rule = rule, .started_at = started_at, .limit = limit};
    if (is_in_days(limit) && !find_base(replay, &replay->base, error))
        return false;
    return find_due(replay, 0, error);
}

/* Days of a suspension, its first one not counted. What lies before the base isn't counted
 * anyway, so it isn't given back either. */
static bool measure_days(const struct replay *replay, wall_us from, wall_us to, int64_t *extra,
                         struct error *error)
{
    const struct calendar *calendar = replay->rule->calendar;
    day_number first, last;
    int32_t days;
    if (!calendar_day_of(calendar, from, &first, error) ||
        !calendar_day_of(calendar, to, &last, error))
        return false;
    if (first < replay->base)
        first = replay->base;
    if (last <= first) {
        *extra = 0;
        return true;
    }
    days = last - first;
    if (replay->limit.unit == LIMIT_WORKDAY &&
        !calendar_workdays_between(calendar, first, last, &days, error))
        return false;
    *extra = days;
    return true;
}

bool due_measure(const struct replay *replay, wall_us from, wall_us to, int64_t *extra,
                 struct error *error)
{
    if (replay->limit.unit == LIMIT_HOUR) {
        *extra = to - from;
        return true;
    }
    if (gives_open_time(replay))
        return calendar_open_between(replay->rule->calendar, from, to, extra, error);
    return measure_days(replay, from, to, extra, error);
}

bool due_extend(struct replay *replay, int64_t extra, struct error *error)
{
    return extra == 0 || find_due(replay, replay->extra + extra, error);
}

bool clock_due(const struct clock_rule *rule, wall_us started_at, struct limit limit,
               wall_us *due_at, struct error *error)
{
    struct replay replay;
    if (!due_begin(&replay, rule, started_at, limit, error))
        return false;
    *due_at = replay.due.at;
    return true;
}
