/* How far a test message is. */
#include "test_progress.h"

#include "message_text.h"

#include "duban/mask.h"
#include "duban/mem.h"

#include <string.h>

static bool is(const json_t *object, const char *key, const char *word)
{
    return strcmp(json_text(object, key), word) == 0;
}

/* --- how far --- */

/* The last word of the receipts that settles the matter; "" while there is none. */
static const char *settled_by(const json_t *receipts)
{
    size_t index;
    const json_t *receipt;
    const char *word = "";
    json_array_foreach(receipts, index, receipt)
    {
        if (is(receipt, "status", "delivered") || is(receipt, "status", "failed"))
            word = json_text(receipt, "status");
    }
    return word;
}

static const char *last_verdict(const json_t *notification)
{
    const json_t *attempts = json_object_get(notification, "attempts");
    size_t count = json_array_size(attempts);
    return count ? json_text(json_array_get(attempts, count - 1), "verdict") : "";
}

static enum test_end end_of_sent(const json_t *notification, bool receipts)
{
    const char *word = settled_by(json_object_get(notification, "receipts"));
    if (*word)
        return strcmp(word, "delivered") == 0 ? TEST_ARRIVED : TEST_FAILED;
    bool accepted = strcmp(last_verdict(notification), "accepted") == 0;
    return accepted && receipts ? TEST_ACCEPTED : TEST_ARRIVED;
}

enum test_end test_end_of(const json_t *notification, bool receipts)
{
    const char *outcome = json_text(notification, "outcome");
    if (*outcome && strcmp(outcome, "composed") != 0)
        return TEST_FAILED;
    if (json_is_object(json_object_get(notification, "dead")) ||
        is(notification, "state", "cancelled") || is(notification, "state", "dropped"))
        return TEST_FAILED;
    return is(notification, "state", "done") ? end_of_sent(notification, receipts) : TEST_WAITS;
}

/* --- what it waits for --- */

static void add_endpoint(struct buf *out, const struct context *context,
                         const struct config *config, const json_t *endpoint)
{
    if (is(endpoint, "state", "open")) {
        buf_text(out, in_words(context, "渠道连续失败，暂停到 ",
                               "the endpoint has failed again and again and rests until "));
        add_when(out, config, endpoint, "until");
    } else if (is(endpoint, "state", "stopped")) {
        buf_text(out, in_words(context, "渠道因配置错误已停用，修改后重新加载",
                               "the endpoint is stopped: its configuration is wrong"));
    } else {
        buf_text(out, in_words(context, "对方说这个地址已不存在（410）",
                               "the receiver says that the address is gone (410)"));
    }
    if (*json_text(endpoint, "reason"))
        buf_format(out, in_words(context, "：%s", ": %s"), json_text(endpoint, "reason"));
}

static void add_pending(struct buf *out, const struct context *context, const struct config *config,
                        const json_t *progress, const json_t *notification)
{
    if (*json_text(notification, "hold_reason")) {
        buf_text(out, in_words(context, "暂缓到 ", "held until "));
        add_when(out, config, notification, "release_at");
        buf_format(out, in_words(context, "：%s", ": %s"), json_text(notification, "hold_reason"));
    } else if (json_number(progress, "leads") == 0) {
        buf_text(out, in_words(context, "没有 duband 担任主节点", "no duband leads"));
    } else {
        buf_text(out, in_words(context, "还没有生成消息；审批系统数据库连上了吗？见 duband 的日志",
                               "not put into words yet; is the approval system's database there? "
                               "See duband's log"));
    }
}

void add_waiting_for(struct buf *out, const struct context *context, const struct config *config,
                     const json_t *progress, const json_t *notification)
{
    const json_t *endpoint = json_object_get(notification, "endpoint");
    if (is(notification, "state", "done")) {
        buf_text(out, in_words(context, "等待回执", "its receipt"));
    } else if (json_number(progress, "alive") == 0) {
        buf_text(out, in_words(context, "没有 duband 在运行", "no duband is running"));
    } else if (!json_is_string(json_object_get(notification, "outcome"))) {
        add_pending(out, context, config, progress, notification);
    } else if (json_is_object(endpoint)) {
        add_endpoint(out, context, config, endpoint);
    } else if (is(notification, "state", "ready")) {
        buf_text(out, in_words(context, "待发送，下次 ", "in the queue, next try "));
        add_when(out, config, notification, "due_at");
    } else {
        buf_text(out, in_words(context, "发送中", "being sent"));
    }
}

/* --- what is new --- */

void add_address(struct buf *out, const json_t *notification)
{
    mask_address(out, json_text(notification, "address"));
}

static void begin_line(struct buf *out, const struct config *config, const json_t *notification,
                       const json_t *what)
{
    if (what) {
        add_when(out, config, what, "at");
        buf_text(out, "  ");
    }
    add_address(out, notification);
    buf_text(out, "  ");
}

static void add_attempt(struct buf *out, const struct context *context, const struct config *config,
                        const json_t *notification, const json_t *attempt)
{
    begin_line(out, config, notification, attempt);
    buf_format(out, "#%lld %s", json_number(attempt, "number"),
               call_state(context, json_text(attempt, "verdict")));
    if (json_number(attempt, "status") > 0)
        buf_format(out, " %lld", json_number(attempt, "status"));
    buf_format(out, " %lldms", json_number(attempt, "took_ms"));
    if (*json_text(attempt, "provider_id"))
        buf_format(out, " %s", json_text(attempt, "provider_id"));
    buf_format(out, " %s\n", json_text(attempt, "detail"));
}

static void add_receipt(struct buf *out, const struct context *context, const struct config *config,
                        const json_t *notification, const json_t *receipt)
{
    begin_line(out, config, notification, receipt);
    buf_format(out, in_words(context, "回执：%s %s %s\n", "receipt: %s %s %s\n"),
               json_text(receipt, "status"), json_text(receipt, "code"),
               json_text(receipt, "detail"));
}

static void add_outcome(struct buf *out, const struct context *context, const struct config *config,
                        const json_t *notification)
{
    const char *outcome = json_text(notification, "outcome");
    begin_line(out, config, notification, NULL);
    if (strcmp(outcome, "composed") == 0)
        buf_format(out, in_words(context, "消息 %lld（%s）\n", "message %lld (%s)\n"),
                   json_number(notification, "message"), json_text(notification, "public_id"));
    else
        buf_format(out, in_words(context, "没有发出：%s\n", "not sent: %s\n"), outcome);
}

void add_news(struct buf *out, const struct context *context, const struct config *config,
              const json_t *notification, struct test_told *told)
{
    const json_t *attempts = json_object_get(notification, "attempts");
    const json_t *receipts = json_object_get(notification, "receipts");
    if (!told->outcome && *json_text(notification, "outcome")) {
        told->outcome = true;
        add_outcome(out, context, config, notification);
    }
    for (; told->attempts < json_array_size(attempts); told->attempts++)
        add_attempt(out, context, config, notification, json_array_get(attempts, told->attempts));
    for (; told->receipts < json_array_size(receipts); told->receipts++)
        add_receipt(out, context, config, notification, json_array_get(receipts, told->receipts));
}
