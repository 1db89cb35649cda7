/* Day by day, tick by tick. */
#include "rules_oracle.h"

#include <string.h>

void walk_read(struct walk_calendar *walk, const struct calendar *calendar)
{
    day_number first = calendar_first_day(calendar), last = calendar_last_day(calendar);
    for (day_number day = first; day <= last && day - first < WALK_DAYS; day++) {
        struct calendar_day found;
        struct walk_day *into = &walk->days[walk->count++];
        if (!calendar_day(calendar, day, &found, NULL))
            return;
        *into =
            (struct walk_day){.works = found.working, .begins = found.begins, .ends = found.ends};
        if (found.working) {
            into->opens = found.spans[0].opens;
            into->reopens = found.spans[1].opens;
            into->closes = found.spans[1].closes;
        }
    }
    walk->east_s = calendar_offset_s(calendar, walk->days[0].begins);
}

/* --- stepping through days --- */

static int day_of(const struct walk *walk, wall_us at)
{
    return (int)((at - walk->calendar->days[0].begins) / US_PER_DAY);
}

static bool works(const struct walk *walk, int day)
{
    return walk->calendar->days[day].works;
}

static int next_workday(const struct walk *walk, int day)
{
    do
        day++;
    while (!works(walk, day));
    return day;
}

static int workday_before(const struct walk *walk, int day)
{
    do
        day--;
    while (!works(walk, day));
    return day;
}

/* The day that isn't counted. A limit of 0 days ends on it: it has to have time left. */
static int base_of(const struct walk *walk, wall_us start, int amount)
{
    int day = day_of(walk, start);
    if (amount == 0)
        return works(walk, day) && start < walk->calendar->days[day].closes
                   ? day
                   : next_workday(walk, day);
    if (walk->terms->rule.start_mode == START_ROLL_FORWARD)
        while (!works(walk, day))
            day++;
    return day;
}

static int last_day(const struct walk *walk, int base, int amount, enum limit_unit unit)
{
    int day = base;
    if (unit == LIMIT_WORKDAY) {
        for (int counted = 0; counted < amount; counted++)
            day = next_workday(walk, day);
        return day;
    }
    day += amount;
    while (!works(walk, day))
        day++;
    return day;
}

static wall_us end_of_day(const struct walk *walk, int day, wall_us start, int amount)
{
    const struct walk_day *found = &walk->calendar->days[day];
    switch (walk->terms->rule.due_mode) {
    case DUE_END_OF_DAY:
        return found->ends;
    case DUE_SAME_TIME:
        if (amount > 0)
            return found->begins + (start - walk->calendar->days[day_of(walk, start)].begins);
        break;
    case DUE_CLOSING:
        break;
    }
    return found->closes;
}

/* When a limit that begins at `start` ends, if nothing interferes. */
static wall_us end_of_limit(const struct walk *walk, wall_us start, struct limit limit)
{
    int day = last_day(walk, base_of(walk, start, limit.value), limit.value, limit.unit);
    return end_of_day(walk, day, start, limit.value);
}

/* --- which clock it is --- */

static bool is_there(wall_us at)
{
    return at != WALL_NONE;
}

static void find_start(struct walk *walk)
{
    const struct facts *facts = walk->facts;
    wall_us own = facts->at[walk->clock->from.milestone];
    wall_us received = facts->at[MILESTONE_RECEIVED];
    walk->start = is_there(own) ? own : NEVER;
    if (!walk->clock->has_deemed || !is_there(received))
        return;
    wall_us end = end_of_limit(walk, received, walk->clock->deemed_after);
    if (walk->now <= end || walk->start <= end)
        return;
    for (size_t i = 0; i < facts->suspension_count; i++)
        if (facts->suspensions[i].from <= end)
            return; /* something was asked for in time */
    bool ended = facts->status != CASE_OPEN && facts->status != CASE_SUSPENDED;
    if (!ended || walk->start != NEVER)
        walk->start = received;
}

/* Adds an extension's days one by one, while more may be added. */
static void find_limit(struct walk *walk)
{
    const struct config_terms *terms = walk->terms;
    walk->limit = terms->limit_source == LIMIT_OWN ? terms->limit : walk->facts->limit;
    int added = 0;
    for (size_t i = 0; i < walk->facts->extension_count; i++) {
        const struct extension *extension = &walk->facts->extensions[i];
        bool ours = extension->clock[0] == '\0' || strcmp(extension->clock, walk->clock->name) == 0;
        walk->granted[i] = 0;
        if (!ours || !terms->extends || extension->approver[0] == '\0' ||
            extension->reason[0] == '\0' || extension->more.unit != walk->limit.unit)
            continue;
        for (int more = 0; more < extension->more.value; more++) {
            if (terms->has_most && (terms->extension_most.unit != walk->limit.unit ||
                                    added == terms->extension_most.value))
                break;
            added++;
            walk->limit.value++;
            walk->granted[i]++;
        }
    }
}

