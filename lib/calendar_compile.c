/* From what a calendar says to sorted absolute open spans with running totals. The time zone
 * only matters here. */
#include "calendar_table.h"

#include "duban/mem.h"

#include <endian.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

void calendar_plan_finish(struct calendar_plan *plan)
{
    for (size_t i = 0; i < plan->owned_count; i++)
        free(plan->owned[i]);
    free(plan->owned);
    free(plan->marks);
    free(plan->name);
    free(plan->hash);
    zone_close(plan->zone);
    *plan = (struct calendar_plan){0};
}

void *calendar_plan_own(struct calendar_plan *plan, void *block)
{
    plan->owned = mem_grow(plan->owned, plan->owned_count + 1, sizeof *plan->owned);
    plan->owned[plan->owned_count++] = block;
    return block;
}

void calendar_destroy(struct calendar *calendar)
{
    if (calendar == NULL)
        return;
    for (size_t i = 0; i < calendar->owned_count; i++)
        free(calendar->owned[i]);
    free(calendar->owned);
    free(calendar->marks);
    free(calendar->by_amount);
    free(calendar->workdays);
    free(calendar->spans);
    free(calendar->days);
    free(calendar->name);
    zone_close(calendar->zone);
    free(calendar);
}

static const struct day_hours *hours_of(const struct calendar_plan *plan,
                                        const struct day_mark *mark, day_number day)
{
    static const struct day_hours closed = {0};
    switch (mark->kind) {
    case DAY_HOLIDAY:
        return &closed;
    case DAY_MAKEUP:
    case DAY_SPECIAL:
        return mark->hours ? mark->hours : &plan->week[mark->as];
    case DAY_REGULAR:
        break;
    }
    return &plan->week[weekday_of(day)];
}

static wall_us clamp(wall_us at, wall_us least, wall_us most)
{
    return at < least ? least : at > most ? most : at;
}

/* Adds a day's spans. Each stays within its local day and after the one before, also where the
 * clocks change; what lies wholly in a gap vanishes. */
static void add_spans(struct calendar *calendar, const struct day_hours *hours, day_number day,
                      wall_us begins, wall_us ends)
{
    wall_us least = begins;
    for (size_t i = 0; i < hours->count; i++) {
        wall_us opens = zone_first(calendar->zone, day, hours->spans[i].opens);
        wall_us closes = zone_last(calendar->zone, day, hours->spans[i].closes);
        opens = clamp(opens, least, ends);
        closes = clamp(closes, least, ends);
        if (opens >= closes)
            continue;
        calendar->spans[calendar->span_count++] =
            (struct open_span){.opens = opens, .closes = closes, .before = calendar->open_total};
        calendar->open_total += closes - opens;
        least = closes;
    }
}

static bool check_day(const struct calendar *calendar, const struct day_mark *mark, day_number day,
                      bool working, struct error *error)
{
    char date[DAY_TEXT_BYTES];
    if (mark->kind == DAY_MAKEUP && !working)
        return error_set(error, "calendar '%s': make-up day %s has no opening hours",
                         calendar->name, day_text(day, date));
    return true;
}

static bool compile_days(struct calendar *calendar, const struct calendar_plan *plan,
                         struct error *error)
{
    wall_us begins = zone_first(calendar->zone, plan->first_day, 0);
    for (int32_t i = 0; i < calendar->day_count; i++) {
        day_number day = plan->first_day + i;
        const struct day_mark *mark = &calendar->marks[i];
        wall_us ends = zone_first(calendar->zone, day + 1, 0);
        size_t before = calendar->span_count;
        calendar->days[i] = (struct day_row){.begins = begins,
                                             .first_span = (uint32_t)before,
                                             .workdays_before = calendar->workday_count,
                                             .mark = mark};
        add_spans(calendar, hours_of(plan, mark, day), day, begins, ends);
        bool working = calendar->span_count > before;
        if (!check_day(calendar, mark, day, working, error))
            return false;
        if (working)
            calendar->workdays[calendar->workday_count++] = day;
        begins = ends;
    }
    calendar->days[calendar->day_count] = (struct day_row){
        .begins = begins,
        .first_span = (uint32_t)calendar->span_count,
        .workdays_before = calendar->workday_count,
    };
    if (calendar->open_total == 0)
        return error_set(error, "calendar '%s' has no working time at all", calendar->name);
    calendar->spans[calendar->span_count] =
        (struct open_span){.opens = INT64_MAX, .closes = INT64_MAX, .before = calendar->open_total};
    return true;
}

