/* One clock of a case: as the rules have it, and as the state has stored it. */
#include "explanation_parts.h"

#include <string.h>

static const json_t *stored_of(const struct explanation_request *request, const char *clock)
{
    const json_t *row;
    size_t index;
    json_array_foreach(json_object_get(request->state, "clocks"), index, row)
    {
        if (strcmp(explained_string(row, "clock"), clock) == 0)
            return row;
    }
    return NULL;
}

/* --- what is stored --- */

static json_t *reminder_of(const struct explanation_request *request, const char *clock)
{
    const json_t *row;
    size_t index;
    json_array_foreach(json_object_get(request->state, "reminders"), index, row)
    {
        if (strcmp(explained_string(row, "clock"), clock) != 0)
            continue;
        json_t *reminder = json_object();
        explained_copy(reminder, row, "kind");
        explained_copy(reminder, row, "sent");
        explained_copy_instant(request, reminder, row, "next_at");
        return reminder;
    }
    return json_null();
}

static json_t *stored_clock(const struct explanation_request *request, const json_t *row)
{
    static const char *const copied[] = {"state",  "deadline_version", "episode",
                                         "policy", "calendar_version", "rule_version"};
    if (row == NULL)
        return json_null();
    json_t *stored = json_object(), *level = json_object();
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        explained_copy(stored, row, copied[i]);
    explain_level_name(level, request->config, explained_string(row, "policy"),
                       explained_string(row, "level"));
    json_object_set_new(stored, "level", level);
    explained_copy_instant(request, stored, row, "due_at");
    explained_copy_instant(request, stored, row, "next_at");
    return stored;
}

/* In what the stored clock isn't what the facts and the rules give. It says so only of the present:
 * what is stored is no older or newer than that. */
static json_t *differences(const struct explained_clock *one, const json_t *row)
{
    const struct case_clock *clock = &one->clock;
    const char *state = explained_string(row, "state");
    json_t *list = json_array();
    wall_us now, due_at;
    if (row == NULL || !instant_parse(explained_string(one->request->state, "now"), &now, NULL) ||
        now != one->request->now)
        return list;
    if (strcmp(state, clock_condition_word(clock->condition)) != 0)
        json_array_append_new(list, json_string("state"));
    if (clock->condition != CLOCK_RUNNING)
        return list;
    if (instant_parse(explained_string(row, "due_at"), &due_at, NULL) &&
        due_at != clock->state.due_at)
        json_array_append_new(list, json_string("due_at"));
    if (strcmp(explained_string(row, "level"), case_clock_level(clock, clock->state.rank)) != 0)
        json_array_append_new(list, json_string("level"));
    const char *version = explained_string(row, "rule_version");
    if (*version && strcmp(version, clock->terms->version) != 0)
        json_array_append_new(list, json_string("rule_version"));
    return list;
}

/* --- its level --- */

/* Whether the state has levels up to `rank` as taken back, under the deadline as it is now. */
static bool is_withdrawn(const json_t *row, size_t rank)
{
    json_int_t version = json_integer_value(json_object_get(row, "deadline_version"));
    return row && json_integer_value(json_object_get(row, "withdrawn_version")) == version &&
           json_integer_value(json_object_get(row, "withdrawn_rank")) >= (json_int_t)rank;
}

/* How the level was taken back 摘牌: as it was last raised, or before, when only rules have changed
 * since. */
static json_t *taken_back(const json_t *events, const char *level, bool carried)
{
    const json_t *event;
    json_t *back = NULL;
    size_t index;
    json_array_foreach(events, index, event)
    {
        json_t *here = json_object_get(event, "taken_back");
        if (strcmp(explained_string(event, "kind"), level) == 0 &&
            (json_is_object(here) || !carried))
            back = here;
    }
    return back ? json_incref(back) : json_null();
}

struct standing {
    const char *policy, *level;
    size_t rank;
    int severity;
};

static void add_level(json_t *result, const struct explanation_request *request,
                      const struct standing *standing, const json_t *row, const json_t *events)
{
    json_t *level = json_object();
    bool carried = standing->rank > 0 && is_withdrawn(row, standing->rank);
    json_t *back = taken_back(events, standing->level, carried);
    explain_level_name(level, request->config, standing->policy, standing->level);
    json_object_set_new(result, "severity",
                        json_integer(json_is_object(back) ? 0 : standing->severity));
    json_object_set_new(level, "taken_back", back);
    json_object_set_new(result, "level", level);
}

