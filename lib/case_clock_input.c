/* Beginnings, ends and suspensions of a clock, from the facts and the rules. */
#include "case_clock_input.h"

#include <string.h>

static const struct suspension *last_of(const struct facts *facts, const char *reason)
{
    for (size_t i = facts->suspension_count; i > 0; i--)
        if (strcmp(facts->suspensions[i - 1].reason, reason) == 0)
            return &facts->suspensions[i - 1];
    return NULL;
}

/* --- where it begins --- */

/* The case was neither accepted nor was anything asked of the applicant in time: it counts as
 * accepted when it was received. A case that ended before has not been accepted. */
static bool deemed_start(const struct config_clock *config, const struct config_terms *terms,
                         const struct facts *facts, wall_us now, wall_us *start,
                         struct error *error)
{
    wall_us received = facts->at[MILESTONE_RECEIVED], end;
    if (received == WALL_NONE)
        return true;
    if (!clock_due(&terms->rule, received, config->deemed_after, &end, error))
        return false;
    bool accepted = *start != WALL_NONE && *start <= end;
    bool asked = facts->suspension_count > 0 && facts->suspensions[0].from <= end;
    bool running = facts->status == CASE_OPEN || facts->status == CASE_SUSPENDED;
    if (!accepted && !asked && now > end && (running || *start != WALL_NONE))
        *start = received;
    return true;
}

/* When another clock of the case reached a level. */
static bool level_start(const struct clock_point *from, const struct facts *facts, wall_us now,
                        wall_us *start, struct error *error)
{
    struct case_clock base;
    *start = WALL_NONE;
    if (!case_clock_replay(from->clock, facts, now, &base, error))
        return false;
    if (base.condition == CLOCK_ABSENT)
        return true;
    const struct policy *policy = base.rule.policy;
    for (size_t i = 0; i < policy->count; i++) {
        wall_us reached = base.state.reached_at[i];
        if (strcmp(policy->levels[i].name, from->level) == 0 && reached != WALL_NONE &&
            reached <= now && (base.stopped_at == WALL_NONE || reached < base.stopped_at))
            *start = reached;
    }
    return true;
}

bool case_start(const struct config_clock *config, const struct config_terms *terms,
                const struct facts *facts, wall_us now, wall_us *start, struct error *error)
{
    const struct clock_point *from = &config->from;
    const struct suspension *suspension;
    *start = WALL_NONE;
    switch (from->kind) {
    case POINT_MILESTONE:
        *start = facts->at[from->milestone];
        return !config->has_deemed || deemed_start(config, terms, facts, now, start, error);
    case POINT_SUSPENDED:
        suspension = last_of(facts, from->reason);
        *start = suspension ? suspension->from : WALL_NONE;
        return true;
    case POINT_RESUMED:
        suspension = last_of(facts, from->reason);
        *start = suspension ? suspension->to : WALL_NONE;
        return true;
    case POINT_LEVEL:
        return level_start(from, facts, now, start, error);
    }
    return true;
}

/* --- where it ends --- */

/* A case that ends in another way than by completion has no milestone for it: then it is the last
 * change of the row. */
static const char *end_of_case(const struct facts *facts, wall_us *at)
{
    static const char *const words[CASE_STATUSES] = {
        [CASE_COMPLETED] = "completed",
        [CASE_RETURNED] = "returned",
        [CASE_WITHDRAWN] = "withdrawn",
    };
    const char *word = words[facts->status];
    wall_us completed = facts->at[MILESTONE_COMPLETED];
    *at = word == NULL ? WALL_NONE : completed != WALL_NONE ? completed : facts->updated_at;
    return word;
}

/* The first suspension of the reason that begins (or ends) at or after `start`. */
static wall_us suspension_point(const struct facts *facts, const struct clock_point *point,
                                wall_us start)
{
    for (size_t i = 0; i < facts->suspension_count; i++) {
        const struct suspension *suspension = &facts->suspensions[i];
        wall_us at = point->kind == POINT_SUSPENDED ? suspension->from : suspension->to;
        if (strcmp(suspension->reason, point->reason) == 0 && at != WALL_NONE && at >= start)
            return at;
    }
    return WALL_NONE;
}

/* When an end comes before the case itself ends, the clock is met. */
static wall_us point_at(const struct facts *facts, const struct clock_point *point, wall_us start)
{
    if (point->kind == POINT_SUSPENDED || point->kind == POINT_RESUMED)
        return suspension_point(facts, point, start);
    return point->milestone == MILESTONE_COMPLETED ? WALL_NONE : facts->at[point->milestone];
}

const char *case_ending(const struct config_clock *config, const struct facts *facts, wall_us start,
                        wall_us *stopped_at)
{
    const char *ending = end_of_case(facts, stopped_at);
    for (size_t i = 0; i < config->until_count; i++) {
        wall_us at = point_at(facts, &config->until[i], start);
        if (at != WALL_NONE && (*stopped_at == WALL_NONE || at <= *stopped_at)) {
            *stopped_at = at;
            ending = ENDING_MET;
        }
    }
    if (ending && *stopped_at < start)
        *stopped_at = start;
    return ending;
}

/* --- where it stands still --- */

static bool is_stopped_by(const struct config_clock *config, const char *reason)
{
    bool named = config->stopped_by_all;
    for (size_t i = 0; i < config->stopped_by_count && !named; i++)
        named = strcmp(config->stopped_by[i], reason) == 0;
    return named;
}

/* After the longest allowed the clock runs again, although the suspension goes on. */
static bool shorten(const struct config_terms *terms, const struct config_suspension *meaning,
                    struct suspension *suspension, struct error *error)
{
    wall_us end;
    if (meaning == NULL || !meaning->resumes)
        return true;
    if (!clock_due(&terms->rule, suspension->from, meaning->longest, &end, error))
        return false;
    if (suspension->to == WALL_NONE || suspension->to > end)
        suspension->to = end;
    return true;
}

bool case_suspensions(const struct config_clock *config, const struct config_terms *terms,
                      const struct facts *facts, wall_us now, struct case_input *input,
                      struct error *error)
{
    size_t count = 0;
    wall_us stopped_at = input->clock.stopped_at;
    for (size_t i = 0; i < facts->suspension_count; i++) {
        struct suspension suspension = facts->suspensions[i];
        const struct config_suspension *meaning =
            config_suspension(config->suspensions, suspension.reason);
        enum suspension_effect effect = meaning ? meaning->effect : SUSPENSION_STOPS;
        bool named = is_stopped_by(config, suspension.reason);
        input->uses[i] = effect == SUSPENSION_IGNORED ? SUSPENSION_RUNS_ON
                         : named                      ? SUSPENSION_COUNTS
                                                      : SUSPENSION_ELSEWHERE;
        if (input->uses[i] != SUSPENSION_COUNTS)
            continue;
        if (!shorten(terms, meaning, &suspension, error))
            return false;
        bool over = suspension.to != WALL_NONE && suspension.to <= now &&
                    (stopped_at == WALL_NONE || suspension.to <= stopped_at);
        if (effect == SUSPENSION_RESTARTS && over && suspension.to > input->clock.started_at) {
            input->clock.started_at = suspension.to;
            input->uses[i] = SUSPENSION_BEGAN_ANEW;
            count = 0;
            continue;
        }
        input->list[count++] = suspension;
    }
    input->clock.suspensions = input->list;
    input->clock.suspension_count = count;
    return true;
}