/* One step of the table for each span, so that a step holds about one. */
static void index_amounts(struct calendar *calendar)
{
    calendar->step = calendar->open_total / (span_us)calendar->span_count + 1;
    size_t steps = (size_t)(calendar->open_total / calendar->step) + 2;
    calendar->by_amount = mem_zero(steps, sizeof *calendar->by_amount);
    uint32_t span = 0;
    for (size_t i = 0; i < steps; i++) {
        while (span + 1 < calendar->span_count &&
               calendar->spans[span + 1].before < (span_us)i * calendar->step)
            span++;
        calendar->by_amount[i] = span;
    }
}

/* The sources, and what the zone made of them: new tzdata is a new calendar. */
static void set_version(struct calendar *calendar, const char *hash)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    if (hash)
        g_checksum_update(sum, (const guchar *)hash, -1);
    for (size_t i = 0; i < calendar->span_count; i++) {
        uint64_t ends[2] = {htole64((uint64_t)calendar->spans[i].opens),
                            htole64((uint64_t)calendar->spans[i].closes)};
        g_checksum_update(sum, (const guchar *)ends, sizeof ends);
    }
    snprintf(calendar->version, sizeof calendar->version, "%.16s", g_checksum_get_string(sum));
    g_checksum_free(sum);
}

static size_t most_spans(const struct calendar_plan *plan, int32_t day_count)
{
    size_t spans = 1;
    for (int32_t i = 0; i < day_count; i++)
        spans += hours_of(plan, &plan->marks[i], plan->first_day + i)->count;
    return spans;
}

static struct calendar *take_over(struct calendar_plan *plan, int32_t day_count)
{
    struct calendar *calendar = mem_zero(1, sizeof *calendar);
    calendar->name = mem_text(plan->name);
    calendar->zone = plan->zone;
    calendar->first_day = plan->first_day;
    calendar->day_count = day_count;
    calendar->marks = plan->marks;
    calendar->owned = plan->owned;
    calendar->owned_count = plan->owned_count;
    plan->zone = NULL;
    plan->marks = NULL;
    plan->owned = NULL;
    plan->owned_count = 0;
    return calendar;
}

struct calendar *calendar_compile(struct calendar_plan *plan, struct error *error)
{
    int64_t day_count = (int64_t)plan->last_day - plan->first_day + 1;
    if (day_count < 1 || day_count > CALENDAR_DAYS_MOST) {
        error_set(error, "calendar '%s' has %lld days; expected 1 to %d", plan->name,
                  (long long)day_count, CALENDAR_DAYS_MOST);
        return NULL;
    }
    if (plan->marks == NULL)
        plan->marks = mem_zero((size_t)day_count, sizeof *plan->marks);
    size_t spans = most_spans(plan, (int32_t)day_count);
    struct calendar *calendar = take_over(plan, (int32_t)day_count);
    calendar->spans = mem_zero(spans, sizeof *calendar->spans);
    calendar->days = mem_zero((size_t)day_count + 1, sizeof *calendar->days);
    calendar->workdays = mem_zero((size_t)day_count, sizeof *calendar->workdays);
    if (!compile_days(calendar, plan, error)) {
        calendar_destroy(calendar);
        return NULL;
    }
    index_amounts(calendar);
    set_version(calendar, plan->hash);
    return calendar;
}
