/* Questions to a compiled calendar: table look-ups and short searches. */
#include "calendar_table.h"

#include "duban/mem.h"

const char *calendar_name(const struct calendar *calendar)
{
    return calendar->name;
}

const struct zone *calendar_zone(const struct calendar *calendar)
{
    return calendar->zone;
}

const char *calendar_version(const struct calendar *calendar)
{
    return calendar->version;
}

day_number calendar_first_day(const struct calendar *calendar)
{
    return calendar->first_day;
}

day_number calendar_last_day(const struct calendar *calendar)
{
    return calendar->first_day + calendar->day_count - 1;
}

int32_t calendar_offset_s(const struct calendar *calendar, wall_us at)
{
    return zone_offset_s(calendar->zone, at);
}

/* The two ways in which a calendar is too short. */
static bool fail_before(const struct calendar *calendar, const char *what, struct error *error)
{
    char date[DAY_TEXT_BYTES];
    return error_set(error, "calendar '%s' begins on %s: %s lies before it", calendar->name,
                     day_text(calendar->first_day, date), what);
}

static bool fail_after(const struct calendar *calendar, const char *what, struct error *error)
{
    char date[DAY_TEXT_BYTES];
    return error_set(error, "calendar '%s' ends on %s: %s lies beyond it", calendar->name,
                     day_text(calendar_last_day(calendar), date), what);
}

/* The index of a day; -1 and the error beyond the ends. */
static int32_t index_of(const struct calendar *calendar, day_number day, struct error *error)
{
    char date[DAY_TEXT_BYTES];
    if (__builtin_expect(day < calendar->first_day, 0))
        fail_before(calendar, day_text(day, date), error);
    else if (__builtin_expect(day - calendar->first_day >= calendar->day_count, 0))
        fail_after(calendar, day_text(day, date), error);
    else
        return day - calendar->first_day;
    return -1;
}

static bool in_calendar(const struct calendar *calendar, wall_us at, struct error *error)
{
    char text[INSTANT_TEXT_BYTES];
    if (__builtin_expect(at < calendar->days[0].begins, 0))
        return fail_before(calendar, instant_text(at, text), error);
    if (__builtin_expect(at > calendar->days[calendar->day_count].begins, 0))
        return fail_after(calendar, instant_text(at, text), error);
    return true;
}

/* The day that holds an instant of the calendar; day_count for the very end. Days are 24 hours
 * but for changes of the clocks, so that the first guess is at most one or two off. */
static int32_t day_index(const struct calendar *calendar, wall_us at)
{
    int32_t i = (int32_t)((at - calendar->days[0].begins) / US_PER_DAY);
    if (i > calendar->day_count)
        i = calendar->day_count;
    while (i > 0 && at < calendar->days[i].begins)
        i--;
    while (i < calendar->day_count && at >= calendar->days[i + 1].begins)
        i++;
    return i;
}

/* The first span that closes after an instant of the calendar; span_count if none. */
static const struct open_span *span_after(const struct calendar *calendar, wall_us at)
{
    const struct open_span *span =
        &calendar->spans[calendar->days[day_index(calendar, at)].first_span];
    while (span->closes <= at)
        span++;
    return span;
}

static span_us open_before(const struct calendar *calendar, wall_us at)
{
    const struct open_span *span = span_after(calendar, at);
    return span->before + (at > span->opens ? at - span->opens : 0);
}

/* The earliest instant before which the calendar was open for `amount`, 0 < amount ≤ total. */
static wall_us instant_of_amount(const struct calendar *calendar, span_us amount)
{
    span_us step = amount / calendar->step;
    uint32_t low = calendar->by_amount[step], high = calendar->by_amount[step + 1];
    while (low < high) { /* the last span with before < amount */
        uint32_t middle = low + (high - low + 1) / 2;
        if (calendar->spans[middle].before < amount)
            low = middle;
        else
            high = middle - 1;
    }
    return calendar->spans[low].opens + (amount - calendar->spans[low].before);
}

bool calendar_day(const struct calendar *calendar, day_number day, struct calendar_day *result,
                  struct error *error)
{
    int32_t i = index_of(calendar, day, error);
    if (i < 0)
        return false;
    const struct day_row *row = &calendar->days[i];
    *result = (struct calendar_day){
        .day = day,
        .kind = row->mark->kind,
        .working = row[1].first_span > row->first_span,
        .name = row->mark->name ? row->mark->name : "",
        .begins = row->begins,
        .ends = row[1].begins,
        .spans = &calendar->spans[row->first_span],
        .span_count = row[1].first_span - row->first_span,
    };
    return true;
}

bool calendar_day_of(const struct calendar *calendar, wall_us at, day_number *day,
                     struct error *error)
{
    char text[INSTANT_TEXT_BYTES];
    if (!in_calendar(calendar, at, error))
        return false;
    int32_t i = day_index(calendar, at);
    if (i == calendar->day_count)
        return fail_after(calendar, instant_text(at, text), error);
    *day = calendar->first_day + i;
    return true;
}

