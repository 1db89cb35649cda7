/* The levels of a clock: when each is reached by the rule, and what has become of it. */
#include "explanation_parts.h"

#include <string.h>

/* --- names --- */

static const struct config_level *find_in(const struct config_policy *policy, const char *level)
{
    for (size_t i = 0; i < policy->policy.count; i++)
        if (strcmp(policy->policy.levels[i].name, level) == 0)
            return &policy->levels[i];
    return NULL;
}

/* The policy's own level of that name, else the first of any policy. */
static const struct config_level *find_level(const struct config *config, const char *policy,
                                             const char *level)
{
    const struct config_level *found = NULL;
    for (size_t i = 0; i < config->policy_count; i++) {
        const struct config_level *here = find_in(&config->policies[i], level);
        if (here && strcmp(config->policies[i].policy.name, policy) == 0)
            return here;
        if (found == NULL)
            found = here;
    }
    return found;
}

void explain_level_name(json_t *object, const struct config *config, const char *policy,
                        const char *level)
{
    const struct config_level *about = find_level(config, policy, level);
    json_object_set_new(object, "level", json_string(level));
    json_object_set_new(object, "label", explained_word(about ? about->label : NULL));
    json_object_set_new(object, "colour", explained_word(about ? about->colour : NULL));
}

bool explained_is_level(const struct config *config, const char *name)
{
    return find_level(config, "", name) != NULL;
}

/* --- thresholds --- */

static json_t *threshold_of(const struct level *level)
{
    static const char *const units[] = {[THRESHOLD_WORKDAY] = "workday",
                                        [THRESHOLD_WORKHOUR] = "workhour",
                                        [THRESHOLD_SHARE] = "share",
                                        [THRESHOLD_START] = "start"};
    static const char *const shorts[] = {
        [SHORT_AT_START] = "at_start", [SHORT_LAST_DAY] = "last_day", [SHORT_NEVER] = "never"};
    return json_pack("{s:s, s:i, s:s, s:s}", "unit", units[level->unit], "amount",
                     (int)level->amount, "at", level->at == AT_OPENING ? "opening" : "exact",
                     "short", shorts[level->when_short]);
}

static const char *state_of(const struct explained_clock *one, size_t index)
{
    const struct case_clock *clock = &one->clock;
    wall_us reached = clock->state.reached_at[index];
    if (index + 1 == clock->state.rank)
        return "holds";
    if (index + 1 < clock->state.rank)
        return reached == WALL_NONE ? "left_out" : "passed";
    if (clock->condition == CLOCK_STOPPED)
        return "spared";
    if (reached != WALL_NONE)
        return "to_come";
    return clock->condition == CLOCK_SUSPENDED ? "open" : "never";
}

/* Whether a warning holds from the start, since the limit is no longer than its time. */
static bool is_from_start(const struct explained_clock *one, size_t index)
{
    const struct case_clock *clock = &one->clock;
    const struct level *level = &clock->rule.policy->levels[index];
    wall_us reached = clock->state.reached_at[index], opening;
    bool warns = level->unit == THRESHOLD_SHARE ? level->amount < 100 : level->amount < 0;
    if (reached == WALL_NONE || !warns || level->when_short != SHORT_AT_START)
        return false;
    return reached == clock->started_at ||
           (calendar_next_opening(clock->rule.calendar, clock->started_at, &opening, NULL) &&
            reached == opening);
}

/* The ids of the events by which it was raised, under whatever deadline. */
static json_t *raised_by(const struct explained_clock *one, const char *name)
{
    json_t *ids = json_array();
    const json_t *event;
    size_t index;
    json_array_foreach(one->events, index, event)
    {
        if (strcmp(explained_string(event, "kind"), name) == 0)
            json_array_append(ids, json_object_get(event, "id"));
    }
    return ids;
}

static json_t *level_of(const struct explained_clock *one, size_t index)
{
    const struct config_policy *policy = one->clock.terms->policy;
    const struct config_level *about = &policy->levels[index];
    const char *name = policy->policy.levels[index].name;
    json_t *level = json_object();
    explain_level_name(level, one->request->config, policy->policy.name, name);
    json_object_set_new(level, "threshold", threshold_of(&policy->policy.levels[index]));
    json_object_set_new(level, "state", json_string(state_of(one, index)));
    json_object_set_new(level, "reached_at",
                        explained_instant(one->request, one->clock.state.reached_at[index]));
    json_object_set_new(level, "from_start", json_boolean(is_from_start(one, index)));
    json_object_set_new(level, "points", json_integer(about->points));
    json_object_set_new(level, "proposes", json_boolean(about->proposes));
    json_object_set_new(level, "events", raised_by(one, name));
    return level;
}

json_t *explain_levels(const struct explained_clock *one)
{
    json_t *levels = json_array();
    for (size_t i = 0; i < one->clock.rule.policy->count; i++)
        json_array_append_new(levels, level_of(one, i));
    return levels;
}
