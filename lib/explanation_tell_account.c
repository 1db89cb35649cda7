/* The account of a clock in tables: its suspensions, its days, its levels. */
#include "explanation_tell.h"

#include <stdio.h>
#include <string.h>

/* --- suspensions --- */

static void add_given(struct buf *out, const struct teller *teller, const json_t *given)
{
    if (!json_is_object(given))
        return;
    if (json_object_get(given, "unit") &&
        json_integer_value(json_object_get(given, "value")) == 0) {
        buf_text(out, say(teller, "，未涉及应计的日子", ", which touches no day that counts"));
        return;
    }
    buf_text(out, say(teller, "，不计 ", ", gives back "));
    if (json_object_get(given, "unit"))
        explained_add_limit(out, given, teller->locale);
    else
        explained_add_span(out, json_integer_value(json_object_get(given, "seconds")),
                           teller->locale);
}

static void add_longest(struct buf *out, const struct teller *teller, const json_t *suspension)
{
    const json_t *longest = json_object_get(suspension, "longest");
    if (!json_is_object(longest))
        return;
    buf_text(out, json_is_true(json_object_get(suspension, "too_long"))
                      ? say(teller, "；超过允许的最长期限 ", "; longer than allowed, ")
                      : say(teller, "；最长 ", "; at most "));
    explained_add_limit(out, longest, teller->locale);
}

static void add_effect(struct buf *out, const struct teller *teller, const json_t *suspension)
{
    const char *effect = explained_string(suspension, "effect");
    buf_text(out, explained_call("effect", effect, teller->locale));
    if (strcmp(effect, "shortened") == 0) {
        buf_text(out, say(teller, "（", " ("));
        explained_add_end(out, explained_string(suspension, "counted_to"), teller->locale);
        buf_text(out, say(teller, "）", ")"));
    }
    add_given(out, teller, json_object_get(suspension, "given_back"));
    add_longest(out, teller, suspension);
}

void tell_suspensions(const struct teller *teller, const json_t *clock)
{
    static const char *const columns[][LOCALES] = {{"原因", "reason"},
                                                   {"自", "from"},
                                                   {"至", "until"},
                                                   {"对本计时", "for this clock"},
                                                   {"依据", "law"}};
    const json_t *suspension, *list = json_object_get(clock, "suspensions");
    size_t index;
    AUTO_CELLS cells;
    cells_init(&cells);
    if (json_array_size(list) == 0)
        return;
    tell_table(teller, "suspensions", say(teller, "停表", "suspensions"), 5, columns);
    json_array_foreach(list, index, suspension)
    {
        buf_text(&cells.items[0], explained_string(suspension, "label"));
        explained_add_when(&cells.items[1], explained_string(suspension, "from"), teller->locale);
        if (*explained_string(suspension, "to"))
            explained_add_when(&cells.items[2], explained_string(suspension, "to"), teller->locale);
        else
            buf_text(&cells.items[2], say(teller, "尚未结束", "it lasts"));
        add_effect(&cells.items[3], teller, suspension);
        explained_add_law(&cells.items[4], explained_string(suspension, "law"), teller->locale);
        cells_tell(&cells, teller, explained_string(suspension, "effect"));
    }
    teller->writer->end_table(teller->context);
}

/* --- days --- */

static bool counts_days(const json_t *ledger)
{
    const char *unit = explained_string(ledger, "unit");
    return strcmp(unit, "workday") == 0 || strcmp(unit, "day") == 0;
}

/* "3/5" of days; of hours what has been used up by the end of the day. */
static void add_number(struct buf *out, const struct teller *teller, const json_t *ledger,
                       const json_t *day)
{
    long long number = json_integer_value(json_object_get(day, "number"));
    long long of = json_integer_value(json_object_get(ledger, "of"));
    if (!counts_days(ledger))
        explained_add_span(out, json_integer_value(json_object_get(day, "used_seconds")),
                           teller->locale);
    else if (number > 0)
        buf_format(out, "%lld/%lld", number, of);
    else
        buf_text(out, "–");
}