/* --- as the rules have it --- */

static void add_standing(json_t *result, const struct explained_clock *one)
{
    const struct case_clock *clock = &one->clock;
    const struct explanation_request *request = one->request;
    json_object_set_new(result, "state", json_string(clock_condition_word(clock->condition)));
    json_object_set_new(result, "ending", explained_word(clock->ending));
    json_object_set_new(result, "started_at", explained_instant(request, clock->started_at));
    json_object_set_new(result, "stopped_at", explained_instant(request, clock->stopped_at));
    json_object_set_new(result, "due_at", explained_instant(request, clock->state.due_at));
    json_object_set_new(result, "workdays_left", json_integer(clock->state.workdays_left));
    json_object_set_new(result, "seconds_left", json_integer(clock->state.open_left / US_PER_S));
    json_object_set_new(result, "next_at", explained_instant(request, clock->state.next_at));
    const struct standing standing = {
        .policy = clock->rule.policy->name,
        .level = case_clock_level(clock, clock->state.rank),
        .rank = clock->state.rank,
        .severity = case_clock_severity(clock, clock->state.rank),
    };
    add_level(result, request, &standing, stored_of(request, one->config->name), one->events);
}

static void add_account(json_t *result, struct explained_clock *one)
{
    struct error error;
    add_standing(result, one);
    json_object_set_new(result, "limit", explain_limit(one));
    if (explained_ledger_build(one, &error)) {
        json_object_set_new(result, "suspensions", explain_suspensions(one));
        json_object_set_new(result, "ledger", explain_ledger(one));
        ledger_finish(&one->ledger);
    } else {
        json_object_set_new(result, "problem", json_string(error.text));
    }
    json_object_set_new(result, "levels", explain_levels(one));
}

/* False when the case has no such clock at all. */
static bool explain_by_rules(json_t *result, struct explained_clock *one)
{
    struct error error;
    const struct facts *facts = one->facts;
    if (!match_fits(&one->config->match, facts))
        return false;
    if (!case_clock_replay(one->config, facts, one->request->now, &one->clock, &error) ||
        !case_clock_account(one->config, facts, one->request->now, &one->account, &error)) {
        one->clock.condition = CLOCK_ABSENT;
        json_object_set_new(result, "state", json_string("unknown"));
        json_object_set_new(result, "problem", json_string(error.text));
    } else if (one->clock.condition == CLOCK_ABSENT) {
        json_object_set_new(result, "state", json_string("not_begun"));
    } else {
        add_account(result, one);
    }
    json_object_set_new(result, "rule", explain_rule(one));
    return true;
}

/* --- as the ledger has it --- */

static void explain_by_state(json_t *result, const struct explanation_request *request,
                             const json_t *row, const json_t *events)
{
    explained_copy(result, row, "state");
    explained_copy_instant(request, result, row, "due_at");
    const struct standing standing = {
        .policy = explained_string(row, "policy"),
        .level = explained_string(row, "level"),
        .rank = (size_t)json_integer_value(json_object_get(row, "rank")),
        .severity = (int)json_integer_value(json_object_get(row, "severity")),
    };
    add_level(result, request, &standing, row, events);
}

json_t *explain_clock(const struct explanation_request *request, const char *name,
                      const struct config_clock *config, const json_t *events)
{
    struct explained_clock one = {.request = request,
                                  .config = config,
                                  .facts = request->facts,
                                  .events = explain_events_of(events, name)};
    const json_t *row = stored_of(request, name);
    json_t *result =
        json_pack("{s:s, s:s, s:b, s:i}", "clock", name, "label", config ? config->label : name,
                  "configured", config != NULL, "severity", 0);
    bool by_rules = config && one.facts && explain_by_rules(result, &one);
    if (!by_rules && row)
        explain_by_state(result, request, row, one.events);
    json_object_set_new(result, "by_rules", json_boolean(by_rules));
    json_object_set_new(result, "applies", one.facts ? json_boolean(by_rules) : json_null());
    json_object_set_new(result, "stored", stored_clock(request, row));
    json_object_set_new(result, "differs", by_rules ? differences(&one, row) : json_array());
    json_object_set_new(result, "reminder", reminder_of(request, name));
    json_object_set_new(result, "events", one.events);
    if (by_rules || row)
        return result;
    json_decref(result);
    return NULL;
}
