/* Messages in words: lists with a line each, and one with all that became of it. */
#include "message_text.h"

#include "columns.h"

#include "duban/instant.h"
#include "duban/mem.h"

#include <string.h>

#define LABEL_COLUMNS 12

const char *json_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

long long json_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

struct word {
    const char *word, *chinese;
};

static const char *call(const struct context *context, const char *word, const struct word *words,
                        size_t count)
{
    for (size_t i = 0; !context->english && i < count; i++)
        if (strcmp(word, words[i].word) == 0)
            return words[i].chinese;
    return word;
}

const char *call_state(const struct context *context, const char *word)
{
    static const struct word words[] = {
        {"ready", "待发送"},       {"inflight", "发送中"},       {"dead", "未送达"},
        {"done", "已发出"},        {"cancelled", "已取消"},      {"dropped", "已放弃"},
        {"delivered", "已送达"},   {"accepted", "已受理"},       {"throttled", "被限流"},
        {"temporary", "暂时失败"}, {"rejected", "被拒绝"},       {"permanent", "永久失败"},
        {"unknown", "结果不明"},   {"failed", "未能送达"},       {"buffered", "等待送达"},
        {"awaited", "等待回执"},   {"no_receipt", "无回执"},     {"gone", "地址已停用"},
        {"parked", "已停放"},      {"fallback", "改用其他渠道"},
    };
    return call(context, word, words, COUNT_OF(words));
}

const char *call_kind(const struct context *context, const struct config *config, const char *kind)
{
    static const struct word words[] = {
        {"cleared", "解除"},      {"completed", "办结"},       {"returned", "退回"},
        {"withdrawn", "撤回"},    {"met", "按期完成"},         {"vanished", "已消失"},
        {"reminder", "催办"},     {"acknowledged", "签收"},    {"test", "测试"},
        {"digest", "汇总"},       {"level_withdrawn", "摘牌"}, {"tacit_approval", "超时默许"},
        {"reopened", "重新办理"},
    };
    for (size_t p = 0; config && !context->english && p < config->policy_count; p++) {
        const struct config_policy *policy = &config->policies[p];
        for (size_t i = 0; i < policy->policy.count; i++)
            if (strcmp(policy->policy.levels[i].name, kind) == 0)
                return policy->levels[i].label;
    }
    if (irregularity_parse(kind, NULL))
        return locale_event(kind, context->english ? LOCALE_EN : LOCALE_ZH_CN);
    return call(context, kind, words, COUNT_OF(words));
}

void add_when(struct buf *out, const struct config *config, const json_t *object, const char *key)
{
    wall_us at;
    struct error error;
    char text[INSTANT_TEXT_BYTES];
    if (!instant_parse(json_text(object, key), &at, &error)) {
        buf_text(out, "-");
        return;
    }
    int32_t offset = config ? calendar_offset_s(config->calendar, at) : 0;
    instant_text_offset(at - at % US_PER_S, offset, text);
    text[10] = ' ';
    buf_text(out, text);
}

/* --- lists --- */

static void add_number(struct buf *out, long long number)
{
    AUTO_FREE char *text = mem_format("%lld", number);
    add_padded(out, text, 9);
}

/* What both lists begin with: which message it is, and whom it is about and for. */
static void add_subject(struct buf *out, const struct context *context, const struct config *config,
                        const json_t *row, const char *when)
{
    add_number(out, json_number(row, "id"));
    add_when(out, config, row, when);
    buf_char(out, ' ');
    add_padded(out, json_text(row, "channel"), 10);
    add_padded(out, call_kind(context, config, json_text(row, "kind")), 10);
    add_padded(out, json_text(row, "case_no"), 20);
    add_padded(out, json_text(row, "recipient"), 14);
}

void add_dead(struct buf *out, const struct context *context, const struct config *config,
              const json_t *dead)
{
    const json_t *row;
    size_t index;
    json_array_foreach(dead, index, row)
    {
        add_subject(out, context, config, row, "dead_at");
        buf_format(out, in_words(context, "试%lld次 ", "%lld tries "),
                   json_number(row, "attempts"));
        add_padded(out, call_state(context, json_text(row, "verdict")), 10);
        buf_format(out, "%s\n", json_text(row, "reason"));
    }
}

/* The state, and what is known of the arrival. */
static void add_state_word(struct buf *out, const struct context *context, const json_t *row)
{
    buf_text(out, call_state(context, json_text(row, "state")));
    if (*json_text(row, "receipt"))
        buf_format(out, in_words(context, "，%s", ", %s"),
                   call_state(context, json_text(row, "receipt")));
}

void add_messages(struct buf *out, const struct context *context, const struct config *config,
                  const json_t *messages)
{
    const json_t *row;
    size_t index;
    json_array_foreach(messages, index, row)
    {
        add_subject(out, context, config, row, "created_at");
        add_state_word(out, context, row);
        buf_char(out, '\n');
    }
}

/* --- one message --- */

static void add_line(struct buf *out, const struct context *context, const char *chinese,
                     const char *english, const char *text)
{
    add_padded(out, in_words(context, chinese, english), LABEL_COLUMNS);
    buf_format(out, "%s\n", text);
}

static void begin_when(struct buf *out, const struct context *context, const char *chinese,
                       const char *english, const struct config *config, const json_t *object,
                       const char *key)
{
    add_padded(out, in_words(context, chinese, english), LABEL_COLUMNS);
    add_when(out, config, object, key);
}

