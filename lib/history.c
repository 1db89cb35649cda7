/* Following a case through its life: at each instant at which something is known to change, or a
 * clock's next level comes, what intake and the escalator would do. */
#include "duban/history.h"

#include "duban/case_clock.h"
#include "duban/mem.h"

#include <string.h>

/* Milestones, both ends of each suspension, extensions, a reopening, the end, deemed acceptances.
 */
#define POINTS_MOST (MILESTONES + 2 * SUSPENSIONS_MOST + EXTENSIONS_MOST + 2)

/* --- the facts as they were --- */

static bool has_ended(const struct facts *facts)
{
    return facts->status != CASE_OPEN && facts->status != CASE_SUSPENDED;
}

static wall_us end_of(const struct facts *facts)
{
    wall_us completed = facts->at[MILESTONE_COMPLETED];
    return completed != WALL_NONE ? completed : facts->updated_at;
}

static void hide_suspensions(const struct facts *facts, wall_us at, struct facts *past)
{
    past->suspension_count = 0;
    for (size_t i = 0; i < facts->suspension_count; i++) {
        const struct suspension *suspension = &facts->suspensions[i];
        if (suspension->from > at)
            break;
        struct suspension *seen = &past->suspensions[past->suspension_count++];
        *seen = *suspension;
        if (suspension->to > at)
            seen->to = WALL_NONE;
    }
}

static void hide_extensions(const struct facts *facts, wall_us at, struct facts *past)
{
    past->extension_count = 0;
    for (size_t i = 0; i < facts->extension_count; i++)
        if (facts->extensions[i].at <= at) /* WALL_NONE is before everything */
            past->extensions[past->extension_count++] = facts->extensions[i];
}

/* Sets what of `past`, which is a copy of the facts, depends on the instant. */
static void go_back(const struct facts *facts, wall_us at, struct facts *past)
{
    for (size_t i = 0; i < MILESTONES; i++)
        past->at[i] = facts->at[i] <= at ? facts->at[i] : WALL_NONE;
    past->reopened_at = facts->reopened_at <= at ? facts->reopened_at : WALL_NONE;
    hide_suspensions(facts, at, past);
    hide_extensions(facts, at, past);
    past->status = facts->status;
    past->updated_at = facts->updated_at;
    if (has_ended(facts) && end_of(facts) <= at)
        return;
    size_t count = past->suspension_count;
    bool open = count && past->suspensions[count - 1].to == WALL_NONE;
    past->status = open ? CASE_SUSPENDED : CASE_OPEN;
    past->at[MILESTONE_COMPLETED] = WALL_NONE;
    past->updated_at = facts->updated_at < at ? facts->updated_at : at;
}

void history_facts_at(const struct facts *facts, wall_us at, struct facts *past)
{
    *past = *facts;
    go_back(facts, at, past);
}

/* --- the instants at which they change --- */

struct points {
    size_t count, next;
    wall_us *at;
};

static void add_point(struct points *points, wall_us at)
{
    if (at > 0)
        points->at[points->count++] = at;
}

static int by_instant(const void *left, const void *right)
{
    wall_us a = *(const wall_us *)left, b = *(const wall_us *)right;
    return (a > b) - (a < b);
}

/* A case counts as accepted right after the time for saying otherwise. */
static void add_deemed(struct points *points, const struct config *config,
                       const struct facts *facts)
{
    wall_us received = facts->at[MILESTONE_RECEIVED], end;
    for (size_t i = 0; received != WALL_NONE && i < config->clock_count; i++) {
        const struct config_clock *clock = &config->clocks[i];
        if (clock->has_deemed &&
            clock_due(&config_terms(clock, facts)->rule, received, clock->deemed_after, &end, NULL))
            add_point(points, end + 1);
    }
}

static void find_points(struct points *points, const struct config *config,
                        const struct facts *facts)
{
    *points =
        (struct points){.at = mem_zero(POINTS_MOST + config->clock_count, sizeof *points->at)};
    for (size_t i = 0; i < MILESTONES; i++)
        add_point(points, facts->at[i]);
    for (size_t i = 0; i < facts->suspension_count; i++) {
        add_point(points, facts->suspensions[i].from);
        add_point(points, facts->suspensions[i].to);
    }
    for (size_t i = 0; i < facts->extension_count; i++)
        add_point(points, facts->extensions[i].at);
    add_point(points, facts->reopened_at);
    if (has_ended(facts))
        add_point(points, end_of(facts));
    add_deemed(points, config, facts);
    qsort(points->at, points->count, sizeof *points->at, by_instant);
}

/* --- one clock on its way --- */

struct follower {
    const struct config_clock *clock;
    bool is_known;
    enum clock_condition condition;
    wall_us due_at, next_at;
    int64_t hash;
    struct clock_row row;
};

struct walk {
    const struct config *config;
    wall_us from, to;
    history_emit *emit;
    void *context;
    struct follower *followers;
};

