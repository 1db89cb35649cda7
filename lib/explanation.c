/* An explanation put together: who knows the case, its clocks with the worst first, and the rest.
 */
#include "explanation_parts.h"

#include "duban/mem.h"

#include <string.h>

/* --- clocks --- */

struct ranked {
    json_t *clock;
    json_int_t severity;
    size_t place;
};

/* The worst first, then as the configuration has them; at the end what hasn't begun. */
static int by_severity(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

static void add_clock(const struct explanation_request *request, const char *name,
                      const json_t *events, json_t *clocks)
{
    json_t *clock = explain_clock(request, name, config_clock_named(request->config, name), events);
    if (clock)
        json_array_append_new(clocks, clock);
}

static json_t *sorted(json_t *clocks)
{
    size_t count = json_array_size(clocks);
    struct ranked *ranked = mem_zero(count + 1, sizeof *ranked);
    json_t *result = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *clock = json_array_get(clocks, i);
        bool begun = strcmp(explained_string(clock, "state"), "not_begun") != 0;
        json_int_t severity = json_integer_value(json_object_get(clock, "severity"));
        ranked[i] = (struct ranked){clock, begun ? severity : -1, i};
    }
    qsort(ranked, count, sizeof *ranked, by_severity);
    for (size_t i = 0; i < count; i++)
        json_array_append(result, ranked[i].clock);
    free(ranked);
    json_decref(clocks);
    return result;
}

/* Those of the configuration, then those that only the state knows. */
static json_t *clocks_of(const struct explanation_request *request, const json_t *events)
{
    const struct config *config = request->config;
    json_t *clocks = json_array();
    const json_t *row;
    size_t index;
    for (size_t i = 0; i < config->clock_count; i++)
        add_clock(request, config->clocks[i].name, events, clocks);
    json_array_foreach(json_object_get(request->state, "clocks"), index, row)
    {
        const char *name = explained_string(row, "clock");
        if (config_clock_named(config, name) == NULL)
            add_clock(request, name, events, clocks);
    }
    return sorted(clocks);
}

/* All of them, or the one that is asked for. */
static json_t *wanted(const struct explanation_request *request, json_t *clocks)
{
    json_t *result = json_array(), *clock;
    size_t index;
    json_array_foreach(clocks, index, clock)
    {
        if (request->clock == NULL || strcmp(request->clock, explained_string(clock, "clock")) == 0)
            json_array_append(result, clock);
    }
    json_decref(clocks);
    return result;
}

static json_t *worst_of(const json_t *clocks)
{
    const json_t *first = json_array_get(clocks, 0);
    if (json_integer_value(json_object_get(first, "severity")) == 0)
        return json_null();
    json_t *worst = json_object();
    explained_copy(worst, first, "clock");
    explained_copy(worst, first, "label");
    explained_copy(worst, first, "level");
    return worst;
}

/* --- events that belong to no clock --- */

static bool has_clock(const struct explanation_request *request, const char *name)
{
    const json_t *row;
    size_t index;
    json_array_foreach(json_object_get(request->state, "clocks"), index, row)
    {
        if (strcmp(explained_string(row, "clock"), name) == 0)
            return true;
    }
    return config_clock_named(request->config, name) != NULL;
}

/* Irregularities. */
static json_t *other_events(const struct explanation_request *request, const json_t *events)
{
    json_t *list = json_array(), *event;
    size_t index;
    json_array_foreach(events, index, event)
    {
        if (!has_clock(request, explained_string(event, "clock")))
            json_array_append(list, event);
    }
    return list;
}

/* --- the document --- */

static json_t *source_of(const struct explanation_request *request)
{
    static const char *const words[] = {[SOURCE_READ] = "read",
                                        [SOURCE_ABSENT] = "absent",
                                        [SOURCE_BROKEN] = "broken",
                                        [SOURCE_AWAY] = "away"};
    return json_pack("{s:s, s:o}", "state", words[request->source], "problem",
                     explained_text(request->problem));
}

static bool is_stored(const struct explanation_request *request)
{
    const json_t *state = request->state;
    return json_array_size(json_object_get(state, "clocks")) > 0 ||
           json_array_size(json_object_get(state, "events")) > 0 ||
           json_is_object(json_object_get(state, "bad_row"));
}

json_t *explanation_make(const struct explanation_request *request)
{
    json_t *events = explain_events(request), *clocks = clocks_of(request, events);
    json_t *document =
        json_pack("{s:s, s:s, s:o, s:o, s:b}", "centre", request->config->centre, "case_no",
                  request->case_no, "at", explained_instant(request, request->now), "source",
                  source_of(request), "stored", is_stored(request));
    explained_copy_instant(request, document, request->state, "now");
    json_object_set_new(document, "facts", explain_facts(request));
    json_object_set_new(document, "worst", worst_of(clocks));
    json_object_set_new(document, "clocks", wanted(request, clocks));
    json_object_set_new(document, "dues", explain_dues(request));
    json_object_set_new(document, "other_events", other_events(request, events));
    json_object_set_new(document, "joint", explain_joint(request));
    json_object_set_new(document, "silences", explain_silences(request));
    json_object_set_new(document, "set_aside", explain_set_aside(request));
    json_object_set_new(
        document, "events_left_out",
        json_boolean(json_array_size(events) > 0 &&
                     (json_int_t)json_array_size(events) ==
                         json_integer_value(json_object_get(request->state, "events_most"))));
    json_decref(events);
    return document;
}

bool explanation_is_known(const json_t *document)
{
    const char *source = explained_string(json_object_get(document, "source"), "state");
    return json_is_true(json_object_get(document, "stored")) || strcmp(source, "read") == 0 ||
           strcmp(source, "broken") == 0;
}