static void find_end(struct walk *walk)
{
    const struct facts *facts = walk->facts;
    wall_us completed = facts->at[MILESTONE_COMPLETED];
    walk->end = NEVER;
    walk->ending = NULL;
    if (facts->status != CASE_OPEN && facts->status != CASE_SUSPENDED) {
        walk->end = is_there(completed) ? completed : facts->updated_at;
        walk->ending = facts->status == CASE_COMPLETED  ? "completed"
                       : facts->status == CASE_RETURNED ? "returned"
                                                        : "withdrawn";
    }
    for (size_t i = 0; i < walk->clock->until_count; i++) {
        enum milestone until = walk->clock->until[i].milestone;
        if (until == MILESTONE_COMPLETED || !is_there(facts->at[until]) ||
            facts->at[until] > walk->end)
            continue;
        walk->end = facts->at[until];
        walk->ending = "met";
    }
    if (walk->ending && walk->end < walk->start)
        walk->end = walk->start;
    if (is_there(facts->reopened_at) && facts->reopened_at > walk->start &&
        walk->end > facts->reopened_at)
        walk->start = facts->reopened_at;
}

static bool stops(const struct walk *walk, const char *reason)
{
    if (walk->clock->stopped_by_all)
        return true;
    for (size_t i = 0; i < walk->clock->stopped_by_count; i++)
        if (strcmp(walk->clock->stopped_by[i], reason) == 0)
            return true;
    return false;
}

static const struct config_suspension *meaning_of(const struct walk *walk, const char *reason)
{
    for (size_t i = 0; i < walk->clock->suspensions->count; i++)
        if (strcmp(walk->clock->suspensions->items[i].reason, reason) == 0)
            return &walk->clock->suspensions->items[i];
    return NULL;
}

static void find_stops(struct walk *walk)
{
    walk->stop_count = 0;
    for (size_t i = 0; i < walk->facts->suspension_count; i++) {
        const struct suspension *fact = &walk->facts->suspensions[i];
        const struct config_suspension *meaning = meaning_of(walk, fact->reason);
        struct walk_stop stop = {fact->from, is_there(fact->to) ? fact->to : NEVER};
        if (!stops(walk, fact->reason) || (meaning && meaning->effect == SUSPENSION_IGNORED))
            continue;
        if (meaning && meaning->resumes) {
            wall_us most = end_of_limit(walk, stop.from, meaning->longest);
            stop.to = most < stop.to ? most : stop.to;
        }
        if (meaning && meaning->effect == SUSPENSION_RESTARTS && stop.to <= walk->now &&
            stop.to <= walk->end && stop.to > walk->start) {
            walk->start = stop.to; /* all before it is forgotten */
            walk->stop_count = 0;
            continue;
        }
        walk->stops[walk->stop_count++] = stop;
    }
}

/* --- its life --- */

static void find_due(struct walk *walk)
{
    walk->due_day =
        last_day(walk, walk->base, walk->limit.value + walk->given_back, walk->limit.unit);
    walk->due = end_of_day(walk, walk->due_day, walk->start, walk->limit.value);
}

static wall_us short_threshold(const struct walk *walk, const struct level *level)
{
    int day = day_of(walk, walk->start);
    const struct walk_day *found = &walk->calendar->days[day];
    wall_us opening = walk->calendar->days[walk->due_day].opens;
    switch (level->when_short) {
    case SHORT_NEVER:
        return NEVER;
    case SHORT_LAST_DAY:
        return opening > walk->start ? opening : NEVER;
    case SHORT_AT_START:
        break;
    }
    if (!found->works || walk->start >= found->closes)
        return walk->calendar->days[next_workday(walk, day)].opens;
    if (walk->start < found->opens)
        return found->opens;
    wall_us noon = found->opens + 3 * 3600 * US_PER_S;
    return walk->start >= noon && walk->start < found->reopens ? found->reopens : walk->start;
}

