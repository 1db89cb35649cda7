/* The promised and the statutory due instant of a case beside the one that the approval system has.
 */
#include "explanation_parts.h"

#include <string.h>

#define COMPLETION "completion"

/* The completion's terms with another source of the limit. */
static void with_source(const struct config_clock *completion, const struct config_terms *terms,
                        enum limit_source source, struct config_clock *clock)
{
    *clock = *completion;
    clock->terms = *terms;
    clock->choice_count = 0;
    clock->terms.limit_source = source;
    clock->terms.law = NULL;
    clock->terms.has_most &= terms->extends;
    clock->terms.extends = true;
}

static bool same_beginning(const struct config_clock *one, const struct config_clock *other)
{
    return one->from.kind == POINT_MILESTONE && other->from.kind == POINT_MILESTONE &&
           one->from.milestone == other->from.milestone;
}

/* The clock of the configuration that runs by it for the case: the completion, or one that begins
 * with it; else NULL. */
static const struct config_clock *clock_by(const struct explanation_request *request,
                                           const struct config_clock *completion,
                                           enum limit_source source)
{
    const struct config_clock *found = NULL;
    for (size_t i = 0; i < request->config->clock_count; i++) {
        const struct config_clock *clock = &request->config->clocks[i];
        if (!match_fits(&clock->match, request->facts) || !same_beginning(clock, completion) ||
            config_terms(clock, request->facts)->limit_source != source)
            continue;
        if (found == NULL || clock == completion)
            found = clock;
    }
    return found;
}

static json_t *due_of(const struct explanation_request *request, enum limit_source source,
                      const struct config_clock *clock, const struct case_clock *due,
                      const char *problem)
{
    const struct config_terms *terms = clock ? config_terms(clock, request->facts) : NULL;
    json_t *result =
        json_pack("{s:s, s:o, s:o, s:o, s:o}", "source", explained_limit_source(source), "clock",
                  explained_word(clock ? clock->name : NULL), "clock_label",
                  explained_word(clock ? clock->label : NULL), "law",
                  explained_word(terms ? terms->law : NULL), "problem", explained_word(problem));
    json_object_set_new(result, "base", problem ? json_null() : explained_limit(due->limit.base));
    json_object_set_new(result, "whole", problem ? json_null() : explained_limit(due->limit.whole));
    json_object_set_new(result, "due_at",
                        problem ? json_null() : explained_instant(request, due->state.due_at));
    return result;
}

/* Adds the due instant by one source; false: there is none to compare with. */
static bool add_due(const struct explanation_request *request, enum limit_source source,
                    json_t *dues, struct case_clock *due)
{
    const struct config_clock *completion = config_clock_named(request->config, COMPLETION);
    struct config_clock other;
    struct error error;
    bool has = source == LIMIT_PROMISED ? request->facts->has_limit : request->facts->has_statutory;
    if (!has || completion == NULL)
        return false;
    const struct config_clock *clock = clock_by(request, completion, source);
    with_source(completion, config_terms(completion, request->facts), source, &other);
    bool fine =
        case_clock_replay(clock ? clock : &other, request->facts, request->now, due, &error);
    if (fine && due->condition == CLOCK_ABSENT)
        return false;
    json_array_append_new(dues, due_of(request, source, clock, due, fine ? NULL : error.text));
    return fine;
}

/* Working days between both days; the same day is the same deadline, at whatever time it ends. */
static json_t *difference_of(const struct case_clock *due, wall_us theirs)
{
    const struct calendar *calendar = due->rule.calendar;
    day_number our_day, their_day;
    int32_t workdays;
    if (!calendar_day_of(calendar, due->state.due_at - 1, &our_day, NULL) ||
        !calendar_day_of(calendar, theirs, &their_day, NULL))
        return json_null();
    bool same = theirs == due->state.due_at || our_day == their_day;
    if (same)
        their_day = our_day;
    if (!calendar_workdays_between(calendar, our_day, their_day, &workdays, NULL))
        return json_null();
    return json_pack("{s:b, s:i, s:i}", "same", same, "workdays", (int)workdays, "days",
                     (int)(their_day - our_day));
}

json_t *explain_dues(const struct explanation_request *request)
{
    json_t *dues = json_array();
    struct case_clock promised, statutory;
    if (request->facts == NULL)
        return dues;
    bool has_promised = add_due(request, LIMIT_PROMISED, dues, &promised);
    bool has_statutory = add_due(request, LIMIT_STATUTORY, dues, &statutory);
    wall_us theirs = request->facts->promised_due_at;
    if (theirs == WALL_NONE)
        return dues;
    const struct case_clock *ours = has_promised ? &promised : has_statutory ? &statutory : NULL;
    json_array_append_new(
        dues, json_pack("{s:s, s:o, s:o, s:o}", "source", "approval_system", "due_at",
                        explained_instant(request, theirs), "compared_with",
                        explained_word(ours == NULL        ? NULL
                                       : ours == &promised ? "promised"
                                                           : "statutory"),
                        "difference", ours ? difference_of(ours, theirs) : json_null()));
    return dues;
}