bool calendar_at(const struct calendar *calendar, day_number day, int32_t second, wall_us *at,
                 struct error *error)
{
    int32_t i = index_of(calendar, day, error);
    if (i < 0)
        return false;
    wall_us result = zone_first(calendar->zone, day, second);
    *at = result < calendar->days[i + 1].begins ? result : calendar->days[i + 1].begins;
    return true;
}

bool calendar_same_time(const struct calendar *calendar, wall_us like, day_number day, wall_us *at,
                        struct error *error)
{
    int32_t to = index_of(calendar, day, error);
    day_number from;
    if (to < 0 || !calendar_day_of(calendar, like, &from, error))
        return false;
    const struct day_row *source = &calendar->days[from - calendar->first_day];
    const struct day_row *target = &calendar->days[to];
    if (source[1].begins - source->begins == US_PER_DAY &&
        target[1].begins - target->begins == US_PER_DAY) {
        *at = target->begins + (like - source->begins);
        return true;
    }
    wall_us local = like + calendar_offset_s(calendar, like) * US_PER_S - from * US_PER_DAY;
    wall_us second = local - local % US_PER_S;
    wall_us result =
        zone_last(calendar->zone, day, (int32_t)(second / US_PER_S)) + (local - second);
    *at = result < target[1].begins ? result : target[1].begins;
    return true;
}

bool calendar_is_open(const struct calendar *calendar, wall_us at, bool *open, struct error *error)
{
    day_number day;
    if (!calendar_day_of(calendar, at, &day, error))
        return false;
    *open = span_after(calendar, at)->opens <= at;
    return true;
}

bool calendar_next_opening(const struct calendar *calendar, wall_us at, wall_us *opening,
                           struct error *error)
{
    if (!in_calendar(calendar, at, error))
        return false;
    const struct open_span *span = span_after(calendar, at);
    if (span == &calendar->spans[calendar->span_count])
        return fail_after(calendar, "the next opening", error);
    *opening = span->opens > at ? span->opens : at;
    return true;
}

bool calendar_open_between(const struct calendar *calendar, wall_us from, wall_us to,
                           span_us *amount, struct error *error)
{
    if (!in_calendar(calendar, from, error) || !in_calendar(calendar, to, error))
        return false;
    *amount = open_before(calendar, to) - open_before(calendar, from);
    return true;
}

bool calendar_add_open(const struct calendar *calendar, wall_us at, span_us amount, wall_us *result,
                       struct error *error)
{
    if (!in_calendar(calendar, at, error))
        return false;
    if (amount == 0) {
        *result = at;
        return true;
    }
    span_us before = open_before(calendar, at);
    if (amount < -before)
        return fail_before(calendar, "the open time asked for", error);
    if (amount > calendar->open_total - before)
        return fail_after(calendar, "the open time asked for", error);
    span_us target = before + amount;
    *result = target ? instant_of_amount(calendar, target) : calendar->spans[0].opens;
    return true;
}

bool calendar_add_workdays(const struct calendar *calendar, day_number day, int32_t amount,
                           day_number *result, struct error *error)
{
    int32_t i = index_of(calendar, day, error);
    if (i < 0)
        return false;
    if (amount == 0) {
        *result = day;
        return true;
    }
    /* Counting from the first working day after `day`, or back from the last one before it. */
    int64_t at = amount > 0 ? (int64_t)calendar->days[i + 1].workdays_before + amount - 1
                            : (int64_t)calendar->days[i].workdays_before + amount;
    if (at < 0)
        return fail_before(calendar, "the working day asked for", error);
    if (at >= calendar->workday_count)
        return fail_after(calendar, "the working day asked for", error);
    *result = calendar->workdays[at];
    return true;
}

bool calendar_roll_forward(const struct calendar *calendar, day_number day, day_number *result,
                           struct error *error)
{
    int32_t i = index_of(calendar, day, error);
    if (i < 0)
        return false;
    int32_t at = calendar->days[i].workdays_before;
    if (at == calendar->workday_count)
        return fail_after(calendar, "the next working day", error);
    *result = calendar->workdays[at];
    return true;
}

bool calendar_roll_back(const struct calendar *calendar, day_number day, day_number *result,
                        struct error *error)
{
    int32_t i = index_of(calendar, day, error);
    if (i < 0)
        return false;
    int32_t after = calendar->days[i + 1].workdays_before;
    if (after == 0)
        return fail_before(calendar, "the last working day", error);
    *result = calendar->workdays[after - 1];
    return true;
}

bool calendar_workdays_between(const struct calendar *calendar, day_number from, day_number to,
                               int32_t *amount, struct error *error)
{
    int32_t a = index_of(calendar, from, error);
    int32_t b = a < 0 ? a : index_of(calendar, to, error);
    if (b < 0)
        return false;
    *amount = calendar->days[b + 1].workdays_before - calendar->days[a + 1].workdays_before;
    return true;
}