/* What kind of day it is, and whether it counted. */
static void add_mark(struct buf *out, const struct teller *teller, const json_t *day)
{
    const char *mark = explained_string(day, "mark"), *kind = explained_string(day, "kind");
    const char *name = explained_string(day, "name");
    bool working = json_is_true(json_object_get(day, "working"));
    if (strcmp(mark, "rest") == 0 || strcmp(mark, "holiday") == 0) {
        buf_text(out, explained_call("mark", mark, teller->locale));
    } else {
        const char *word = working ? explained_call("kind", kind, teller->locale)
                           : strcmp(kind, "holiday") == 0
                               ? explained_call("kind", kind, teller->locale)
                               : say(teller, "休息日", "rest day");
        buf_format(out, say(teller, "%s，%s", "%s, %s"), word,
                   explained_call("mark", mark, teller->locale));
    }
    if (*name)
        buf_format(out, say(teller, "（%s）", " (%s)"), name);
    long long still = json_integer_value(json_object_get(day, "suspended_seconds"));
    if (still > 0 && strcmp(mark, "suspended") != 0) {
        buf_text(out, say(teller, "，停表 ", ", suspended "));
        explained_add_span(out, still, teller->locale);
    }
}

static void add_note(struct buf *out, const struct teller *teller, const json_t *note)
{
    const char *word = explained_string(note, "note"), *at = explained_string(note, "at");
    const char *label = explained_string(note, "label");
    if (strlen(at) > 18 && strcmp(word, "today") != 0)
        buf_format(out, "%.5s ",
                   strcmp(word, "due") == 0 && strncmp(at + 11, "00:00:00", 8) == 0 ? "24:00"
                                                                                    : at + 11);
    if (strcmp(word, "start") == 0)
        buf_text(out, say(teller, "起算", "start"));
    else if (strcmp(word, "extension") == 0)
        buf_format(out, say(teller, "第%lld次延期开始", "extension %lld begins"),
                   (long long)json_integer_value(json_object_get(note, "number")));
    else if (strcmp(word, "suspended") == 0)
        buf_format(out, say(teller, "停表（%s）", "suspended (%s)"), label);
    else if (strcmp(word, "resumed") == 0)
        buf_format(out, say(teller, "恢复（%s）", "resumed (%s)"), label);
    else if (strcmp(word, "level") == 0)
        buf_format(out,
                   json_is_true(json_object_get(note, "to_come"))
                       ? say(teller, "将达%s", "%s to come")
                       : "%s",
                   explained_call_level(note, teller->locale));
    else if (strcmp(word, "today") == 0)
        buf_text(out, say(teller, "今日", "today"));
    else if (strcmp(word, "ended") == 0)
        buf_text(out, locale_event(explained_string(note, "ending"), teller->locale));
    else
        buf_text(out, say(teller, "到期", "due"));
}

/* The notes of a day; `class` gets what styles may show: today, due. */
static void add_notes(struct buf *out, const struct teller *teller, const json_t *day,
                      struct buf *class)
{
    const json_t *note;
    size_t index;
    json_array_foreach(json_object_get(day, "notes"), index, note)
    {
        const char *word = explained_string(note, "note");
        if (index)
            buf_text(out, say(teller, "，", ", "));
        add_note(out, teller, note);
        if (strcmp(word, "today") == 0 || strcmp(word, "due") == 0)
            buf_format(class, " %s", word);
    }
}

static void tell_day(const struct teller *teller, const json_t *ledger, const json_t *day,
                     struct cells *cells)
{
    AUTO_BUF class;
    buf_init(&class, 256);
    buf_text(&class, explained_string(day, "mark"));
    explained_add_date(&cells->items[0], explained_string(day, "date"), teller->locale);
    add_number(&cells->items[1], teller, ledger, day);
    add_mark(&cells->items[2], teller, day);
    add_notes(&cells->items[3], teller, day, &class);
    cells_tell(cells, teller, buf_string(&class));
}

void tell_ledger(const struct teller *teller, const json_t *clock)
{
    static const char *const columns[][LOCALES] = {
        {"日期", "day"}, {"计数", "count"}, {"说明", "why"}, {"当日", "on this day"}};
    const json_t *day, *ledger = json_object_get(clock, "ledger");
    size_t index;
    AUTO_CELLS cells;
    cells_init(&cells);
    if (!json_is_object(ledger))
        return;
    tell_table(teller, "ledger", say(teller, "逐日计算", "day by day"), 4, columns);
    json_array_foreach(json_object_get(ledger, "days"), index, day)
    {
        tell_day(teller, ledger, day, &cells);
    }
    teller->writer->end_table(teller->context);
}

/* --- levels --- */

static void add_amount(struct buf *out, const struct teller *teller, const json_t *threshold,
                       long long amount)
{
    bool days = strcmp(explained_string(threshold, "unit"), "workday") == 0;
    const struct limit limit = {(int32_t)(amount < 0 ? -amount : amount),
                                days ? LIMIT_WORKDAY : LIMIT_WORKHOUR};
    locale_limit(out, limit, teller->locale);
}

