/* Configured clocks applied to facts. */
#include "duban/case_clock.h"

#include "case_clock_hash.h"
#include "case_clock_input.h"

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

int case_clock_severity(const struct case_clock *clock, size_t rank)
{
    return rank ? clock->terms->policy->levels[rank - 1].severity : 0;
}

const char *suspension_use_word(enum suspension_use use)
{
    static const char *const words[] = {
        [SUSPENSION_COUNTS] = "counts",
        [SUSPENSION_BEGAN_ANEW] = "began_anew",
        [SUSPENSION_RUNS_ON] = "runs_on",
        [SUSPENSION_ELSEWHERE] = "elsewhere",
    };
    return words[use];
}

/* A case that was taken up again after it had ended: clocks that run now, or ended later, began
 * with that. */
static void reopen(const struct facts *facts, struct case_input *input)
{
    wall_us stopped_at = input->clock.stopped_at;
    if (facts->reopened_at > input->clock.started_at &&
        (stopped_at == WALL_NONE || stopped_at > facts->reopened_at))
        input->clock.started_at = facts->reopened_at;
}

/* Whether the case has the clock, what it counts from, and how it ended. */
static bool build_input(const struct config_clock *config, const struct facts *facts, wall_us now,
                        struct case_clock *clock, struct case_input *input, struct error *error)
{
    wall_us *start = &input->clock.started_at;
    if (!match_fits(&config->match, facts)) {
        *start = WALL_NONE;
        return true;
    }
    if (!case_start(config, clock->terms, facts, now, start, error)) {
        clock->beyond_calendar = true;
        return false;
    }
    if (*start == WALL_NONE)
        return true;
    if (!case_limit_of(config, clock->terms, facts, &clock->limit, error))
        return false;
    input->clock.limit = clock->limit.whole;
    input->ending = case_ending(config, facts, *start, &input->clock.stopped_at);
    reopen(facts, input);
    clock->beyond_calendar = !case_suspensions(config, clock->terms, facts, now, input, error);
    return !clock->beyond_calendar;
}

static bool ends_with_case(const char *ending)
{
    return ending && strcmp(ending, ENDING_MET) != 0;
}

/* Of the clocks that run until the case ends, the first in the file tells that it has. */
static bool told_elsewhere(const struct config_clock *config, const struct facts *facts,
                           wall_us now, const char *ending)
{
    if (!ends_with_case(ending))
        return false;
    for (const struct config_clock *other = config->first; other && other < config; other++) {
        wall_us start = WALL_NONE, stopped_at;
        if (match_fits(&other->match, facts) &&
            case_start(other, config_terms(other, facts), facts, now, &start, NULL) &&
            start != WALL_NONE && ends_with_case(case_ending(other, facts, start, &stopped_at)))
            return true;
    }
    return false;
}

/* A suspension whose end is known, as one of the longest allowed, makes the clock go on then: under
 * another deadline, which those who were warned are to hear of. */
static void look_at_its_end(const struct case_input *input, wall_us now, struct clock_state *state)
{
    for (size_t i = 0; i < input->clock.suspension_count && state->suspended; i++) {
        const struct suspension *suspension = &input->clock.suspensions[i];
        if (suspension->from <= now && suspension->to > now &&
            (state->next_at == WALL_NONE || suspension->to < state->next_at))
            state->next_at = suspension->to;
    }
}

bool case_clock_replay(const struct config_clock *config, const struct facts *facts, wall_us now,
                       struct case_clock *clock, struct error *error)
{
    struct case_input input;
    const struct config_terms *terms = config_terms(config, facts);
    *clock = (struct case_clock){
        .terms = terms, .rule = terms->rule, .started_at = WALL_NONE, .stopped_at = WALL_NONE};
    input.ending = NULL;
    if (!build_input(config, facts, now, clock, &input, error))
        return false;
    if (input.clock.started_at == WALL_NONE)
        return true;
    if (!clock_replay(&clock->rule, &input.clock, now, &clock->state, error)) {
        clock->beyond_calendar = true;
        return false;
    }
    look_at_its_end(&input, now, &clock->state);
    clock->started_at = input.clock.started_at;
    clock->stopped_at = input.clock.stopped_at;
    clock->ending = input.ending;
    clock->told_elsewhere = told_elsewhere(config, facts, now, input.ending);
    clock->condition = clock->ending            ? CLOCK_STOPPED
                       : clock->state.suspended ? CLOCK_SUSPENDED
                                                : CLOCK_RUNNING;
    case_hash_set(config, facts, &input, clock);
    return true;
}

bool case_clock_account(const struct config_clock *config, const struct facts *facts, wall_us now,
                        struct case_account *account, struct error *error)
{
    struct case_input input;
    struct case_clock clock = {.terms = config_terms(config, facts)};
    wall_us start = WALL_NONE;
    bool by_milestone = config->from.kind == POINT_MILESTONE;
    *account = (struct case_account){.point_at = WALL_NONE};
    if (!case_start(config, clock.terms, facts, now, &start, error) ||
        !build_input(config, facts, now, &clock, &input, error))
        return false;
    if (start == WALL_NONE)
        return true;
    account->point_at = by_milestone ? facts->at[config->from.milestone] : start;
    account->is_deemed = by_milestone && start != account->point_at;
    account->is_reopened =
        facts->reopened_at > start && input.clock.started_at == facts->reopened_at;
    memcpy(account->uses, input.uses, sizeof account->uses[0] * facts->suspension_count);
    memcpy(account->counted, input.list, sizeof *input.list * input.clock.suspension_count);
    account->counted_count = input.clock.suspension_count;
    return true;
}
