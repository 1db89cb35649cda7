/* A simulation as JSON: docs/dubanctl.md has the keys. */
#include "calendar_args.h"
#include "simulate.h"

#include "duban/mem.h"

#include <math.h>

static json_t *failures_json(const struct failures *failures)
{
    json_t *reasons = json_array();
    AUTO_FREE size_t *order = failures_order(failures);
    for (size_t i = 0; i < failures->reasons.count; i++) {
        const struct failure *failure = &failures->items[order[i]];
        json_t *examples = json_array();
        for (size_t k = 0; k < failure->example_count; k++)
            json_array_append_new(examples, json_string(failure->examples[k]));
        json_array_append_new(reasons,
                              json_pack("{s:s, s:I, s:o}", "reason", failure->text, "count",
                                        (json_int_t)failure->count, "examples", examples));
    }
    return json_pack("{s:I, s:o}", "count", (json_int_t)failures->count, "reasons", reasons);
}

/* --- events --- */

static json_t *kinds_json(const struct simulation_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->kind_count; i++) {
        const struct simulation_kind *kind = &result->kinds[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:I, s:I}", "clock", kind->clock->name, "kind",
                            kind->kind, "severity", kind->severity, "recorded",
                            (json_int_t)kind->recorded, "told", (json_int_t)kind->told));
    }
    return list;
}

static void set_ends(json_t *object, const struct simulation_ends *ends)
{
    const struct {
        const char *key;
        int64_t number;
    } numbers[] = {{"ended", ends->ended},
                   {"in_time", ends->in_time},
                   {"otherwise", ends->otherwise},
                   {"open", ends->open},
                   {"overdue", ends->overdue}};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        json_object_set_new(object, numbers[i].key, json_integer(numbers[i].number));
}

static json_t *clocks_json(const struct simulation_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->clock_count; i++) {
        json_t *clock = json_pack("{s:s}", "clock", result->clocks[i].clock->name);
        set_ends(clock, &result->clocks[i].ends);
        json_array_append_new(list, clock);
    }
    return list;
}

static json_t *places_json(const struct simulation_result *result,
                           const struct simulation_place *places, size_t count, size_t top)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count && i < top; i++) {
        json_t *levels = json_object();
        for (size_t k = 0; k < result->level_count; k++)
            json_object_set_new(levels, result->levels[k], json_integer(places[i].levels[k]));
        json_t *place =
            json_pack("{s:s, s:s, s:I, s:o}", "code", places[i].code, "name", places[i].name,
                      "raised", (json_int_t)places[i].raised, "levels", levels);
        set_ends(place, &places[i].ends);
        json_array_append_new(list, place);
    }
    return json_pack("{s:I, s:o}", "count", (json_int_t)count, "first", list);
}

/* --- messages --- */

static json_t *by_channel_json(const struct simulation_result *result, const int64_t *by_channel)
{
    json_t *object = json_object();
    for (size_t i = 0; i < result->channel_count; i++)
        json_object_set_new(object, result->channels[i].channel->name, json_integer(by_channel[i]));
    return object;
}

static json_t *channels_json(const struct simulation_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->channel_count; i++) {
        const struct simulation_channel *channel = &result->channels[i];
        json_array_append_new(
            list,
            json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "channel", channel->channel->name,
                      "messages", (json_int_t)channel->messages, "notifications",
                      (json_int_t)channel->notifications, "cancelled",
                      (json_int_t)channel->cancelled, "off_duty", (json_int_t)channel->off_duty,
                      "unreachable", (json_int_t)channel->unreachable, "held",
                      (json_int_t)channel->held, "left_out", (json_int_t)channel->left_out));
    }
    return list;
}

static json_t *roles_json(const struct simulation_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->role_count; i++) {
        const struct simulation_role *role = &result->roles[i];
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:I, s:I, s:I}", "role", role->role, "recipients",
                            (json_int_t)role->recipients, "messages", (json_int_t)role->messages,
                            "days", (json_int_t)role->days, "worst", (json_int_t)role->worst));
    }
    return list;
}

static json_t *recipients_json(const struct simulation_result *result, size_t top)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->recipient_count && i < top; i++) {
        const struct simulation_recipient *recipient = &result->recipients[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:I, s:I, s:o, s:I, s:o}", "role", recipient->role,
                            "code", recipient->code, "name", recipient->name, "messages",
                            (json_int_t)recipient->messages, "days", (json_int_t)recipient->days,
                            "worst_day", json_day(recipient->worst_day), "worst",
                            (json_int_t)recipient->worst, "channels",
                            by_channel_json(result, recipient->by_channel)));
    }
    return json_pack("{s:I, s:o}", "count", (json_int_t)result->recipient_count, "first", list);
}

