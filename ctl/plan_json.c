/* A plan as JSON: docs/dubanctl.md has the keys. */
#include "plan.h"

#include "duban/mem.h"

#include <math.h>
#include <stdio.h>

const char *plan_shift_text(size_t shift, char text[SHIFT_TEXT_BYTES])
{
    int32_t least = plan_shift_least[shift];
    if (shift == 0)
        snprintf(text, SHIFT_TEXT_BYTES, "…%d", plan_shift_least[1] - 1);
    else if (shift == PLAN_SHIFTS - 1)
        snprintf(text, SHIFT_TEXT_BYTES, "+%d…", least);
    else if (shift == PLAN_SHIFT_EARLIER || shift == PLAN_SHIFT_LATER)
        snprintf(text, SHIFT_TEXT_BYTES, "%s0", shift == PLAN_SHIFT_LATER ? "+" : "-");
    else if (plan_shift_least[shift + 1] - least > 1)
        snprintf(text, SHIFT_TEXT_BYTES, "%+d…%+d", least, plan_shift_least[shift + 1] - 1);
    else
        snprintf(text, SHIFT_TEXT_BYTES, "%+d", least);
    return text;
}

static json_t *instant_json(wall_us at)
{
    char text[INSTANT_TEXT_BYTES];
    return at == WALL_NONE ? json_null() : json_string(instant_text(at, text));
}

static json_t *version_json(const char *version)
{
    return *version ? json_string(version) : json_null();
}

static json_t *rules_json(const struct plan_job *job)
{
    return json_pack("{s:s, s:o, s:o, s:b}", "new", job->config->rules_version, "in_force",
                     version_json(job->in_force), "under_way", version_json(job->under_way),
                     "is_in_force", (int)plan_is_in_force(job));
}

static json_t *clocks_json(const struct rules_plan *plan)
{
    const struct {
        const char *key;
        int64_t number;
    } numbers[] = {
        {"compared", plan->clocks}, {"same", plan->same},       {"earlier", plan->earlier},
        {"later", plan->later},     {"stop", plan->stops},      {"go_on", plan->resumes},
        {"end", plan->ends},        {"ended", plan->frozen},    {"run_again", plan->reopened},
        {"new", plan->added},       {"dropped", plan->dropped}, {"facts_changed", plan->changed},
    };
    json_t *clocks = json_object();
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        json_object_set_new(clocks, numbers[i].key, json_integer(numbers[i].number));
    return clocks;
}

static json_t *level_json(const char *level)
{
    return *level ? json_string(level) : json_null();
}

static json_t *levels_json(const struct rules_plan *plan)
{
    json_t *list = json_array();
    for (size_t from = 0; from < plan->levels.count; from++)
        for (size_t to = 0; to < plan->levels.count; to++) {
            int64_t count = rules_plan_turn(plan, from, to);
            if (count > 0)
                json_array_append_new(list, json_pack("{s:o, s:o, s:I}", "from",
                                                      level_json(plan->levels.texts[from]), "to",
                                                      level_json(plan->levels.texts[to]), "clocks",
                                                      (json_int_t)count));
        }
    return list;
}

static json_t *shifts_json(const struct rules_plan *plan)
{
    json_t *list = json_array();
    char text[SHIFT_TEXT_BYTES];
    for (size_t i = 0; i < PLAN_SHIFTS; i++)
        if (plan->shifts[i] > 0)
            json_array_append_new(list,
                                  json_pack("{s:s, s:I}", "workdays", plan_shift_text(i, text),
                                            "clocks", (json_int_t)plan->shifts[i]));
    return list;
}

static json_t *largest_json(const struct rules_plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->largest_count; i++) {
        const struct plan_shift *shift = &plan->largest[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:o, s:o, s:i}", "case", shift->case_no, "clock",
                            shift->clock, "department", plan->departments.texts[shift->department],
                            "old_due", instant_json(shift->old_due), "new_due",
                            instant_json(shift->new_due), "workdays", (int)shift->workdays));
    }
    return list;
}

static json_t *unusable_json(const struct rules_plan *plan)
{
    json_t *examples = json_array();
    for (size_t i = 0; i < plan->example_count; i++)
        json_array_append_new(examples, json_pack("{s:s, s:s}", "case", plan->examples[i].case_no,
                                                  "reason", plan->examples[i].reason));
    return json_pack("{s:I, s:I, s:I, s:o}", "cases", (json_int_t)plan->unusable, "newly",
                     (json_int_t)plan->newly_unusable, "mended", (json_int_t)plan->mended,
                     "examples", examples);
}

static json_t *departments_json(const struct plan_job *job)
{
    const struct rules_plan *plan = &job->plan;
    json_t *list = json_array();
    for (size_t i = 0; i < plan->departments.count && i < plan->place_capacity; i++) {
        const struct plan_place *place = &plan->places[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s?, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "code",
                            plan->departments.texts[i], "name", job->department_names[i], "clocks",
                            (json_int_t)place->clocks, "earlier", (json_int_t)place->earlier,
                            "later", (json_int_t)place->later, "raised", (json_int_t)place->raised,
                            "cleared", (json_int_t)place->cleared, "new", (json_int_t)place->added,
                            "dropped", (json_int_t)place->dropped));
    }
    return list;
}

json_t *plan_json(const struct plan_job *job)
{
    const struct rules_plan *plan = &job->plan;
    json_t *approved = job->approved_by ? json_pack("{s:s, s:o}", "by", job->approved_by, "at",
                                                    instant_json(job->approved_at))
                                        : json_null();
    return json_pack("{s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:f}", "now",
                     instant_json(job->now), "rules", rules_json(job), "cases",
                     (json_int_t)plan->cases, "clocks", clocks_json(plan), "told",
                     json_pack("{s:I, s:I}", "raised", (json_int_t)plan->raised, "cleared",
                               (json_int_t)plan->cleared),
                     "levels", levels_json(plan), "shifts", shifts_json(plan), "largest",
                     largest_json(plan), "unusable", unusable_json(plan), "departments",
                     departments_json(job), "approved", approved, "seconds",
                     round(job->seconds * 1000) / 1000);
}
