/* The ledger of a case: its events, who was told of each by what, and whether it arrived. */
#include "explanation_parts.h"

#include "duban/irregularity_words.h"

#include <string.h>

#define FINDING_BYTES_MOST (16u << 10)

/* --- messages --- */

static json_t *attempt_of(const struct explanation_request *request, const json_t *attempt)
{
    json_t *result = json_object();
    explained_copy(result, attempt, "number");
    explained_copy_instant(request, result, attempt, "at");
    explained_copy(result, attempt, "verdict");
    explained_copy(result, attempt, "status");
    json_object_set_new(result, "detail", explained_text(explained_string(attempt, "detail")));
    return result;
}

static json_t *receipt_of(const struct explanation_request *request, const json_t *receipt)
{
    json_t *result = json_object();
    explained_copy(result, receipt, "status");
    explained_copy_instant(request, result, receipt, "at");
    explained_copy_instant(request, result, receipt, "reported_at");
    explained_copy(result, receipt, "code");
    json_object_set_new(result, "detail", explained_text(explained_string(receipt, "detail")));
    return result;
}

static json_t *list_of(const struct explanation_request *request, const json_t *rows,
                       json_t *(*make)(const struct explanation_request *, const json_t *))
{
    json_t *list = json_array();
    const json_t *row;
    size_t index;
    json_array_foreach(rows, index, row)
    {
        json_array_append_new(list, make(request, row));
    }
    return list;
}

static json_t *dead_of(const struct explanation_request *request, const json_t *dead)
{
    if (!json_is_object(dead))
        return json_null();
    json_t *result = json_object();
    explained_copy_instant(request, result, dead, "at");
    explained_copy(result, dead, "verdict");
    json_object_set_new(result, "reason", explained_text(explained_string(dead, "reason")));
    json_object_set_new(result, "fallback", explained_word(explained_string(dead, "fallback")));
    return result;
}

static json_t *message_of(const struct explanation_request *request, const json_t *message)
{
    static const char *const copied[] = {"id",    "public_id", "kind", "count",
                                         "state", "arrival",   "tries"};
    json_t *result = json_object();
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        explained_copy(result, message, copied[i]);
    explained_copy_instant(request, result, message, "created_at");
    json_object_set_new(result, "dead", dead_of(request, json_object_get(message, "dead")));
    json_object_set_new(result, "attempts",
                        list_of(request, json_object_get(message, "attempts"), attempt_of));
    json_object_set_new(result, "receipts",
                        list_of(request, json_object_get(message, "receipts"), receipt_of));
    return result;
}

static const json_t *find_message(const json_t *told, json_int_t id)
{
    const json_t *message;
    size_t index;
    json_array_foreach(json_object_get(told, "messages"), index, message)
    {
        if (json_integer_value(json_object_get(message, "id")) == id)
            return message;
    }
    return NULL;
}

/* --- notifications --- */

/* "cancelled: the deadline has changed" → its first word and the rest; "waiting" while it has none.
 */
static void add_outcome(json_t *result, const json_t *notification)
{
    const char *outcome = explained_string(notification, "outcome");
    const char *why = strstr(outcome, ": ");
    if (*outcome == '\0') {
        const char *held = explained_string(notification, "hold_reason");
        const char *reason = strstr(held, ": ");
        json_object_set_new(result, "outcome", json_string("waiting"));
        json_object_set_new(result, "why", explained_text(reason ? reason + 2 : held));
        return;
    }
    size_t length = why ? (size_t)(why - outcome) : strlen(outcome);
    json_object_set_new(result, "outcome", json_stringn(outcome, length));
    json_object_set_new(result, "why", why ? explained_text(why + 2) : json_null());
}

/* A message of which the state knows no more has been dropped after its retention time. */
static json_t *notification_of(const struct explanation_request *request, const json_t *told,
                               const json_t *row)
{
    static const char *const copied[] = {"id", "recipient", "name", "role", "channel"};
    json_t *result = json_object();
    json_int_t id = json_integer_value(json_object_get(row, "message"));
    const json_t *message = id ? find_message(told, id) : NULL;
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        explained_copy(result, row, copied[i]);
    json_object_set_new(result, "address", explained_address(explained_string(row, "address")));
    explained_copy_instant(request, result, row, "created_at");
    add_outcome(result, row);
    explained_copy_instant(request, result, row, "release_at");
    json_object_set_new(result, "message", message ? message_of(request, message) : json_null());
    return result;
}

