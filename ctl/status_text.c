/* `dubanctl status` in words: a section each for the daemons, intake, clocks, what is set aside,
 * the queue, whom nothing reaches, events, calendars. */
#include "status_text.h"

#include "columns.h"

#include "duban/mem.h"

#include <string.h>

#define LABEL_COLUMNS 12

struct report {
    struct buf *out;
    const struct context *context;
    const struct config *config; /* or NULL */
    const json_t *status;
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* Begins a line: with what it is about, or below the line before. */
static void begin_line(const struct report *report, const char *chinese, const char *english)
{
    add_padded(report->out, in_words(report->context, chinese, english), LABEL_COLUMNS);
}

static void begin_more(const struct report *report)
{
    add_padded(report->out, "", LABEL_COLUMNS);
}

/* "2026-06-03 09:00:00+08:00"; "-" for a null. */
static void add_instant(const struct report *report, const json_t *object, const char *key)
{
    wall_us at;
    struct error error;
    char text[INSTANT_TEXT_BYTES];
    if (!instant_parse(text_of(object, key), &at, &error)) {
        buf_text(report->out, "-");
        return;
    }
    int32_t offset = report->config ? calendar_offset_s(report->config->calendar, at) : 0;
    at -= at % US_PER_S;
    instant_text_offset(at, offset, text);
    text[10] = ' ';
    buf_text(report->out, text);
}

/* A word of the database as people call it. */
struct word {
    const char *word, *chinese;
};

static const char *call(const struct report *report, const char *word, const struct word *words,
                        size_t count)
{
    for (size_t i = 0; !report->context->english && i < count; i++)
        if (strcmp(word, words[i].word) == 0)
            return words[i].chinese;
    return word;
}

static const char *call_level(const struct report *report, const char *level)
{
    static const struct word words[] = {{"normal", "正常"}};
    for (size_t p = 0; report->config && p < report->config->policy_count; p++) {
        const struct config_policy *policy = &report->config->policies[p];
        for (size_t i = 0; i < policy->policy.count; i++)
            if (strcmp(policy->policy.levels[i].name, level) == 0 && !report->context->english)
                return policy->levels[i].label;
    }
    return call(report, level, words, COUNT_OF(words));
}

static const char *call_state(const struct report *report, const char *state)
{
    static const struct word words[] = {{"running", "计时中"},
                                        {"suspended", "停表"},
                                        {"stopped", "已结束"},
                                        {"vanished", "已消失"},
                                        {"dropped", "不再计时"}};
    return call(report, state, words, COUNT_OF(words));
}

/* --- sections --- */

static void add_schema(const struct report *report)
{
    begin_line(report, "时间", "time");
    add_instant(report, report->status, "now");
    buf_char(report->out, '\n');
    begin_line(report, "数据库版本", "schema");
    buf_format(report->out,
               in_words(report->context, "%lld（本程序 %lld）\n", "%lld (this program: %lld)\n"),
               number_of(json_object_get(report->status, "schema"), "database"),
               number_of(json_object_get(report->status, "schema"), "program"));
}

static void add_nodes(const struct report *report)
{
    const json_t *nodes = json_object_get(report->status, "nodes"), *node;
    size_t index;
    begin_line(report, "守护进程", "daemons");
    if (json_array_size(nodes) == 0)
        buf_text(report->out, in_words(report->context, "没有运行过\n", "none has run\n"));
    json_array_foreach(nodes, index, node)
    {
        if (index > 0)
            begin_more(report);
        bool alive = json_is_true(json_object_get(node, "alive"));
        add_padded(report->out, text_of(node, "name"), 24);
        add_padded(report->out,
                   !alive ? in_words(report->context, "已停止", "stopped")
                   : json_is_true(json_object_get(node, "leader"))
                       ? in_words(report->context, "主节点", "leader")
                       : in_words(report->context, "运行中", "running"),
                   8);
        buf_text(report->out, in_words(report->context, "心跳 ", "heartbeat "));
        add_instant(report, node, "heartbeat_at");
        buf_format(report->out, in_words(report->context, "  程序 %s", "  program %s"),
                   text_of(node, "program"));
        buf_char(report->out, '\n');
    }
}

static void add_intake(const struct report *report)
{
    const json_t *intake = json_object_get(report->status, "intake");
    begin_line(report, "数据接入", "intake");
    if (!json_is_object(intake)) {
        buf_text(report->out, in_words(report->context, "尚未开始\n", "not begun\n"));
        return;
    }
    buf_text(
        report->out,
        json_is_true(json_object_get(intake, "initial_done"))
            ? in_words(report->context, "首次接入已完成，始于 ", "first contact done, begun ")
            : in_words(report->context, "首次接入进行中，始于 ", "first contact under way since "));
    add_instant(report, intake, "first_contact_at");
    buf_text(report->out, in_words(report->context, "；已读到 ", "; read up to "));
    add_instant(report, intake, "updated_at");
    buf_format(report->out, " %s\n", text_of(intake, "case_no"));
}

/* Which rules are in force, and how far all clocks follow others. */
static void add_rules(const struct report *report)
{
    const json_t *rules = json_object_get(report->status, "rules");
    const json_t *pass = json_object_get(rules, "recompute");
    const char *version = text_of(rules, "version"), *author = text_of(rules, "approved_by");
    if (!json_is_object(rules))
        return;
    begin_line(report, "规则", "rules");
    buf_format(report->out, in_words(report->context, "%s，始于 ", "%s, since "),
               *version ? version : "-");
    add_instant(report, rules, "since");
    if (*author)
        buf_format(report->out, in_words(report->context, "，批准人 %s", ", approved by %s"),
                   author);
    buf_char(report->out, '\n');
    if (!json_is_object(pass))
        return;
    begin_more(report);
    buf_format(
        report->out,
        in_words(report->context,
                 "正在按规则 %s 重算：约 %lld 件中的 %lld 件，更新计时 %lld 个，始于 ",
                 "being computed anew by %s: of about %lld cases %lld, clocks changed: %lld; "
                 "since "),
        text_of(pass, "version"), number_of(pass, "of"), number_of(pass, "cases"),
        number_of(pass, "clocks"));
    add_instant(report, pass, "begun_at");
    buf_char(report->out, '\n');
}

static void add_clocks(const struct report *report)
{
    const json_t *clocks = json_object_get(report->status, "clocks"), *clock;
    const json_t *oldest = json_object_get(report->status, "oldest_overdue");
    size_t index;
    begin_line(report, "计时", "clocks");
    if (json_array_size(clocks) == 0)
        buf_text(report->out, in_words(report->context, "没有\n", "none\n"));
    json_array_foreach(clocks, index, clock)
    {
        if (index > 0)
            begin_more(report);
        add_padded(report->out, call_state(report, text_of(clock, "state")), 10);
        add_padded(report->out, call_level(report, text_of(clock, "level")), 10);
        buf_format(report->out, "%9lld\n", number_of(clock, "count"));
    }
    if (!json_is_object(oldest))
        return;
    begin_line(report, "最早超期", "overdue");
    buf_format(report->out, "%s %s ", text_of(oldest, "case_no"), text_of(oldest, "clock"));
    buf_text(report->out, in_words(report->context, "到期 ", "due "));
    add_instant(report, oldest, "due_at");
    buf_char(report->out, '\n');
}

static void add_bad_rows(const struct report *report)
{
    const json_t *bad = json_object_get(report->status, "bad_rows"), *row;
    const json_t *newest = json_object_get(bad, "newest");
    size_t index;
    begin_line(report, "搁置数据", "set aside");
    buf_format(report->out, "%lld\n", number_of(bad, "count"));
    json_array_foreach(newest, index, row)
    {
        begin_more(report);
        add_padded(report->out, text_of(row, "case_no"), 24);
        add_instant(report, row, "last_seen");
        buf_format(report->out, "  %s\n", text_of(row, "reason"));
    }
    if (number_of(bad, "count") > (long long)json_array_size(newest)) {
        begin_more(report);
        buf_text(report->out, in_words(report->context, "…全部列出：--bad-rows\n",
                                       "… all of them: --bad-rows\n"));
    }
}

/* Lines of "COUNT  WHAT". */
static void add_reasons(const struct report *report, const json_t *reasons, const char *what)
{
    const json_t *reason;
    size_t index;
    json_array_foreach(reasons, index, reason)
    {
        begin_more(report);
        buf_format(report->out, "%9lld  %s%s%s\n", number_of(reason, "count"),
                   text_of(reason, "channel"), *text_of(reason, "channel") ? ": " : "",
                   text_of(reason, what));
    }
}

static void add_queue(const struct report *report)
{
    const json_t *queue = json_object_get(report->status, "queue");
    const json_t *unreachable = json_object_get(report->status, "unreachable");
    begin_line(report, "消息", "messages");
    buf_format(report->out,
               in_words(report->context,
                        "待生成 %lld、待发送 %lld、渠道故障停放 %lld、发送中 %lld\n",
                        "%lld pending, %lld ready, %lld parked, %lld in flight\n"),
               number_of(queue, "pending"), number_of(queue, "ready"), number_of(queue, "parked"),
               number_of(queue, "inflight"));
    add_reasons(report, json_object_get(queue, "held"), "reason");
    begin_line(report, "未送达", "dead");
    buf_format(report->out, "%lld\n", number_of(queue, "dead"));
    add_reasons(report, json_object_get(queue, "dead_reasons"), "reason");
    begin_line(report, "无人可通知", "unreachable");
    buf_format(report->out, in_words(report->context, "%lld（近 7 天）\n", "%lld (7 days)\n"),
               number_of(unreachable, "count"));
    add_reasons(report, json_object_get(unreachable, "reasons"), "reason");
}

static void add_events(const struct report *report)
{
    const json_t *events = json_object_get(report->status, "events"), *event;
    size_t index;
    begin_line(report, "近 24 小时", "24 hours");
    if (json_array_size(events) == 0)
        buf_text(report->out, in_words(report->context, "没有记录\n", "no events\n"));
    json_array_foreach(events, index, event)
    {
        if (index > 0)
            begin_more(report);
        add_padded(report->out, call_level(report, text_of(event, "kind")), 20);
        buf_format(report->out, "%9lld\n", number_of(event, "count"));
    }
}

static void add_calendars(const struct report *report)
{
    const json_t *calendars = json_object_get(report->status, "calendars"), *calendar;
    size_t index;
    json_array_foreach(calendars, index, calendar)
    {
        if (index == 0)
            begin_line(report, "工作日历", "calendars");
        else
            begin_more(report);
        add_padded(report->out, text_of(calendar, "name"), 12);
        buf_format(report->out,
                   in_words(report->context, "至 %s，还有 %lld 天", "until %s, %lld days left"),
                   text_of(calendar, "last_day"), number_of(calendar, "days_left"));
        if (json_is_true(json_object_get(calendar, "warning")))
            buf_text(report->out, in_words(report->context, "  ⚠ 请补充下一年的日历",
                                           "  ⚠ the next year is needed"));
        buf_char(report->out, '\n');
    }
}

static void add_alarms(const struct report *report)
{
    const json_t *alarms = json_object_get(report->status, "alarms"), *alarm;
    size_t index;
    json_array_foreach(alarms, index, alarm)
    {
        if (index == 0)
            begin_line(report, "告警", "alarms");
        else
            begin_more(report);
        add_instant(report, alarm, "since");
        buf_format(report->out, "  %s%s\n", text_of(alarm, "detail"),
                   json_is_null(json_object_get(alarm, "told_at"))
                       ? in_words(report->context, "（尚未送达）", " (not told yet)")
                       : "");
    }
}

static const char *call_stage(const struct report *report, const char *stage)
{
    static const struct word words[] = {{"not taken in", "未接入"},
                                        {"not raised", "未产生预警"},
                                        {"not composed", "未生成消息"},
                                        {"not sent", "未发出"},
                                        {"refused", "被拒收"}};
    return call(report, stage, words, COUNT_OF(words));
}

static void add_selftest(const struct report *report)
{
    const json_t *selftest = json_object_get(report->status, "selftest");
    if (!json_is_object(selftest))
        return;
    const char *stage = text_of(selftest, "stage"), *detail = text_of(selftest, "detail");
    begin_line(report, "自检", "self-test");
    add_instant(report, selftest, "begun_at");
    buf_format(report->out, "  %s  ", text_of(selftest, "channel"));
    if (stage[0] == '\0')
        buf_format(report->out, in_words(report->context, "正常，%.1f 秒\n", "ok in %.1f s\n"),
                   (double)number_of(selftest, "took_ms") / 1e3);
    else
        buf_format(report->out, "%s%s%s%s\n", in_words(report->context, "未通过：", "failed: "),
                   call_stage(report, stage), *detail ? ": " : "", detail);
}

void add_status(struct buf *out, const struct context *context, const struct config *config,
                const json_t *status)
{
    static void (*const sections[])(const struct report *) = {
        add_schema, add_nodes,  add_intake,   add_rules,  add_clocks,    add_bad_rows,
        add_queue,  add_alarms, add_selftest, add_events, add_calendars,
    };
    const struct report report = {out, context, config, status};
    for (size_t i = 0; i < COUNT_OF(sections); i++)
        sections[i](&report);
}
