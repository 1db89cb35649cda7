/* Rules of irregularities that count working time. What lies beyond the calendar isn't judged. */
#include "irregularity_look.h"

#include <string.h>

#define HOUR_US (3600 * US_PER_S)

static const struct suspension *suspension_at(const struct look *look, size_t i)
{
    return &look->facts->suspensions[i];
}

/* --- suspensions --- */

/* Until when a suspension lasted, as far as it is known. */
static wall_us end_of_suspension(const struct look *look, const struct suspension *suspension)
{
    wall_us completed = look->facts->at[MILESTONE_COMPLETED];
    bool ended = look->facts->status != CASE_OPEN && look->facts->status != CASE_SUSPENDED;
    if (suspension->to != WALL_NONE)
        return suspension->to;
    return ended && completed != WALL_NONE ? completed : look->now;
}

void look_for_long_suspension(const struct look *look)
{
    const struct clock_rule *rule = &look->completion->terms->rule;
    for (size_t i = 0; i < look->facts->suspension_count; i++) {
        const struct suspension *suspension = suspension_at(look, i);
        const struct config_suspension *known =
            config_suspension(&look->config->suspensions, suspension->reason);
        wall_us longest;
        if (known == NULL || !known->has_longest ||
            !clock_due(rule, suspension->from, known->longest, &longest, NULL) ||
            end_of_suspension(look, suspension) <= longest)
            continue;
        look_found(look, IRREGULAR_LONG_SUSPENSION, look_minute(suspension->from), longest,
                   json_pack("{s:s,s:o,s:o}", "reason", known->label, "from",
                             look_instant(suspension->from), "longest",
                             look_limit(known->longest)));
    }
}

/* How much working time `completion` had left when a suspension began that stops it. */
static bool left_at_suspension(const struct look *look, size_t index, span_us *left)
{
    struct facts past = *look->facts;
    struct suspension *last = &past.suspensions[index];
    struct case_clock clock;
    if (last->to == last->from)
        return false;
    past.suspension_count = index + 1;
    past.status = CASE_SUSPENDED;
    past.at[MILESTONE_COMPLETED] = last->to = WALL_NONE;
    if (past.reopened_at > last->from)
        past.reopened_at = WALL_NONE;
    if (!case_clock_replay(look->completion_config, &past, last->from, &clock, NULL) ||
        clock.condition != CLOCK_SUSPENDED)
        return false;
    *left = clock.state.open_left;
    return last->from <= clock.state.due_at;
}

void look_for_late_suspension(const struct look *look)
{
    for (size_t i = 0; i < look->facts->suspension_count; i++) {
        const struct suspension *suspension = suspension_at(look, i);
        span_us left;
        if (suspension->from > look->now || !left_at_suspension(look, i, &left) ||
            left > look->rules->late_within.value * HOUR_US)
            continue;
        look_found(look, IRREGULAR_LATE_SUSPENSION, look_minute(suspension->from), suspension->from,
                   json_pack("{s:s,s:o,s:o}", "reason", look_reason(look, suspension->reason),
                             "from", look_instant(suspension->from), "within",
                             look_limit(look->rules->late_within)));
    }
}

/* --- dates --- */

/* What is due at midnight is due on the day that ends. */
static day_number day_of(const struct zone *zone, wall_us due_at)
{
    return zone_day(zone, due_at - 1);
}

static bool is_within(const struct look *look, day_number ours, day_number theirs)
{
    struct limit tolerance = look->rules->tolerance;
    int32_t apart = theirs - ours;
    if (ours == theirs)
        return true;
    if (tolerance.value == 0)
        return false;
    if (tolerance.unit == LIMIT_WORKDAY &&
        !calendar_workdays_between(look->completion->rule.calendar, ours, theirs, &apart, NULL))
        return true;
    return (apart < 0 ? -apart : apart) <= tolerance.value;
}

/* While a clock stands still its due instant isn't known. */
void look_for_due_differs(const struct look *look)
{
    const struct case_clock *clock = look->completion;
    if (look->facts->promised_due_at == WALL_NONE || clock->condition != CLOCK_RUNNING)
        return;
    const struct zone *zone = calendar_zone(clock->rule.calendar);
    day_number ours = day_of(zone, clock->state.due_at);
    day_number theirs = day_of(zone, look->facts->promised_due_at);
    if (is_within(look, ours, theirs))
        return;
    char our_text[DAY_TEXT_BYTES], their_text[DAY_TEXT_BYTES];
    /* Days of a century fit into 16 bits. */
    int32_t number = (int32_t)((uint32_t)(ours & 0x7FFF) << 16 | (uint32_t)(theirs & 0xFFFF));
    look_found(look, IRREGULAR_DUE_DIFFERS, number, look->facts->updated_at,
               json_pack("{s:s,s:s}", "ours", day_text(ours, our_text), "theirs",
                         day_text(theirs, their_text)));
}

/* --- acceptance --- */

/* Whether somebody did something about the case in time: accepted it, asked for papers, or ended
 * it. */
static bool was_heeded(const struct look *look, wall_us until)
{
    const struct facts *facts = look->facts;
    wall_us accepted = facts->at[MILESTONE_ACCEPTED], ended = facts->at[MILESTONE_COMPLETED];
    if (accepted != WALL_NONE && accepted <= until)
        return true;
    if (facts->suspension_count > 0 && facts->suspensions[0].from <= until)
        return true;
    if (accepted != WALL_NONE)
        return false;
    if (facts->status == CASE_OPEN || facts->status == CASE_SUSPENDED)
        return look->now <= until;
    return ended == WALL_NONE || ended <= until;
}

void look_for_accepted_late(const struct look *look)
{
    const struct facts *facts = look->facts;
    wall_us received = facts->at[MILESTONE_RECEIVED], until;
    if (received == WALL_NONE ||
        !clock_due(&look->completion->terms->rule, received, look->rules->accepted_after, &until,
                   NULL) ||
        was_heeded(look, until))
        return;
    wall_us accepted = facts->at[MILESTONE_ACCEPTED];
    json_t *detail =
        json_pack("{s:s,s:o,s:o}", "how", accepted == WALL_NONE ? "pending" : "late", "received",
                  look_instant(received), "after", look_limit(look->rules->accepted_after));
    if (accepted != WALL_NONE)
        json_object_set_new(detail, "accepted", look_instant(accepted));
    look_found(look, IRREGULAR_ACCEPTED_LATE, 1, until, detail);
}

/* --- the last hour --- */

bool irregularity_is_last_hour(const struct config *config, const struct case_clock *completion)
{
    span_us most = config->irregularities.last_hour.value * HOUR_US;
    return completion->stopped_at <= completion->state.due_at &&
           completion->state.open_left <= most;
}
