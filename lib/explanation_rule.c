/* The rule of a clock in its parts: where it begins and ends, which terms count and why, and the
 * conventions of counting with the law behind each. */
#include "explanation_parts.h"

#include <string.h>

/* --- points --- */

static json_t *suspension_point(const char *point, const char *reason,
                                const struct config_suspensions *suspensions)
{
    const struct config_suspension *meaning = config_suspension(suspensions, reason);
    return json_pack("{s:s, s:s, s:s}", "point", point, "reason", reason, "label",
                     meaning ? meaning->label : reason);
}

static json_t *level_point(const struct explanation_request *request,
                           const struct clock_point *point)
{
    json_t *level = json_object();
    explain_level_name(level, request->config, "", point->level);
    return json_pack("{s:s, s:s, s:s, s:o}", "point", "level", "clock", point->clock->name,
                     "clock_label", point->clock->label, "level", level);
}

static json_t *point_of(const struct explained_clock *one, const struct clock_point *point)
{
    switch (point->kind) {
    case POINT_MILESTONE:
        break;
    case POINT_SUSPENDED:
        return suspension_point("suspended", point->reason, one->config->suspensions);
    case POINT_RESUMED:
        return suspension_point("resumed", point->reason, one->config->suspensions);
    case POINT_LEVEL:
        return level_point(one->request, point);
    }
    return json_pack("{s:s, s:s}", "point", "milestone", "milestone",
                     milestone_column(point->milestone));
}

static json_t *ends_of(const struct explained_clock *one)
{
    json_t *ends = json_array();
    for (size_t i = 0; i < one->config->until_count; i++)
        json_array_append_new(ends, point_of(one, &one->config->until[i]));
    return ends;
}

/* How it came to its start, once it has begun. */
static json_t *beginning_of(const struct explained_clock *one)
{
    const char *how = "point";
    if (one->clock.condition == CLOCK_ABSENT)
        return json_null();
    if (one->account.is_deemed)
        how = "deemed";
    if (one->account.is_reopened)
        how = "reopened";
    for (size_t i = 0; i < one->facts->suspension_count; i++)
        if (one->account.uses[i] == SUSPENSION_BEGAN_ANEW)
            how = "anew";
    return json_pack("{s:s, s:o, s:o}", "how", how, "at",
                     explained_instant(one->request, one->clock.started_at), "point_at",
                     explained_instant(one->request, one->account.point_at));
}

/* --- terms --- */

/* The entry of `policies` whose terms count; null: the clock's own do. */
static json_t *choice_of(const struct explained_clock *one)
{
    const struct config_clock *clock = one->config;
    for (size_t i = 0; i < clock->choice_count; i++)
        if (&clock->choices[i].terms == one->clock.terms)
            return json_pack("{s:I, s:o}", "number", (json_int_t)i + 1, "because",
                             explain_match(&clock->choices[i].match, one->facts));
    return json_null();
}

static json_t *policy_of(const struct config_terms *terms)
{
    return json_pack("{s:s, s:o}", "name", terms->policy->policy.name, "law",
                     explained_word(terms->policy->law));
}

static json_t *calendar_of(const struct config_terms *terms)
{
    const struct calendar *calendar = terms->rule.calendar;
    return json_pack("{s:s, s:s, s:s, s:o}", "name", calendar_name(calendar), "version",
                     calendar_version(calendar), "zone", zone_name(calendar_zone(calendar)),
                     "last_day", explained_day(calendar_last_day(calendar)));
}

/* --- conventions --- */

#define CIVIL_CODE_201   "民法典 201"
#define CIVIL_CODE_203   "民法典 203"
#define LICENSING_LAW_32 "行政许可法 32"
#define LICENSING_LAW_42 "行政许可法 42"
#define LICENSING_LAW_45 "行政许可法 45"
#define LICENSING_LAW_82 "行政许可法 82"

static void add(json_t *list, const char *rule, const char *law)
{
    json_array_append_new(list, json_pack("{s:s, s:o}", "rule", rule, "law", explained_word(law)));
}

static void add_counting(json_t *list, const struct clock_rule *rule, struct limit limit)
{
    switch (limit.unit) {
    case LIMIT_WORKDAY:
    case LIMIT_DAY:
        break;
    case LIMIT_WORKHOUR:
        add(list, "open_hours", NULL);
        return;
    case LIMIT_HOUR:
        add(list, "all_hours", NULL);
        return;
    }
    if (limit.value == 0)
        add(list, "same_day", NULL);
    else
        add(list, rule->start_mode == START_ROLL_FORWARD ? "start_rolled" : "start_not_counted",
            CIVIL_CODE_201);
    if (limit.unit == LIMIT_WORKDAY)
        add(list, "working_days", LICENSING_LAW_82);
    else
        add(list, "calendar_days", CIVIL_CODE_203);
}

static void add_end(json_t *list, const struct clock_rule *rule, struct limit limit)
{
    static const char *const words[] = {[DUE_CLOSING] = "ends_at_closing",
                                        [DUE_END_OF_DAY] = "ends_at_midnight",
                                        [DUE_SAME_TIME] = "ends_at_same_time"};
    if (limit.unit == LIMIT_WORKDAY || limit.unit == LIMIT_DAY)
        add(list, words[rule->due_mode], rule->due_mode == DUE_SAME_TIME ? NULL : CIVIL_CODE_203);
}

static json_t *conventions_of(const struct explained_clock *one)
{
    const struct clock_rule *rule = &one->clock.rule;
    struct limit limit = one->clock.limit.base;
    bool days = limit.unit == LIMIT_WORKDAY || limit.unit == LIMIT_DAY;
    json_t *list = json_array();
    add_counting(list, rule, limit);
    add_end(list, rule, limit);
    if (one->facts->suspension_count > 0)
        add(list,
            days && rule->suspension_mode == SUSPENSION_WORKDAYS ? "suspended_days"
                                                                 : "suspended_time",
            LICENSING_LAW_45);
    if (one->facts->extension_count > 0 && one->clock.terms->extends)
        add(list, "extensions", LICENSING_LAW_42);
    if (one->config->has_deemed)
        add(list, "deemed", LICENSING_LAW_32);
    return list;
}

json_t *explain_rule(const struct explained_clock *one)
{
    const struct config_terms *terms = one->clock.terms;
    json_t *rule = json_pack("{s:o, s:o, s:o}", "from", point_of(one, &one->config->from), "began",
                             beginning_of(one), "until", ends_of(one));
    json_object_set_new(rule, "deemed_after",
                        one->config->has_deemed ? explained_limit(one->config->deemed_after)
                                                : json_null());
    json_object_set_new(rule, "because", explain_match(&one->config->match, one->facts));
    json_object_set_new(rule, "choice", choice_of(one));
    json_object_set_new(rule, "policy", policy_of(terms));
    json_object_set_new(rule, "calendar", calendar_of(terms));
    json_object_set_new(rule, "conventions",
                        one->clock.condition == CLOCK_ABSENT ? json_array() : conventions_of(one));
    json_object_set_new(rule, "version", json_string(terms->version));
    return rule;
}
