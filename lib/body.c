/* The webhook's JSON body: a tree of jansson's, in the order in which docs/webhook.md tells it. */
#include "duban/body.h"

#include "duban/utf8.h"

#include <jansson.h>
#include <string.h>

/* Texts come from other people's databases: what isn't UTF-8 is mended, not refused. */
static json_t *text(const char *value)
{
    if (value == NULL || *value == '\0')
        return json_null();
    json_t *string = json_string(value);
    if (string)
        return string;
    AUTO_BUF valid;
    buf_init(&valid, 3 * strlen(value));
    utf8_add(&valid, value);
    return json_string(buf_string(&valid));
}

static json_t *instant(wall_us at)
{
    char written[INSTANT_TEXT_BYTES];
    return at == WALL_NONE ? json_null() : json_string(instant_text(at, written));
}

static json_t *code_and_name(const char *code, const char *name)
{
    json_t *object = json_object();
    json_object_set_new(object, "code", text(code));
    json_object_set_new(object, "name", text(name));
    return object;
}

static json_t *limit(bool known, struct limit limit)
{
    if (!known)
        return json_null();
    json_t *object = json_object();
    json_object_set_new(object, "value", json_integer(limit.value));
    json_object_set_new(object, "unit", json_string(limit_unit_word(limit.unit)));
    return object;
}

static json_t *applicant(const struct facts *facts)
{
    json_t *object = json_object();
    json_object_set_new(object, "name", text(facts->applicant_name));
    json_object_set_new(object, "phone", text(facts->applicant_phone));
    return object;
}

static json_t *case_object(const struct notice *notice, bool include_applicant)
{
    const struct facts *facts = notice->facts;
    json_t *object = json_object();
    json_object_set_new(object, "number", text(facts->case_no));
    json_object_set_new(object, "parent_number", text(facts->parent_case_no));
    json_object_set_new(object, "item", code_and_name(facts->item_code, facts->item_name));
    json_object_set_new(object, "window", code_and_name(facts->window_code, notice->window_name));
    json_object_set_new(object, "department",
                        code_and_name(facts->department_code, notice->department_name));
    json_object_set_new(object, "kind", text(facts->kind));
    json_object_set_new(object, "stage", text(facts->stage));
    json_object_set_new(object, "accepted_at", instant(facts->at[MILESTONE_ACCEPTED]));
    json_object_set_new(object, "completed_at", instant(facts->at[MILESTONE_COMPLETED]));
    json_object_set_new(object, "result", text(facts->result));
    json_object_set_new(object, "limit", limit(facts->has_limit, facts->limit));
    json_object_set_new(object, "statutory_limit", limit(facts->has_statutory, facts->statutory));
    if (include_applicant)
        json_object_set_new(object, "applicant", applicant(facts));
    return object;
}

/* `overdue` once the due instant has passed, `remaining` before; amounts are never negative. */
static void add_distance(json_t *data, const struct notice *notice)
{
    if (notice->due_at == WALL_NONE)
        return;
    bool over = notice_is_overdue(notice);
    int64_t sign = over ? -1 : 1;
    json_t *object = json_object();
    json_object_set_new(object, "workdays", json_integer(sign * notice->workdays_left));
    json_object_set_new(object, "seconds", json_integer(sign * (notice->open_left / US_PER_S)));
    json_object_set_new(data, over ? "overdue" : "remaining", object);
}

/* What only some events have: the level that was taken back, the part that holds a joint case up,
 * the words of a proposal. */
static void add_particulars(json_t *data, const struct notice *notice)
{
    if (notice->taken && *notice->taken) {
        json_object_set_new(data, "taken_level", text(notice->taken));
        json_object_set_new(data, "taken_level_label", text(notice->taken_label));
    }
    if (strcmp(notice->kind, "level_withdrawn") == 0)
        json_object_set_new(data, "detail", text(notice->detail));
    if (notice->part && *notice->part) {
        json_t *part = json_object();
        json_object_set_new(part, "number", text(notice->part));
        json_object_set_new(part, "department", text(notice->part_department));
        json_object_set_new(data, "part", part);
    }
    if (notice->proposal)
        json_object_set_new(data, "proposal", text(notice->proposal));
}

