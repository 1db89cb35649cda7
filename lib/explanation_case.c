/* A case as a whole: its facts, masked; what hangs together with it; what speaks against telling of
 * it. */
#include "explanation_parts.h"

#include "duban/mem.h"

#include <string.h>

/* --- facts --- */

static json_t *place_of(const struct explanation_request *request, const char *code)
{
    const json_t *names = json_object_get(request->state, "names");
    if (code == NULL || *code == '\0')
        return json_null();
    return json_pack("{s:s, s:o}", "code", code, "name",
                     explained_word(explained_string(names, code)));
}

static json_t *person(const char *name, const char *phone)
{
    if ((name == NULL || *name == '\0') && (phone == NULL || *phone == '\0'))
        return json_null();
    return json_pack("{s:o, s:o}", "name", explained_name(name), "phone", explained_phone(phone));
}

static json_t *attributes_of(const struct facts *facts)
{
    json_t *attributes = json_object();
    for (size_t i = 0; i < facts->attribute_count; i++)
        json_object_set_new(attributes, facts->attributes[i].name,
                            explained_text(facts->attributes[i].value));
    return attributes;
}

static json_t *milestones_of(const struct explanation_request *request)
{
    json_t *milestones = json_object();
    for (int i = 0; i < MILESTONES; i++)
        json_object_set_new(milestones, milestone_column((enum milestone)i),
                            explained_instant(request, request->facts->at[i]));
    return milestones;
}

static json_t *limit_or_null(bool has, struct limit limit)
{
    return has ? explained_limit(limit) : json_null();
}

/* Why the row can't be worked with, if so. */
static json_t *problem_of(const struct explanation_request *request)
{
    struct error error;
    if (facts_check(request->facts, request->now, request->config->source.skew_us, &error))
        return json_null();
    return explained_text(error.text);
}

json_t *explain_facts(const struct explanation_request *request)
{
    const struct facts *facts = request->facts;
    if (facts == NULL)
        return json_null();
    json_t *result = json_pack("{s:s, s:s, s:s, s:o, s:s, s:s}", "item_code", facts->item_code,
                               "item_name", facts->item_name, "kind", facts->kind, "class",
                               explained_word(facts->project_class), "stage", facts->stage,
                               "status", case_status_word(facts->status));
    json_object_set_new(result, "window", place_of(request, facts->window_code));
    json_object_set_new(result, "department", place_of(request, facts->department_code));
    json_object_set_new(result, "applicant", person(facts->applicant_name, facts->applicant_phone));
    json_object_set_new(result, "handler", person(facts->handler_name, facts->handler_phone));
    json_object_set_new(result, "agent", person(facts->agent_name, facts->agent_phone));
    json_object_set_new(result, "milestones", milestones_of(request));
    json_object_set_new(result, "reopened_at",
                        facts->reopened_at ? explained_instant(request, facts->reopened_at)
                                           : json_null());
    json_object_set_new(result, "updated_at", explained_instant(request, facts->updated_at));
    json_object_set_new(result, "limit", limit_or_null(facts->has_limit, facts->limit));
    json_object_set_new(result, "statutory", limit_or_null(facts->has_statutory, facts->statutory));
    json_object_set_new(result, "result", explained_text(facts->result));
    json_object_set_new(result, "parent_case_no", explained_word(facts->parent_case_no));
    json_object_set_new(result, "attributes", attributes_of(facts));
    json_object_set_new(result, "problem", problem_of(request));
    return result;
}

/* --- what hangs together with it --- */

static json_t *related(const struct explanation_request *request, const json_t *rows)
{
    json_t *list = json_array();
    const json_t *row;
    size_t index;
    json_array_foreach(rows, index, row)
    {
        json_t *one = json_object(), *level = json_object();
        const char *clock = explained_string(row, "clock");
        const struct config_clock *known = config_clock_named(request->config, clock);
        explained_copy(one, row, "case_no");
        explained_copy(one, row, "clock");
        json_object_set_new(one, "clock_label", json_string(known ? known->label : clock));
        explained_copy(one, row, "state");
        explained_copy(one, row, "department");
        explain_level_name(level, request->config, explained_string(row, "policy"),
                           explained_string(row, "level"));
        json_object_set_new(one, "level", level);
        explained_copy_instant(request, one, row, "due_at");
        json_array_append_new(list, one);
    }
    return list;
}

json_t *explain_joint(const struct explanation_request *request)
{
    const json_t *joint = json_object_get(request->state, "joint");
    return json_pack("{s:o, s:o, s:o}", "parent_case_no",
                     explained_word(explained_string(request->state, "parent_case_no")), "parent",
                     related(request, json_object_get(joint, "parent")), "parts",
                     related(request, json_object_get(joint, "parts")));
}

json_t *explain_silences(const struct explanation_request *request)
{
    json_t *list = json_array();
    const json_t *row;
    size_t index;
    json_array_foreach(json_object_get(request->state, "silences"), index, row)
    {
        json_t *one = json_object();
        explained_copy(one, row, "id");
        explained_copy(one, row, "scope");
        explained_copy(one, row, "code");
        json_object_set_new(one, "reason", explained_text(explained_string(row, "reason")));
        json_object_set_new(one, "author", explained_text(explained_string(row, "author")));
        explained_copy_instant(request, one, row, "begins_at");
        explained_copy_instant(request, one, row, "ends_at");
        json_array_append_new(list, one);
    }
    return list;
}

json_t *explain_set_aside(const struct explanation_request *request)
{
    const json_t *row = json_object_get(request->state, "bad_row");
    if (!json_is_object(row))
        return json_null();
    json_t *result = json_object();
    json_object_set_new(result, "reason", explained_text(explained_string(row, "reason")));
    explained_copy_instant(request, result, row, "first_seen");
    explained_copy_instant(request, result, row, "last_seen");
    return result;
}