static json_t *notifications_of(const struct explanation_request *request, const json_t *told,
                                json_int_t event)
{
    json_t *list = json_array();
    const json_t *row;
    size_t index;
    json_array_foreach(json_object_get(told, "notifications"), index, row)
    {
        if (json_integer_value(json_object_get(row, "event")) == event)
            json_array_append_new(list, notification_of(request, told, row));
    }
    return list;
}

/* --- events --- */

static json_t *taken_back(const struct explanation_request *request, const json_t *event)
{
    const json_t *back = json_object_get(event, "taken_back");
    if (!json_is_object(back))
        return json_null();
    json_t *result = json_object();
    explained_copy_instant(request, result, back, "at");
    json_object_set_new(result, "author", explained_text(explained_string(back, "author")));
    json_object_set_new(result, "reason", explained_text(explained_string(back, "reason")));
    return result;
}

/* `told` is "yes", or "no: why". */
static void add_told(json_t *result, const json_t *event)
{
    const char *told = explained_string(event, "told");
    bool yes = strcmp(told, "yes") == 0;
    json_object_set_new(result, "told", json_boolean(yes));
    json_object_set_new(result, "why_not",
                        yes ? json_null()
                            : explained_word(strncmp(told, "no: ", 4) == 0 ? told + 4 : told));
}

/* What an irregularity says, in each language; null for other events. */
static json_t *finding_of(const struct explanation_request *request, const json_t *event)
{
    const char *kind = explained_string(event, "kind");
    wall_us at = request->now;
    if (!irregularity_parse(kind, NULL))
        return json_null();
    json_t *finding = json_object();
    for (int i = 0; i < LOCALES; i++) {
        AUTO_BUF words;
        buf_init(&words, FINDING_BYTES_MOST);
        irregularity_words(request->config, kind, explained_string(event, "detail"), at,
                           (enum locale)i, &words);
        json_object_set_new(finding, locale_words[i], explained_text(buf_string(&words)));
    }
    return finding;
}

static json_t *event_of(const struct explanation_request *request, const json_t *told,
                        const json_t *event)
{
    static const char *const copied[] = {"id",      "sequence",         "clock", "kind", "repeat",
                                         "episode", "deadline_version", "points"};
    const char *kind = explained_string(event, "kind");
    bool is_level = explained_is_level(request->config, kind);
    json_t *result = json_object(), *level = json_object();
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        explained_copy(result, event, copied[i]);
    explain_level_name(level, request->config, explained_string(event, "policy"),
                       is_level ? kind : explained_string(event, "level"));
    json_object_set_new(result, "level", level);
    explained_copy_instant(request, result, event, "event_at");
    explained_copy_instant(request, result, event, "recorded_at");
    explained_copy_instant(request, result, event, "due_at");
    add_told(result, event);
    json_object_set_new(result, "detail", explained_text(explained_string(event, "detail")));
    json_object_set_new(result, "finding", finding_of(request, event));
    json_object_set_new(result, "taken_back", taken_back(request, event));
    json_object_set_new(
        result, "notifications",
        notifications_of(request, told, json_integer_value(json_object_get(event, "id"))));
    return result;
}

json_t *explain_events(const struct explanation_request *request)
{
    const json_t *told = json_object_get(request->state, "told"), *event;
    json_t *list = json_array();
    size_t index;
    json_array_foreach(json_object_get(request->state, "events"), index, event)
    {
        json_array_append_new(list, event_of(request, told, event));
    }
    return list;
}

json_t *explain_events_of(const json_t *events, const char *clock)
{
    json_t *list = json_array(), *event;
    size_t index;
    json_array_foreach(events, index, event)
    {
        if (strcmp(explained_string(event, "clock"), clock) == 0)
            json_array_append(list, event);
    }
    return list;
}