static void add_clock(json_t *data, const struct notice *notice)
{
    json_object_set_new(data, "level", text(notice->level));
    json_object_set_new(data, "level_label", text(notice->level_label));
    json_object_set_new(data, "clock", text(notice->clock));
    json_object_set_new(data, "clock_label", text(notice->clock_label));
    json_object_set_new(data, "due_at", instant(notice->due_at));
    add_distance(data, notice);
    json_object_set_new(data, "deadline_version", json_integer(notice->deadline_version));
    json_object_set_new(data, "sequence", json_integer(notice->sequence));
    if (notice->reminder > 0)
        json_object_set_new(data, "reminder", json_integer(notice->reminder));
    add_particulars(data, notice);
}

/* What was found of a case, in words and for programs. */
static void add_finding(json_t *data, const struct notice *notice)
{
    json_t *finding = notice->finding ? json_loads(notice->finding, 0, NULL) : NULL;
    if (finding == NULL)
        return;
    json_object_set_new(data, "detail", text(notice->detail));
    json_object_set_new(data, "finding", finding);
}

static json_t *counts(const struct notice *notice)
{
    json_t *list = json_array();
    for (size_t i = 0; i < notice->count; i++) {
        json_t *object = json_object();
        json_object_set_new(object, "level", text(notice->counts[i].level));
        json_object_set_new(object, "level_label", text(notice->counts[i].label));
        json_object_set_new(object, "clocks", json_integer(notice->counts[i].clocks));
        json_array_append_new(list, object);
    }
    return list;
}

static void add_general(json_t *data, const struct notice *notice)
{
    json_object_set_new(data, "detail", text(notice->detail));
    json_object_set_new(data, "counts", counts(notice));
}

static json_t *data_object(const struct notice *notice, bool include_applicant)
{
    json_t *data = json_object();
    json_object_set_new(data, "centre", text(notice->centre));
    if (notice->facts) {
        add_clock(data, notice);
        json_object_set_new(data, "case", case_object(notice, include_applicant));
    } else {
        add_general(data, notice);
    }
    add_finding(data, notice);
    json_t *recipient = code_and_name(notice->recipient, notice->recipient_name);
    json_object_set_new(recipient, "role", text(notice->role));
    json_object_set_new(data, "recipient", recipient);
    return data;
}

static int append(const char *bytes, size_t length, void *out)
{
    return buf_add(out, bytes, length) ? 0 : -1;
}

static json_t *type(const struct notice *notice)
{
    AUTO_BUF type;
    buf_init(&type, 256);
    buf_format(&type, "duban.%s%s", notice->facts ? "case." : "", notice->kind);
    return text(buf_string(&type));
}

static void render(json_t *body, struct buf *out)
{
    json_dump_callback(body, append, out, JSON_COMPACT);
    json_decref(body);
}

void body_render(const struct notice *notice, const char *id, bool include_applicant,
                 struct buf *out)
{
    json_t *body = json_object();
    json_object_set_new(body, "id", text(id));
    json_object_set_new(body, "type", type(notice));
    json_object_set_new(body, "time", instant(notice->event_at));
    json_object_set_new(body, "data", data_object(notice, include_applicant));
    render(body, out);
}

/* The case is the event's subject. */
void body_render_cloudevent(const struct notice *notice, const char *id, const char *source,
                            bool include_applicant, struct buf *out)
{
    json_t *body = json_object();
    json_object_set_new(body, "specversion", json_string("1.0"));
    json_object_set_new(body, "id", text(id));
    json_object_set_new(body, "source", text(source));
    json_object_set_new(body, "type", type(notice));
    json_object_set_new(body, "time", instant(notice->event_at));
    if (notice->facts)
        json_object_set_new(body, "subject", text(notice->facts->case_no));
    json_object_set_new(body, "datacontenttype", json_string("application/json"));
    json_object_set_new(body, "data", data_object(notice, include_applicant));
    render(body, out);
}