/* "到期前3个工作日（当日上班时）". */
static void add_threshold(struct buf *out, const struct teller *teller, const json_t *threshold)
{
    const char *unit = explained_string(threshold, "unit");
    long long amount = json_integer_value(json_object_get(threshold, "amount"));
    if (strcmp(unit, "start") == 0) {
        buf_text(out, say(teller, "起算时", "at the start"));
        return;
    }
    if (strcmp(unit, "share") == 0) {
        buf_format(out, say(teller, "用去时限的%lld%%", "%lld%% of the limit is used up"), amount);
    } else if (amount == 0) {
        buf_text(out, say(teller, "到期", "when it is due"));
    } else {
        bool before = amount < 0;
        buf_text(out, before ? say(teller, "到期前", "") : say(teller, "到期后", ""));
        add_amount(out, teller, threshold, amount);
        buf_text(out, before ? say(teller, "", " before due") : say(teller, "", " after due"));
    }
    if (strcmp(explained_string(threshold, "at"), "opening") == 0)
        buf_text(out, say(teller, "，当日上班时", ", when that day opens"));
}

/* The last event by which the level was raised. */
static const json_t *raised_by(const json_t *clock, const json_t *level)
{
    const json_t *event, *events = json_object_get(clock, "events"), *found = NULL;
    size_t index;
    json_array_foreach(events, index, event)
    {
        if (strcmp(explained_string(event, "kind"), explained_string(level, "level")) == 0)
            found = event;
    }
    return found;
}

/* What is recorded of a level that has yet to come is of an earlier deadline. */
static void add_record(struct buf *out, const struct teller *teller, const json_t *level,
                       const json_t *event)
{
    const char *state = explained_string(level, "state");
    bool earlier = strcmp(state, "to_come") == 0 || strcmp(state, "open") == 0;
    buf_text(out, earlier ? say(teller, "；曾记录于 ", "; earlier recorded ")
                          : say(teller, "；记录于 ", "; recorded "));
    explained_add_when(out, explained_string(event, "recorded_at"), teller->locale);
    if (earlier && *explained_string(event, "due_at")) {
        buf_text(out, say(teller, "（当时到期 ", " (due then: "));
        explained_add_end(out, explained_string(event, "due_at"), teller->locale);
        buf_text(out, say(teller, "）", ")"));
    }
    buf_text(out, say(teller, "，", ", "));
    add_told(out, teller, event);
}

static void add_standing(struct buf *out, const struct teller *teller, const json_t *clock,
                         const json_t *level)
{
    const json_t *event = raised_by(clock, level);
    buf_text(out, explained_call("level_state", explained_string(level, "state"), teller->locale));
    if (json_is_true(json_object_get(level, "from_start")))
        buf_text(out, say(teller, "；时限不长于预警时间，起算即达到",
                          "; the limit is no longer than the warning, so it holds from the start"));
    if (event)
        add_record(out, teller, level, event);
    if (json_array_size(json_object_get(level, "events")) > 1)
        buf_format(out, say(teller, "；共记录%zu次", "; recorded %zu times"),
                   json_array_size(json_object_get(level, "events")));
    if (json_is_true(json_object_get(level, "proposes")))
        buf_text(out, say(teller, "；届时建议超时默许", "; then tacit approval is proposed"));
}

void tell_levels(const struct teller *teller, const json_t *clock)
{
    static const char *const columns[][LOCALES] = {
        {"级别", "level"}, {"规则", "rule"}, {"时间", "when"}, {"情况", "what became of it"}};
    const json_t *level, *levels = json_object_get(clock, "levels");
    size_t index;
    AUTO_CELLS cells;
    cells_init(&cells);
    if (json_array_size(levels) == 0)
        return;
    tell_table(teller, "levels", say(teller, "预警级别", "levels"), 4, columns);
    json_array_foreach(levels, index, level)
    {
        char class[80];
        const char *colour = explained_string(level, "colour");
        snprintf(class, sizeof class, "%s colour-%s", explained_string(level, "state"),
                 *colour == '#' ? "own" : colour);
        buf_text(&cells.items[0], explained_call_level(level, teller->locale));
        add_threshold(&cells.items[1], teller, json_object_get(level, "threshold"));
        explained_add_end(&cells.items[2], explained_string(level, "reached_at"), teller->locale);
        add_standing(&cells.items[3], teller, clock, level);
        cells_tell(&cells, teller, class);
    }
    teller->writer->end_table(teller->context);
}
