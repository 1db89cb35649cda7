/* One clock in words: where it stands, its rule, its limit and where the law says so. */
#include "explanation_tell.h"

#include <string.h>

/* --- where it stands --- */

static const char *call_clock(const struct teller *teller, const json_t *clock)
{
    return explained_string(clock, teller->locale == LOCALE_EN ? "clock" : "label");
}

static void add_level(struct buf *out, const struct teller *teller, const json_t *clock)
{
    const json_t *level = json_object_get(clock, "level");
    if (!json_is_object(level))
        return;
    buf_format(out, say(teller, "，%s", ", %s"), explained_call_level(level, teller->locale));
    if (json_is_object(json_object_get(level, "taken_back")))
        buf_text(out, say(teller, "（已摘牌）", " (taken back)"));
}

/* A clock that duban has begun, and the rules don't know any more. */
static void add_why_stored(struct buf *out, const struct teller *teller, const json_t *clock)
{
    if (!json_is_true(json_object_get(clock, "configured")))
        buf_text(out, say(teller, "；配置中已没有此计时", "; it is no longer configured"));
    else if (json_is_false(json_object_get(clock, "applies")))
        buf_text(out, say(teller, "；按现行规则此件没有此计时",
                          "; by the present rules the case has no such clock"));
}

static void tell_state(const struct teller *teller, const json_t *clock)
{
    const char *state = explained_string(clock, "state");
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    buf_text(&text, explained_call("state", state, teller->locale));
    if (*explained_string(clock, "ending")) {
        buf_format(&text, say(teller, "：%s ", ": %s "),
                   locale_event(explained_string(clock, "ending"), teller->locale));
        explained_add_when(&text, explained_string(clock, "stopped_at"), teller->locale);
    }
    add_level(&text, teller, clock);
    add_why_stored(&text, teller, clock);
    if (*explained_string(clock, "problem"))
        buf_format(&text, say(teller, "：%s", ": %s"), explained_string(clock, "problem"));
    tell_field(teller, say(teller, "状态", "state"), &text);
}

static bool is_in_hours(const json_t *clock)
{
    const json_t *limit = json_object_get(clock, "limit");
    const char *unit = explained_string(json_object_get(limit, "base"), "unit");
    return strcmp(unit, "workhour") == 0 || strcmp(unit, "hour") == 0;
}

static void add_last_day(struct buf *out, const struct teller *teller, bool stopped, bool late)
{
    if (stopped)
        buf_text(out, late ? say(teller, "当日超时", "later on that very day")
                           : say(teller, "到期当日结束", "it ended on that very day"));
    else
        buf_text(out, late ? say(teller, "今日已过时", "which has passed today")
                           : say(teller, "今日到期", "that is today"));
}

/* How far it is to due, or was when it ended; in the measure of the limit. */
static void add_left(struct buf *out, const struct teller *teller, const json_t *clock)
{
    long long days = json_integer_value(json_object_get(clock, "workdays_left"));
    long long seconds = json_integer_value(json_object_get(clock, "seconds_left"));
    bool stopped = strcmp(explained_string(clock, "state"), "stopped") == 0;
    bool late = seconds < 0 || days < 0;
    if (days == 0 && !is_in_hours(clock)) {
        add_last_day(out, teller, stopped, late);
        return;
    }
    buf_text(out, late      ? say(teller, "已超期", "")
                  : stopped ? say(teller, "提前", "")
                            : say(teller, "还有", ""));
    if (is_in_hours(clock))
        explained_add_span(out, late ? -seconds : seconds, teller->locale);
    else
        locale_limit(out, (struct limit){(int32_t)(late ? -days : days), LIMIT_WORKDAY},
                     teller->locale);
    buf_text(out, late      ? say(teller, "", " past it")
                  : stopped ? say(teller, "", " before it")
                            : say(teller, "", " are left"));
}

static void tell_due(const struct teller *teller, const json_t *clock)
{
    const char *state = explained_string(clock, "state"), *due = explained_string(clock, "due_at");
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    if (*due == '\0')
        return;
    explained_add_end(&text, due, teller->locale);
    if (strcmp(state, "suspended") == 0 && json_is_true(json_object_get(clock, "by_rules"))) {
        buf_text(&text, say(teller, "（停表中：假如此刻恢复）", " (if it went on now)"));
    } else if (json_is_true(json_object_get(clock, "by_rules"))) {
        buf_text(&text, say(teller, "，", ", "));
        add_left(&text, teller, clock);
    }
    tell_field(teller, say(teller, "到期", "due"), &text);
}

/* --- where it begins and ends --- */