static void add_attempts(struct buf *out, const struct context *context,
                         const struct config *config, const json_t *attempts)
{
    const json_t *attempt;
    size_t index;
    if (json_array_size(attempts) == 0)
        add_line(out, context, "发送记录", "attempts", in_words(context, "还没有", "none yet"));
    json_array_foreach(attempts, index, attempt)
    {
        add_padded(out, index ? "" : in_words(context, "发送记录", "attempts"), LABEL_COLUMNS);
        buf_format(out, "#%lld ", json_number(attempt, "number"));
        add_when(out, config, attempt, "at");
        buf_format(out, " %s %lld %lldms", call_state(context, json_text(attempt, "verdict")),
                   json_number(attempt, "status"), json_number(attempt, "took_ms"));
        if (*json_text(attempt, "provider_id"))
            buf_format(out, " %s", json_text(attempt, "provider_id"));
        buf_format(out, " %s\n", json_text(attempt, "detail"));
    }
}

static void add_receipts(struct buf *out, const struct context *context,
                         const struct config *config, const json_t *receipts)
{
    const json_t *row;
    size_t index;
    json_array_foreach(receipts, index, row)
    {
        add_padded(out, index ? "" : in_words(context, "回执", "receipts"), LABEL_COLUMNS);
        add_when(out, config, row,
                 json_is_string(json_object_get(row, "reported_at")) ? "reported_at" : "at");
        buf_format(out, " %s %s %s\n", call_state(context, json_text(row, "status")),
                   json_text(row, "code"), json_text(row, "detail"));
    }
}

/* The other notifications of the event: one that still waits says until when and why. */
static void add_notifications(struct buf *out, const struct context *context,
                              const struct config *config, const json_t *notifications)
{
    const json_t *row;
    size_t index;
    json_array_foreach(notifications, index, row)
    {
        add_padded(out, index ? "" : in_words(context, "通知", "told"), LABEL_COLUMNS);
        add_padded(out, json_text(row, "recipient"), 14);
        add_padded(out, json_text(row, "channel"), 10);
        if (json_is_string(json_object_get(row, "outcome"))) {
            buf_text(out, json_text(row, "outcome"));
            if (json_is_integer(json_object_get(row, "message")))
                buf_format(out, " %lld", json_number(row, "message"));
        } else {
            buf_text(out, in_words(context, "等到 ", "waits until "));
            add_when(out, config, row, "release_at");
            buf_format(out, " %s", json_text(row, "hold_reason"));
        }
        buf_char(out, '\n');
    }
}

static void add_event(struct buf *out, const struct context *context, const struct config *config,
                      const json_t *event)
{
    if (!json_is_object(event))
        return;
    begin_when(out, context, "事件", "event", config, event, "event_at");
    buf_format(out, " #%lld", json_number(event, "id"));
    if (json_is_string(json_object_get(event, "due_at"))) {
        buf_text(out, in_words(context, "，到期 ", ", due "));
        add_when(out, config, event, "due_at");
    }
    buf_char(out, '\n');
    add_notifications(out, context, config, json_object_get(event, "notifications"));
}

/* The events of a digest. */
static void add_carried(struct buf *out, const struct context *context, const struct config *config,
                        const json_t *carries)
{
    const json_t *row, *events = json_object_get(carries, "events");
    size_t index;
    json_array_foreach(events, index, row)
    {
        add_padded(out, index ? "" : in_words(context, "包含", "carries"), LABEL_COLUMNS);
        add_padded(out, call_kind(context, config, json_text(row, "kind")), 10);
        add_padded(out, json_text(row, "case_no"), 20);
        add_when(out, config, row, "due_at");
        buf_char(out, '\n');
    }
    if (json_number(carries, "count") > (long long)json_array_size(events))
        add_line(out, context, "", "", in_words(context, "……", "…"));
}

static void add_state(struct buf *out, const struct context *context, const struct config *config,
                      const json_t *message)
{
    const json_t *dead = json_object_get(message, "dead");
    add_padded(out, in_words(context, "状态", "state"), LABEL_COLUMNS);
    add_state_word(out, context, message);
    if (json_is_string(json_object_get(message, "due_at"))) {
        buf_text(out, in_words(context, "，下次 ", ", next try "));
        add_when(out, config, message, "due_at");
    }
    if (json_is_object(dead)) {
        buf_text(out, in_words(context, "，自 ", " since "));
        add_when(out, config, dead, "dead_at");
        buf_format(out, in_words(context, "：%s，%s", ": %s, %s"),
                   call_state(context, json_text(dead, "verdict")), json_text(dead, "reason"));
    }
    buf_char(out, '\n');
}

void add_message(struct buf *out, const struct context *context, const struct config *config,
                 const json_t *message)
{
    add_padded(out, in_words(context, "消息", "message"), LABEL_COLUMNS);
    buf_format(out, "%lld %s\n", json_number(message, "id"), json_text(message, "public_id"));
    begin_when(out, context, "生成于", "created", config, message, "created_at");
    buf_char(out, '\n');
    add_line(out, context, "渠道", "channel", json_text(message, "channel"));
    add_line(out, context, "类别", "kind", call_kind(context, config, json_text(message, "kind")));
    add_padded(out, in_words(context, "案件", "case"), LABEL_COLUMNS);
    buf_format(out, "%s %s\n", json_text(message, "case_no"), json_text(message, "clock"));
    add_padded(out, in_words(context, "对象", "recipient"), LABEL_COLUMNS);
    buf_format(out, "%s %s\n", json_text(message, "recipient"), json_text(message, "address"));
    add_state(out, context, config, message);
    add_attempts(out, context, config, json_object_get(message, "attempts"));
    add_receipts(out, context, config, json_object_get(message, "receipts"));
    add_event(out, context, config, json_object_get(message, "event"));
    add_carried(out, context, config, json_object_get(message, "carries"));
    if (*json_text(message, "body"))
        buf_format(out, "\n%s\n", json_text(message, "body"));
}