static json_t *days_json(const struct simulation_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->day_count; i++) {
        const struct simulation_day *day = &result->days[i];
        json_array_append_new(list,
                              json_pack("{s:o, s:I, s:I, s:o}", "day", json_day(day->day),
                                        "messages", (json_int_t)day->messages, "notifications",
                                        (json_int_t)day->notifications, "channels",
                                        by_channel_json(result, day->by_channel)));
    }
    return list;
}

static json_t *minute_json(const struct simulate_run *run)
{
    const struct simulation_minute *busiest = &run->result->busiest;
    if (busiest->at == WALL_NONE)
        return json_null();
    return json_pack("{s:o, s:I, s:o}", "at", json_instant(run->config->calendar, busiest->at),
                     "messages", (json_int_t)busiest->messages, "channels",
                     by_channel_json(run->result, busiest->by_channel));
}

static json_t *run_json(const struct simulate_run *run, size_t top)
{
    const struct simulation_result *result = run->result;
    json_t *json = json_pack("{s:s, s:s, s:I, s:o, s:I, s:o, s:s, s:o}", "config", run->path,
                             "version", run->config->version, "cases", (json_int_t)result->cases,
                             "failed", failures_json(&run->failures), "events",
                             (json_int_t)result->events, "kinds", kinds_json(result), "main_clock",
                             result->main_clock->name, "clocks", clocks_json(result));
    json_object_set_new(json, "departments",
                        places_json(result, result->departments, result->department_count, top));
    json_object_set_new(json, "windows",
                        places_json(result, result->windows, result->window_count, top));
    json_object_set_new(json, "channels", channels_json(result));
    json_object_set_new(json, "roles", roles_json(result));
    json_object_set_new(json, "recipients", recipients_json(result, top));
    json_object_set_new(json, "days", days_json(result));
    json_object_set_new(json, "busiest_minute", minute_json(run));
    return json;
}

/* --- changes --- */

static json_t *instant_or_null(const struct simulate_job *job, wall_us at)
{
    return at == WALL_NONE ? json_null() : json_instant(job->runs[0].config->calendar, at);
}

static json_t *examples_json(const struct simulate_job *job, enum level_change change)
{
    json_t *list = json_array();
    for (size_t i = 0; i < job->changes.example_count[change]; i++) {
        const struct level_example *example = &job->changes.examples[change][i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:o, s:o}", "case_no", example->case_no,
                                        "clock", example->clock, "level", example->level, "before",
                                        instant_or_null(job, example->before), "after",
                                        instant_or_null(job, example->after)));
    }
    return list;
}

static json_t *changes_json(const struct simulate_job *job)
{
    const struct simulation_changes *changes = &job->changes;
    json_t *levels = json_array(), *examples = json_object();
    for (size_t i = 0; i < changes->count; i++) {
        json_t *level = json_pack("{s:s, s:s}", "clock", changes->levels[i].clock, "level",
                                  changes->levels[i].level);
        for (size_t change = 0; change < LEVEL_CHANGES; change++)
            json_object_set_new(level, level_change_words[change],
                                json_integer(changes->levels[i].count[change]));
        json_array_append_new(levels, level);
    }
    for (size_t change = LEVEL_SAME + 1; change < LEVEL_CHANGES; change++)
        json_object_set_new(examples, level_change_words[change],
                            examples_json(job, (enum level_change)change));
    return json_pack("{s:I, s:o, s:o}", "cases", (json_int_t)changes->cases, "levels", levels,
                     "examples", examples);
}

json_t *simulate_json(const struct simulate_job *job)
{
    const struct calendar *calendar = job->runs[0].config->calendar;
    json_t *runs = json_array();
    for (size_t i = 0; i < job->run_count; i++)
        json_array_append_new(runs, run_json(&job->runs[i], job->top));
    return json_pack("{s:o, s:o, s:f, s:I, s:o, s:o, s:o}", "from",
                     json_instant(calendar, job->from), "to", json_instant(calendar, job->to),
                     "seconds", round(job->seconds * 1000) / 1000, "cases", (json_int_t)job->cases,
                     "bad_rows", failures_json(&job->bad_rows), "runs", runs, "changes",
                     job->run_count == 2 ? changes_json(job) : json_null());
}