static void add_point(struct buf *out, const struct teller *teller, const json_t *point)
{
    const char *word = explained_string(point, "point"), *label = explained_string(point, "label");
    if (strcmp(word, "suspended") == 0)
        buf_format(out, say(teller, "停表（%s）开始", "the suspension (%s) begins"), label);
    else if (strcmp(word, "resumed") == 0)
        buf_format(out, say(teller, "停表（%s）结束", "the suspension (%s) ends"), label);
    else if (strcmp(word, "level") == 0)
        buf_format(out, say(teller, "计时“%s”达到%s", "the clock '%s' reaches %s"),
                   explained_string(point, teller->locale == LOCALE_EN ? "clock" : "clock_label"),
                   explained_call_level(json_object_get(point, "level"), teller->locale));
    else
        buf_text(out,
                 explained_call("milestone", explained_string(point, "milestone"), teller->locale));
}

/* "受理 2026-05-06（周三）10:00", and how it came to another start than that. */
static void add_beginning(struct buf *out, const struct teller *teller, const json_t *rule)
{
    const json_t *began = json_object_get(rule, "began");
    const char *how = explained_string(began, "how");
    if (*explained_string(began, "point_at")) {
        buf_char(out, ' ');
        explained_add_when(out, explained_string(began, "point_at"), teller->locale);
    }
    if (strcmp(how, "point") == 0)
        return;
    if (strcmp(how, "deemed") == 0) {
        buf_text(out, say(teller, "；收件后逾", "; neither that nor a request for more within "));
        explained_add_limit(out, json_object_get(rule, "deemed_after"), teller->locale);
        buf_text(out, say(teller, "未受理也未告知补正，视为收件时受理，起算 ",
                          " of the reception, so it counts from there: "));
    } else if (strcmp(how, "reopened") == 0) {
        buf_text(out, say(teller, "；办件重新办理，起算 ", "; the case was reopened: "));
    } else {
        buf_text(out, say(teller, "；停表结束后重新起算 ", "; anew after a suspension: "));
    }
    explained_add_when(out, explained_string(began, "at"), teller->locale);
}

static void tell_points(const struct teller *teller, const json_t *rule)
{
    const json_t *point, *until = json_object_get(rule, "until");
    size_t index;
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    add_point(&text, teller, json_object_get(rule, "from"));
    if (json_is_object(json_object_get(rule, "began")))
        add_beginning(&text, teller, rule);
    tell_field(teller, say(teller, "起算", "from"), &text);
    buf_clear(&text);
    json_array_foreach(until, index, point)
    {
        if (index)
            buf_text(&text, say(teller, "，或", ", or "));
        add_point(&text, teller, point);
    }
    tell_field(teller, say(teller, "终止", "until"), &text);
}

/* --- which rule --- */

static void add_law(struct buf *out, const struct teller *teller, const char *law)
{
    if (*law == '\0')
        return;
    buf_text(out, say(teller, "（", " ("));
    explained_add_law(out, law, teller->locale);
    buf_text(out, say(teller, "）", ")"));
}

static void tell_terms(const struct teller *teller, const json_t *rule)
{
    const json_t *choice = json_object_get(rule, "choice");
    const json_t *because = json_object_get(rule, "because");
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    if (json_array_size(because) > 0) {
        add_reasons(&text, teller, because);
        tell_field(teller, say(teller, "适用于", "applies if"), &text);
        buf_clear(&text);
    }
    if (!json_is_object(choice))
        return;
    buf_format(&text, say(teller, "第%lld项：", "no. %lld: "),
               (long long)json_integer_value(json_object_get(choice, "number")));
    if (json_array_size(json_object_get(choice, "because")) == 0)
        buf_text(&text, say(teller, "适用于所有办件", "for every case"));
    add_reasons(&text, teller, json_object_get(choice, "because"));
    tell_field(teller, say(teller, "适用条款", "terms"), &text);
}

static void tell_version(const struct teller *teller, const json_t *rule)
{
    const json_t *calendar = json_object_get(rule, "calendar");
    const json_t *policy = json_object_get(rule, "policy");
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    buf_format(&text, say(teller, "%s，版本 %s，至 %s", "%s, version %s, known until %s"),
               explained_string(calendar, "name"), explained_string(calendar, "version"),
               explained_string(calendar, "last_day"));
    tell_field(teller, say(teller, "工作日历", "calendar"), &text);
    buf_clear(&text);
    buf_text(&text, explained_string(policy, "name"));
    add_law(&text, teller, explained_string(policy, "law"));
    buf_format(&text, say(teller, "，规则版本 %s", ", version of the rules %s"),
               explained_string(rule, "version"));
    tell_field(teller, say(teller, "预警规则", "policy"), &text);
}

static void tell_conventions(const struct teller *teller, const json_t *rule)
{
    const json_t *convention;
    size_t index;
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    json_array_foreach(json_object_get(rule, "conventions"), index, convention)
    {
        buf_text(&text, explained_call("convention", explained_string(convention, "rule"),
                                       teller->locale));
        add_law(&text, teller, explained_string(convention, "law"));
        tell_field(teller, index ? "" : say(teller, "计算方法", "counting"), &text);
        buf_clear(&text);
    }
}

/* --- the limit --- */

