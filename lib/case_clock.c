/* Configured clocks applied to facts. */
#include "duban/case_clock.h"

#include "duban/hash.h"

#include <string.h>

const char *clock_condition_word(enum clock_condition condition)
{
    static const char *const words[] = {
        [CLOCK_ABSENT] = "absent",
        [CLOCK_RUNNING] = "running",
        [CLOCK_SUSPENDED] = "suspended",
        [CLOCK_STOPPED] = "stopped",
    };
    return words[condition];
}

const char *case_clock_level(const struct case_clock *clock, size_t rank)
{
    return rank ? clock->rule.policy->levels[rank - 1].name : "normal";
}

/* How and when the clock ended; NULL while it hasn't. A returned or withdrawn case has no milestone
 * for its end: then it is the last change of the row. */
static const char *ending_of(const struct config_clock *config, const struct facts *facts,
                             wall_us *stopped_at)
{
    static const char *const words[CASE_STATUSES] = {
        [CASE_COMPLETED] = "completed",
        [CASE_RETURNED] = "returned",
        [CASE_WITHDRAWN] = "withdrawn",
    };
    const char *word = words[facts->status];
    wall_us until = facts->at[config->until];
    bool at_completion = config->until == MILESTONE_COMPLETED;
    if (until != WALL_NONE && (!at_completion || word != NULL)) {
        *stopped_at = until;
        return at_completion ? word : "met";
    }
    if (word) {
        wall_us completed = facts->at[MILESTONE_COMPLETED];
        *stopped_at = completed != WALL_NONE ? completed : facts->updated_at;
    }
    return word;
}

static bool limit_of(const struct config_clock *config, const struct facts *facts,
                     struct limit *limit, struct error *error)
{
    switch (config->limit_source) {
    case LIMIT_PROMISED:
        if (!facts->has_limit)
            return error_set(error, "limit_value is null; clock '%s' needs a promised limit",
                             config->name);
        *limit = facts->limit;
        return true;
    case LIMIT_STATUTORY:
        if (!facts->has_statutory)
            return error_set(error, "statutory_value is null; clock '%s' needs a statutory limit",
                             config->name);
        *limit = facts->statutory;
        return true;
    case LIMIT_OWN:
        *limit = config->limit;
        return true;
    }
    return error_set(error, "clock '%s' has no limit", config->name);
}

/* Everything that decides about a clock, so that equal hashes mean "nothing new". */
static int64_t hash_of(const struct config_clock *config, const struct case_clock *clock,
                       const struct clock_facts *input, const struct facts *facts)
{
    const struct clock_rule *rule = &clock->rule;
    uint64_t hash = hash_begin();
    hash = hash_text(hash, config->name);
    hash = hash_text(hash, calendar_version(rule->calendar));
    hash = hash_text(hash, rule->policy->name);
    for (size_t i = 0; i < rule->policy->count; i++) {
        const struct level *level = &rule->policy->levels[i];
        hash = hash_text(hash, level->name);
        hash = hash_int(hash, level->unit);
        hash = hash_int(hash, level->at);
        hash = hash_int(hash, level->when_short);
        hash = hash_int(hash, level->amount);
    }
    hash = hash_int(hash, rule->start_mode);
    hash = hash_int(hash, rule->due_mode);
    hash = hash_int(hash, rule->suspension_mode);
    hash = hash_int(hash, input->started_at);
    hash = hash_int(hash, input->stopped_at);
    hash = hash_int(hash, input->limit.value);
    hash = hash_int(hash, input->limit.unit);
    for (size_t i = 0; i < input->suspension_count; i++) {
        hash = hash_int(hash, input->suspensions[i].from);
        hash = hash_int(hash, input->suspensions[i].to);
    }
    hash = hash_int(hash, clock->condition);
    hash = hash_text(hash, clock->ending ? clock->ending : "");
    hash = hash_text(hash, facts->window_code);
    hash = hash_text(hash, facts->department_code);
    hash = hash_text(hash, facts->item_code);
    return (int64_t)(hash ? hash : 1);
}

bool case_clock_replay(const struct config_clock *config, const struct facts *facts, wall_us now,
                       struct case_clock *clock, struct error *error)
{
    wall_us started_at = facts->at[config->from];
    *clock = (struct case_clock){
        .rule = config_rule(config, facts), .started_at = started_at, .stopped_at = WALL_NONE};
    if (started_at == WALL_NONE || !config_matches(&config->match, facts))
        return true;

    struct clock_facts input = {
        .started_at = started_at,
        .stopped_at = WALL_NONE,
        .suspensions = facts->suspensions,
        .suspension_count = facts->suspension_count,
    };
    if (!limit_of(config, facts, &input.limit, error))
        return false;
    clock->ending = ending_of(config, facts, &input.stopped_at);
    if (!clock_replay(&clock->rule, &input, now, &clock->state, error)) {
        clock->beyond_calendar = true;
        return false;
    }
    clock->stopped_at = input.stopped_at;
    clock->condition = clock->ending            ? CLOCK_STOPPED
                       : clock->state.suspended ? CLOCK_SUSPENDED
                                                : CLOCK_RUNNING;
    clock->hash = hash_of(config, clock, &input, facts);
    return true;
}