/* When a level is due to be reached, as things stand. */
static wall_us threshold(const struct walk *walk, size_t i)
{
    const struct level *level = &walk->terms->policy->policy.levels[i];
    int day = walk->due_day;
    if (walk->is_short[i])
        return short_threshold(walk, level);
    if (level->unit == THRESHOLD_START)
        return walk->start;
    if (level->amount == 0)
        return walk->due;
    if (level->amount > 0) {
        for (int counted = 0; counted < level->amount + walk->late_days; counted++)
            day = next_workday(walk, day);
        return end_of_day(walk, day, walk->start, walk->limit.value);
    }
    for (int counted = 0; counted > level->amount; counted--)
        day = workday_before(walk, day);
    return walk->calendar->days[day].opens;
}

/* What a stop that is over gives back: the days that it touches but its first. */
static void give_back(struct walk *walk, wall_us from, wall_us to)
{
    bool late = from >= walk->due;
    for (int day = day_of(walk, from) + 1; day <= day_of(walk, to); day++) {
        if (late)
            walk->late_days += works(walk, day);
        else if (day > walk->base)
            walk->given_back += walk->limit.unit == LIMIT_DAY || works(walk, day);
    }
    find_due(walk);
}

static void note(struct walk *walk, size_t i, wall_us at)
{
    if (walk->reached[i] == NEVER)
        walk->reached[i] = at;
}

/* The clock runs from one instant to another: what came before is noted at once, the rest at the
 * midnights, openings, closings, and times of day of the start, on which thresholds lie. */
static void run(struct walk *walk, wall_us from, wall_us to)
{
    size_t count = walk->terms->policy->policy.count;
    wall_us time_of_day = walk->start - walk->calendar->days[day_of(walk, walk->start)].begins;
    for (size_t i = 0; i < count; i++) {
        wall_us comes = threshold(walk, i);
        if (comes <= from)
            note(walk, i, from);
        if (comes == NEVER)
            continue;
        for (int day = day_of(walk, from); walk->calendar->days[day].begins <= comes; day++) {
            const struct walk_day *found = &walk->calendar->days[day];
            const wall_us ticks[] = {found->begins, found->opens, found->reopens, found->closes,
                                     found->begins + time_of_day};
            for (size_t k = 0; k < sizeof ticks / sizeof *ticks; k++)
                if (ticks[k] == comes && ticks[k] >= from && ticks[k] <= to)
                    note(walk, i, ticks[k]);
        }
    }
}

static void live(struct walk *walk)
{
    wall_us running_from = walk->start;
    for (int i = 0; i < walk->stop_count; i++) {
        struct walk_stop stop = walk->stops[i];
        bool lasts = stop.to == NEVER, ended = walk->end != NEVER;
        wall_us from = stop.from > running_from ? stop.from : running_from;
        if (from >= walk->end)
            break;
        if (stop.to <= from)
            continue;
        wall_us to = lasts ? (walk->now > from ? walk->now : from) : stop.to;
        if (ended && (lasts || to > walk->end))
            to = walk->end;
        run(walk, running_from, from);
        give_back(walk, from, to);
        if (!ended && from <= walk->now && walk->now < stop.to) {
            walk->suspended = true;
            walk->next = stop.to;
        }
        running_from = to;
        if (lasts)
            return;
    }
    run(walk, running_from, walk->end);
}

static void find_rank(struct walk *walk)
{
    bool ended = walk->end != NEVER;
    wall_us last = ended ? walk->end - 1 : walk->now;
    for (size_t i = 0; i < walk->terms->policy->policy.count; i++)
        if (walk->reached[i] <= last)
            walk->rank = i + 1;
    if (ended)
        walk->next = NEVER;
    for (size_t i = walk->rank; !ended && i < walk->terms->policy->policy.count; i++)
        if (walk->reached[i] < walk->next)
            walk->next = walk->reached[i];
}

void walk_case(struct walk *walk)
{
    find_start(walk);
    if (walk->start == NEVER)
        return;
    find_limit(walk);
    find_end(walk);
    find_stops(walk);
    walk->given_back = walk->late_days = 0;
    walk->suspended = false;
    walk->rank = 0;
    walk->next = NEVER;
    walk->base = base_of(walk, walk->start, walk->limit.value);
    find_due(walk);
    for (size_t i = 0; i < LEVELS_MOST; i++)
        walk->reached[i] = NEVER;
    for (size_t i = 0; i < walk->terms->policy->policy.count; i++) {
        walk->is_short[i] = false;
        walk->is_short[i] =
            walk->terms->policy->policy.levels[i].amount < 0 && threshold(walk, i) <= walk->start;
    }
    live(walk);
    find_rank(walk);
}