/* True when it is told: what is for another clock is not. */
static bool tell_extension(const struct teller *teller, const json_t *extension, size_t number,
                           bool is_first)
{
    const char *verdict = explained_string(extension, "verdict");
    long long granted = json_integer_value(json_object_get(extension, "granted"));
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    if (strcmp(verdict, "elsewhere") == 0)
        return false;
    buf_format(&text, say(teller, "第%zu次：", "no. %zu: "), number);
    explained_add_limit(&text, extension, teller->locale);
    if (*explained_string(extension, "at")) {
        buf_text(&text, say(teller, "，", ", "));
        explained_add_when(&text, explained_string(extension, "at"), teller->locale);
    }
    if (*explained_string(extension, "approver"))
        buf_format(&text, say(teller, "，批准人 %s", ", approved by %s"),
                   explained_string(extension, "approver"));
    if (*explained_string(extension, "reason"))
        buf_format(&text, say(teller, "，理由：%s", ", reason: %s"),
                   explained_string(extension, "reason"));
    buf_text(&text, say(teller, "；", "; "));
    if (strcmp(verdict, "too_long") == 0)
        buf_format(
            &text,
            say(teller, "超过允许的延期，计入%lld", "more than is allowed: %lld of it count"),
            granted);
    else
        buf_text(&text, explained_call("verdict", verdict, teller->locale));
    tell_field(teller, is_first ? say(teller, "延期", "extension") : "", &text);
    return true;
}

static void tell_limit(const struct teller *teller, const json_t *limit)
{
    const json_t *base = json_object_get(limit, "base"), *whole = json_object_get(limit, "whole");
    const json_t *extension;
    bool is_first = true;
    size_t index;
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    if (!json_is_object(limit))
        return;
    buf_format(&text, "%s ",
               explained_call("source", explained_string(limit, "source"), teller->locale));
    explained_add_limit(&text, base, teller->locale);
    if (!json_equal(base, whole)) {
        buf_text(&text, say(teller, "，延期后共", ", with extensions "));
        explained_add_limit(&text, whole, teller->locale);
    }
    add_law(&text, teller, explained_string(limit, "law"));
    tell_field(teller, say(teller, "时限", "limit"), &text);
    json_array_foreach(json_object_get(limit, "extensions"), index, extension)
    {
        is_first &= !tell_extension(teller, extension, index + 1, is_first);
    }
}

/* --- what duban has stored --- */

static void tell_differences(const struct teller *teller, const json_t *clock)
{
    const json_t *word, *differs = json_object_get(clock, "differs");
    const json_t *stored = json_object_get(clock, "stored");
    size_t index;
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    if (json_array_size(differs) == 0)
        return;
    buf_text(&text, say(teller, "与计算不同：", "not as computed: "));
    json_array_foreach(differs, index, word)
    {
        buf_format(&text, "%s%s", index ? say(teller, "、", ", ") : "",
                   explained_call("differs", json_string_value(word), teller->locale));
    }
    buf_text(&text, say(teller, "；所存到期 ", "; the due time that is stored is "));
    explained_add_end(&text, explained_string(stored, "due_at"), teller->locale);
    buf_text(&text,
             say(teller, "（事实或规则刚变，待重新计算）", " (facts or rules have just changed)"));
    tell_field(teller, say(teller, "duban 所存", "stored"), &text);
}

static void tell_reminder(const struct teller *teller, const json_t *clock)
{
    const json_t *reminder = json_object_get(clock, "reminder");
    AUTO_BUF text;
    buf_init(&text, CELL_BYTES_MOST);
    if (!json_is_object(reminder))
        return;
    buf_format(&text, say(teller, "已催办%lld次，下次 ", "%lld sent, the next one "),
               (long long)json_integer_value(json_object_get(reminder, "sent")));
    explained_add_when(&text, explained_string(reminder, "next_at"), teller->locale);
    tell_field(teller, say(teller, "催办", "reminders"), &text);
}

/* --- all of it --- */

static void tell_rule(const struct teller *teller, const json_t *clock)
{
    const json_t *rule = json_object_get(clock, "rule");
    if (!json_is_object(rule))
        return;
    tell_points(teller, rule);
    tell_terms(teller, rule);
    tell_limit(teller, json_object_get(clock, "limit"));
    tell_conventions(teller, rule);
    if (json_is_object(json_object_get(rule, "began")))
        tell_version(teller, rule);
}

void tell_clock(const struct teller *teller, const json_t *clock)
{
    AUTO_BUF heading;
    buf_init(&heading, CELL_BYTES_MOST);
    buf_format(&heading, say(teller, "计时：%s", "clock: %s"), call_clock(teller, clock));
    add_level(&heading, teller, clock);
    teller->writer->section(teller->context, "clock", buf_string(&heading));
    tell_state(teller, clock);
    tell_due(teller, clock);
    tell_rule(teller, clock);
    tell_differences(teller, clock);
    tell_reminder(teller, clock);
    tell_suspensions(teller, clock);
    tell_ledger(teller, clock);
    tell_levels(teller, clock);
    tell_events(teller, json_object_get(clock, "events"));
}
