/* The account of a clock: every day from its start to due, whether it counted, and what happened on
 * it. */
#include "explanation_parts.h"

#include "duban/mem.h"

#include <string.h>

/* --- building it --- */

static bool is_in_days(const struct explained_clock *one)
{
    enum limit_unit unit = one->clock.limit.base.unit;
    return unit == LIMIT_WORKDAY || unit == LIMIT_DAY;
}

/* The suspensions that count, the one that lasts as far as it has come: due is told as if it ended
 * now. None reaches beyond the clock's own end. */
static void close_suspensions(const struct explained_clock *one, struct suspension *list)
{
    wall_us stopped_at = one->clock.stopped_at, now = one->request->now;
    for (size_t i = 0; i < one->account.counted_count; i++) {
        list[i] = one->account.counted[i];
        if (list[i].to == WALL_NONE)
            list[i].to = now > list[i].from ? now : list[i].from;
        if (stopped_at != WALL_NONE && list[i].to > stopped_at)
            list[i].to = stopped_at > list[i].from ? stopped_at : list[i].from;
    }
}

bool explained_ledger_build(struct explained_clock *one, struct error *error)
{
    struct suspension list[SUSPENSIONS_MOST];
    bool days = is_in_days(one);
    one->by_open_time = !days || one->clock.rule.suspension_mode == SUSPENSION_OPEN_TIME;
    close_suspensions(one, list);
    const struct ledger_span span = {
        .from = one->clock.started_at,
        .to = one->clock.state.due_at,
        .roll_forward = one->clock.rule.start_mode == START_ROLL_FORWARD,
        .suspensions = list,
        .suspension_count = one->account.counted_count,
        .unit = one->clock.limit.base.unit,
        .by_open_time = one->by_open_time,
        .has_most = days,
        .most = one->clock.limit.whole.value,
    };
    return ledger_build(one->clock.rule.calendar, &span, &one->ledger, error);
}

/* --- what happened on a day --- */

static json_t *note(const struct explained_clock *one, json_t *notes, const char *word, wall_us at)
{
    json_t *made = json_pack("{s:s, s:o}", "note", word, "at", explained_instant(one->request, at));
    json_array_append_new(notes, made);
    return made;
}

static bool is_on(const struct ledger_row *row, wall_us at)
{
    return at != WALL_NONE && at >= row->day.begins && at < row->day.ends;
}

static void note_suspensions(const struct explained_clock *one, const struct ledger_row *row,
                             json_t *notes)
{
    for (size_t i = 0; i < one->account.counted_count; i++) {
        const struct suspension *suspension = &one->account.counted[i];
        const struct config_suspension *meaning =
            config_suspension(one->config->suspensions, suspension->reason);
        const char *label = meaning ? meaning->label : suspension->reason;
        if (is_on(row, suspension->from))
            json_object_set_new(note(one, notes, "suspended", suspension->from), "label",
                                json_string(label));
        if (is_on(row, suspension->to))
            json_object_set_new(note(one, notes, "resumed", suspension->to), "label",
                                json_string(label));
    }
}

static void note_levels(const struct explained_clock *one, const struct ledger_row *row,
                        json_t *notes)
{
    const struct config_policy *policy = one->clock.terms->policy;
    wall_us stopped_at = one->clock.stopped_at;
    for (size_t i = 0; i < policy->policy.count; i++) {
        wall_us reached = one->clock.state.reached_at[i];
        if (!is_on(row, reached) || (stopped_at != WALL_NONE && reached >= stopped_at))
            continue;
        json_t *level = note(one, notes, "level", reached);
        explain_level_name(level, one->request->config, policy->policy.name,
                           policy->policy.levels[i].name);
        json_object_set_new(level, "to_come", json_boolean(reached > one->request->now));
    }
}

/* The first day that an extension has added. */
static void note_extensions(const struct explained_clock *one, const struct ledger_row *row,
                            json_t *notes)
{
    int32_t before = one->clock.limit.base.value;
    for (size_t i = 0; i < one->facts->extension_count && is_in_days(one); i++) {
        int32_t granted = one->clock.limit.granted[i];
        if (granted > 0 && row->number == before + 1)
            json_object_set_new(note(one, notes, "extension", WALL_NONE), "number",
                                json_integer((json_int_t)i + 1));
        before += granted;
    }
}

/* In the order of the day; what has no time of its own comes first. */
static json_t *by_time(json_t *notes)
{
    json_t *sorted = json_array(), *one;
    size_t index;
    json_array_foreach(notes, index, one)
    {
        size_t place = json_array_size(sorted);
        while (place > 0 && strcmp(explained_string(json_array_get(sorted, place - 1), "at"),
                                   explained_string(one, "at")) > 0)
            place--;
        json_array_insert(sorted, place, one);
    }
    json_decref(notes);
    return sorted;
}

static json_t *notes_of(const struct explained_clock *one, const struct ledger_row *row)
{
    const struct case_clock *clock = &one->clock;
    json_t *notes = json_array();
    if (is_on(row, clock->started_at))
        note(one, notes, "start", clock->started_at);
    note_extensions(one, row, notes);
    note_suspensions(one, row, notes);
    if (clock->state.due_at > row->day.begins && clock->state.due_at <= row->day.ends)
        note(one, notes, "due", clock->state.due_at);
    note_levels(one, row, notes);
    if (clock->stopped_at == WALL_NONE && is_on(row, one->request->now))
        note(one, notes, "today", one->request->now);
    if (is_on(row, clock->stopped_at))
        json_object_set_new(note(one, notes, "ended", clock->stopped_at), "ending",
                            json_string(clock->ending));
    return by_time(notes);
}

/* --- as a document --- */

static const char *kind_word(enum day_kind kind)
{
    static const char *const words[] = {[DAY_REGULAR] = "regular",
                                        [DAY_HOLIDAY] = "holiday",
                                        [DAY_MAKEUP] = "makeup",
                                        [DAY_SPECIAL] = "special"};
    return words[kind];
}

static json_t *day_of(const struct explained_clock *one, const struct ledger_row *row, span_us used)
{
    json_t *day = json_pack("{s:o, s:i, s:s, s:s, s:b, s:o}", "date", explained_day(row->day.day),
                            "weekday", weekday_of(row->day.day), "mark",
                            ledger_mark_word(row->mark), "kind", kind_word(row->day.kind),
                            "working", row->day.working, "name", explained_word(row->day.name));
    json_object_set_new(day, "number", json_integer(row->number));
    json_object_set_new(day, "counted_seconds", json_integer(row->open / US_PER_S));
    json_object_set_new(day, "suspended_seconds", json_integer(row->suspended / US_PER_S));
    json_object_set_new(day, "used_seconds", json_integer(used / US_PER_S));
    json_object_set_new(day, "notes", notes_of(one, row));
    return day;
}

json_t *explain_ledger(const struct explained_clock *one)
{
    json_t *days = json_array();
    span_us used = 0;
    for (size_t i = 0; i < one->ledger.count; i++) {
        used += one->ledger.rows[i].open;
        json_array_append_new(days, day_of(one, &one->ledger.rows[i], used));
    }
    return json_pack(
        "{s:s, s:i, s:i, s:i, s:o}", "unit", limit_unit_word(one->clock.limit.base.unit), "of",
        (int)one->clock.limit.whole.value, "counted_days", (int)one->ledger.counted_days,
        "suspended_days", (int)one->ledger.suspended_days, "days", days);
}