static void emit_events(const struct walk *walk, const struct follower *follower,
                        const struct case_clock *clock, const struct escalation *escalation,
                        const struct facts *past, wall_us now)
{
    if (now < walk->from)
        return;
    for (size_t i = 0; i < escalation->count; i++) {
        const struct escalation_event *event = &escalation->events[i];
        const struct history_event told = {
            .clock = follower->clock,
            .policy = clock->terms->policy,
            .kind = event->kind,
            .at = event->at,
            .recorded_at = now,
            .rank = event->rank,
            .level = case_clock_level(clock, event->rank),
            .severity = case_clock_severity(clock, event->rank),
            .told = event->told,
            .points = event->points,
            .due_at = follower->due_at,
            .deadline_version = follower->row.deadline_version,
        };
        walk->emit(walk->context, past, &told);
    }
}

/* As intake stores it; false when nothing is new. */
static bool take_in(struct follower *follower, const struct case_clock *clock)
{
    if (follower->is_known && follower->hash == clock->hash)
        return false;
    if (!follower->is_known)
        follower->row = (struct clock_row){.deadline_version = 1, .raised_version = 1};
    else if (escalation_is_new_deadline(follower->condition, follower->due_at, clock->condition,
                                        clock->state.due_at))
        follower->row.deadline_version++;
    if (!follower->is_known || clock->condition != CLOCK_SUSPENDED)
        follower->due_at = clock->state.due_at;
    follower->is_known = true;
    follower->condition = clock->condition;
    follower->hash = clock->hash;
    return true;
}

/* The case no longer has the clock: its level is cleared. Should it come back, that is under
 * another deadline. */
static void drop(const struct walk *walk, struct follower *follower, const struct case_clock *clock,
                 const struct facts *past, wall_us now)
{
    struct escalation escalation = {.next_at = WALL_NONE};
    if (!follower->is_known || follower->condition == CLOCK_ABSENT ||
        follower->condition == CLOCK_STOPPED)
        return;
    follower->row.deadline_version++;
    if (follower->row.rank > 0)
        escalation.events[escalation.count++] =
            (struct escalation_event){.kind = "cleared", .at = now, .told = TOLD_YES};
    emit_events(walk, follower, clock, &escalation, past, now);
    follower->row.rank = 0;
    follower->condition = CLOCK_ABSENT;
    follower->hash = 0;
    follower->next_at = WALL_NONE;
}

static bool step(const struct walk *walk, struct follower *follower, const struct facts *past,
                 wall_us now, struct error *error)
{
    struct case_clock clock;
    struct escalation escalation;
    if (!case_clock_replay(follower->clock, past, now, &clock, error))
        return false;
    if (clock.condition == CLOCK_ABSENT) {
        drop(walk, follower, &clock, past, now);
        return true;
    }
    bool is_new = take_in(follower, &clock);
    if (!is_new && (follower->next_at == WALL_NONE || follower->next_at > now))
        return true;
    escalation_decide(&follower->row, &clock, now, WALL_NONE, &escalation);
    emit_events(walk, follower, &clock, &escalation, past, now);
    follower->row.rank = escalation.rank;
    follower->row.raised_version = follower->row.deadline_version;
    follower->next_at = escalation.next_at;
    return true;
}

/* --- the walk --- */

static wall_us next_instant(const struct walk *walk, struct points *points, wall_us now)
{
    while (points->next < points->count && points->at[points->next] <= now)
        points->next++;
    wall_us next = points->next < points->count ? points->at[points->next] : WALL_NONE;
    for (size_t i = 0; i < walk->config->clock_count; i++) {
        wall_us at = walk->followers[i].next_at;
        if (at != WALL_NONE && at > now && (next == WALL_NONE || at < next))
            next = at;
    }
    return next;
}

bool history_replay(const struct config *config, const struct facts *facts, wall_us from,
                    wall_us to, history_emit *emit, void *context, struct error *error)
{
    struct walk walk = {.config = config, .from = from, .to = to, .emit = emit, .context = context};
    struct facts past = *facts;
    struct points points;
    bool fine = true;
    walk.followers = mem_zero(config->clock_count + 1, sizeof *walk.followers);
    for (size_t i = 0; i < config->clock_count; i++)
        walk.followers[i] = (struct follower){.clock = &config->clocks[i], .next_at = WALL_NONE};
    find_points(&points, config, facts);
    wall_us now = next_instant(&walk, &points, WALL_NONE);
    while (fine && now != WALL_NONE && now < to) {
        go_back(facts, now, &past);
        for (size_t i = 0; fine && i < config->clock_count; i++)
            fine = step(&walk, &walk.followers[i], &past, now, error);
        now = next_instant(&walk, &points, now);
    }
    free(points.at);
    free(walk.followers);
    return fine;
}

size_t history_routes(const struct config *config, const struct history_event *event,
                      void (*tell)(void *context, const struct config_route *route), void *context)
{
    const struct policy *policy = &event->policy->policy;
    size_t count = 0;
    for (size_t i = 0; i < policy->count; i++) {
        const struct config_level *level = &event->policy->levels[i];
        if (strcmp(policy->levels[i].name, event->kind) != 0 || level->route_count == 0)
            continue;
        for (size_t r = 0; r < level->route_count; r++)
            tell(context, &level->routes[r]);
        return level->route_count;
    }
    for (size_t i = 0; i < config->route_count; i++) {
        if (strcmp(config->routes[i].kind, event->kind) != 0)
            continue;
        tell(context, &config->routes[i]);
        count++;
    }
    return count;
}
