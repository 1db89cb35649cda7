/* Where the thresholds of a policy lie, measured from the due instant. */
#include "clock_replay.h"

/* Earlier than every instant: a threshold that the calendar is too short to name. It lies
 * before the start in any case. */
#define LONG_AGO (WALL_NONE + 1)

static bool is_warning(const struct level *level)
{
    if (level->unit == THRESHOLD_START)
        return false;
    if (level->unit == THRESHOLD_SHARE)
        return level->amount < 100 || level->at == AT_OPENING;
    return level->amount < 0 || (level->amount == 0 && level->at == AT_OPENING);
}

static bool opening_of(const struct calendar *calendar, day_number day, wall_us *opening,
                       struct error *error)
{
    struct calendar_day found;
    if (!calendar_day(calendar, day, &found, error))
        return false;
    *opening = found.span_count ? found.spans[0].opens : found.begins;
    return true;
}

/* The working day that lies `amount` working days from the due day. */
static bool shifted_day(const struct replay *replay, int32_t amount, day_number *day,
                        struct error *error)
{
    const struct calendar *calendar = replay->rule->calendar;
    day_number from = replay->due.day;
    if (amount <= 0 && !calendar_roll_back(calendar, from, &from, error))
        return false;
    return calendar_add_workdays(calendar, from, amount, day, error);
}

/* The instant on a day that corresponds to the due instant on its day: closing to closing,
 * midnight to midnight, else the same time of day. */
static bool same_end(const struct replay *replay, day_number day, wall_us *at, struct error *error)
{
    const struct calendar *calendar = replay->rule->calendar;
    struct calendar_day due_day, found;
    if (!calendar_day(calendar, replay->due.day, &due_day, error) ||
        !calendar_day(calendar, day, &found, error))
        return false;
    if (due_day.working && found.working &&
        replay->due.at == due_day.spans[due_day.span_count - 1].closes) {
        *at = found.spans[found.span_count - 1].closes;
        return true;
    }
    if (replay->due.at == due_day.ends) {
        *at = found.ends;
        return true;
    }
    return calendar_same_time(calendar, replay->due.at, day, at, error);
}

static bool shift_workdays(const struct replay *replay, const struct level *level, wall_us *at,
                           struct error *error)
{
    int32_t amount = level->amount + (level->amount > 0 ? replay->late_days : 0);
    day_number day;
    if (amount == 0 && level->at == AT_EXACT) {
        *at = replay->due.at;
        return true;
    }
    if (!shifted_day(replay, amount, &day, error))
        return false;
    if (level->at == AT_OPENING)
        return opening_of(replay->rule->calendar, day, at, error);
    return same_end(replay, day, at, error);
}

/* The opening of the working day on which an exact instant lies, or of the last one before it. */
static bool move_to_opening(const struct replay *replay, wall_us *at, struct error *error)
{
    const struct calendar *calendar = replay->rule->calendar;
    day_number day;
    wall_us opening;
    if (!calendar_day_of(calendar, *at - 1, &day, error) ||
        !calendar_roll_back(calendar, day, &day, error) ||
        !opening_of(calendar, day, &opening, error))
        return false;
    if (opening > *at && (!calendar_add_workdays(calendar, day, -1, &day, error) ||
                          !opening_of(calendar, day, &opening, error)))
        return false;
    *at = opening;
    return true;
}

static bool shift_open(const struct replay *replay, const struct level *level, wall_us *at,
                       struct error *error)
{
    span_us late = level->amount > 0 ? replay->late_open : 0;
    span_us amount = level->amount * INT64_C(3600) * US_PER_S + late;
    if (!calendar_add_open(replay->rule->calendar, replay->due.at, amount, at, error))
        return false;
    if (level->at == AT_OPENING && !move_to_opening(replay, at, error))
        return false;
    if (!is_warning(level) && *at < replay->due.at)
        *at = replay->due.at;
    return true;
}

/* A share is told by what is left of the limit: a suspension leaves that alone. */
static bool shift_share(const struct replay *replay, const struct level *level, wall_us *at,
                        struct error *error)
{
    span_us left = replay->length / 100 * (100 - level->amount) +
                   replay->length % 100 * (100 - level->amount) / 100;
    *at = replay->due.at - left;
    if (replay->limit.unit != LIMIT_HOUR &&
        !calendar_add_open(replay->rule->calendar, replay->due.at, -left, at, error))
        return false;
    return level->at == AT_EXACT || move_to_opening(replay, at, error);
}

static bool shift(const struct replay *replay, const struct level *level, wall_us *at,
                  struct error *error)
{
    switch (level->unit) {
    case THRESHOLD_WORKDAY:
        return shift_workdays(replay, level, at, error);
    case THRESHOLD_WORKHOUR:
        return shift_open(replay, level, at, error);
    case THRESHOLD_START:
        *at = replay->started_at;
        return true;
    case THRESHOLD_SHARE:
        break;
    }
    return shift_share(replay, level, at, error);
}

/* A warning only looks back from due: if that fails, the calendar begins too late to tell. */
static bool locate(const struct replay *replay, const struct level *level, wall_us *at,
                   struct error *error)
{
    if (shift(replay, level, at, is_warning(level) ? NULL : error))
        return true;
    *at = LONG_AGO;
    return is_warning(level);
}

bool thresholds_begin(struct replay *replay, struct error *error)
{
    const struct policy *policy = replay->rule->policy;
    replay->length = replay->limit.value * INT64_C(3600) * US_PER_S;
    if (replay->limit.unit != LIMIT_HOUR &&
        !calendar_open_between(replay->rule->calendar, replay->started_at, replay->due.at,
                               &replay->length, error))
        return false;
    for (size_t i = 0; i < policy->count; i++) {
        wall_us at;
        if (!locate(replay, &policy->levels[i], &at, error))
            return error_prefix(error, "level '%s'", policy->levels[i].name);
        replay->is_short[i] = is_warning(&policy->levels[i]) && at <= replay->started_at;
    }
    return true;
}

/* A limit no longer than the warning time. */
static bool short_threshold(const struct replay *replay, const struct level *level, wall_us *at,
                            struct error *error)
{
    const struct calendar *calendar = replay->rule->calendar;
    day_number day;
    switch (level->when_short) {
    case SHORT_AT_START:
        *at = replay->started_at;
        return level->at == AT_EXACT || calendar_next_opening(calendar, *at, at, error);
    case SHORT_LAST_DAY:
        if (!calendar_roll_back(calendar, replay->due.day, &day, NULL) ||
            !opening_of(calendar, day, at, NULL) || *at <= replay->started_at)
            *at = WALL_NONE;
        return true;
    case SHORT_NEVER:
        break;
    }
    *at = WALL_NONE;
    return true;
}

bool threshold_of(const struct replay *replay, size_t index, wall_us *at, struct error *error)
{
    const struct level *level = &replay->rule->policy->levels[index];
    bool found = replay->is_short[index] ? short_threshold(replay, level, at, error)
                                         : locate(replay, level, at, error);
    return found || error_prefix(error, "level '%s'", level->name);
}
