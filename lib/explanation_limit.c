/* Of a clock: its limit with what extensions add, and the suspensions with what they did to it. */
#include "explanation_parts.h"

#include <string.h>

/* --- the limit --- */

const char *explained_limit_source(enum limit_source source)
{
    static const char *const words[] = {
        [LIMIT_PROMISED] = "promised", [LIMIT_STATUTORY] = "statutory", [LIMIT_OWN] = "own"};
    return words[source];
}

static json_t *extension_of(const struct explained_clock *one, size_t index)
{
    const struct extension *extension = &one->facts->extensions[index];
    return json_pack(
        "{s:i, s:s, s:i, s:s, s:o, s:o, s:o, s:o}", "value", (int)extension->more.value, "unit",
        limit_unit_word(extension->more.unit), "granted", (int)one->clock.limit.granted[index],
        "verdict", extension_verdict_word(one->clock.limit.verdicts[index]), "approver",
        explained_text(extension->approver), "reason", explained_text(extension->reason), "at",
        explained_instant(one->request, extension->at), "clock", explained_word(extension->clock));
}

json_t *explain_limit(const struct explained_clock *one)
{
    const struct config_terms *terms = one->clock.terms;
    json_t *extensions = json_array();
    for (size_t i = 0; i < one->facts->extension_count; i++)
        json_array_append_new(extensions, extension_of(one, i));
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "source",
                     explained_limit_source(terms->limit_source), "base",
                     explained_limit(one->clock.limit.base), "whole",
                     explained_limit(one->clock.limit.whole), "extension_most",
                     terms->has_most ? explained_limit(terms->extension_most) : json_null(), "law",
                     explained_word(terms->law), "extensions", extensions);
}

/* --- suspensions --- */

static const struct suspension *counted_of(const struct explained_clock *one,
                                           const struct suspension *suspension)
{
    for (size_t i = 0; i < one->account.counted_count; i++)
        if (one->account.counted[i].from == suspension->from)
            return &one->account.counted[i];
    return NULL;
}

/* What a suspension is for the clock. What was before the clock began (anew), or after it had
 * ended, is of no matter to it. */
static const char *effect_of(const struct explained_clock *one, size_t index,
                             const struct suspension *counted)
{
    const struct suspension *suspension = &one->facts->suspensions[index];
    const struct case_clock *clock = &one->clock;
    if (one->account.uses[index] != SUSPENSION_COUNTS)
        return suspension_use_word(one->account.uses[index]);
    if (counted == NULL || (counted->to != WALL_NONE && counted->to <= clock->started_at))
        return "before";
    if (clock->stopped_at != WALL_NONE && suspension->from >= clock->stopped_at)
        return "after";
    return counted->to != suspension->to ? "shortened" : "counts";
}

/* Days, as the account of days has them. */
static json_t *given_days(const struct explained_clock *one, wall_us from, wall_us to)
{
    int32_t days = 0;
    for (size_t i = 0; i < one->ledger.count; i++) {
        const struct ledger_row *row = &one->ledger.rows[i];
        days += row->mark == LEDGER_SUSPENDED && row->day.begins > from && row->day.begins <= to;
    }
    return explained_limit((struct limit){days, one->clock.limit.base.unit});
}

/* Time, as the clock has measured it: what comes after due gives nothing back. */
static json_t *given_time(const struct explained_clock *one, wall_us from, wall_us to)
{
    span_us time = 0;
    if (from < one->clock.started_at)
        from = one->clock.started_at;
    if (one->clock.limit.base.unit == LIMIT_HOUR)
        time = to - from;
    else if (!calendar_open_between(one->clock.rule.calendar, from, to, &time, NULL))
        return json_null();
    return json_pack("{s:I}", "seconds", (json_int_t)(time > 0 ? time / US_PER_S : 0));
}

static json_t *given_back(const struct explained_clock *one, const struct suspension *counted)
{
    const struct case_clock *clock = &one->clock;
    wall_us to = counted->to == WALL_NONE ? one->request->now : counted->to;
    if (clock->stopped_at != WALL_NONE && to > clock->stopped_at)
        to = clock->stopped_at;
    if (counted->from >= clock->state.due_at)
        return json_null();
    return one->by_open_time ? given_time(one, counted->from, to)
                             : given_days(one, counted->from, to);
}

/* Whether it lasts, or lasted, longer than is allowed. */
static bool is_too_long(const struct explained_clock *one, const struct suspension *suspension,
                        const struct config_suspension *meaning)
{
    wall_us end;
    wall_us to = suspension->to == WALL_NONE ? one->request->now : suspension->to;
    return meaning && meaning->has_longest &&
           clock_due(&one->clock.rule, suspension->from, meaning->longest, &end, NULL) && to > end;
}

static json_t *suspension_of(const struct explained_clock *one, size_t index)
{
    const struct suspension *suspension = &one->facts->suspensions[index];
    const struct config_suspension *meaning =
        config_suspension(one->config->suspensions, suspension->reason);
    const struct suspension *counted = counted_of(one, suspension);
    const char *effect = effect_of(one, index, counted);
    bool stops = counted && (strcmp(effect, "counts") == 0 || strcmp(effect, "shortened") == 0);
    json_t *result = json_pack("{s:s, s:s, s:o, s:o, s:o, s:s}", "reason", suspension->reason,
                               "label", meaning ? meaning->label : suspension->reason, "law",
                               explained_word(meaning ? meaning->law : NULL), "from",
                               explained_instant(one->request, suspension->from), "to",
                               explained_instant(one->request, suspension->to), "effect", effect);
    json_object_set_new(result, "counted_to",
                        stops ? explained_instant(one->request, counted->to) : json_null());
    json_object_set_new(result, "given_back", stops ? given_back(one, counted) : json_null());
    json_object_set_new(result, "longest",
                        meaning && meaning->has_longest ? explained_limit(meaning->longest)
                                                        : json_null());
    json_object_set_new(result, "too_long", json_boolean(is_too_long(one, suspension, meaning)));
    return result;
}

json_t *explain_suspensions(const struct explained_clock *one)
{
    json_t *list = json_array();
    for (size_t i = 0; i < one->facts->suspension_count; i++)
        json_array_append_new(list, suspension_of(one, i));
    return list;
}
