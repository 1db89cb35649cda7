/* Events in words: who was told by what, whether it arrived, and why not. */
#include "explanation_tell.h"

#include <string.h>

/* --- messages --- */

static void add_receipt(struct buf *out, const struct teller *teller, const json_t *message)
{
    const json_t *receipts = json_object_get(message, "receipts");
    const json_t *last = json_array_get(receipts, json_array_size(receipts) - 1);
    if (last == NULL)
        return;
    const char *reported = explained_string(last, "reported_at");
    buf_text(out, say(teller, "（回执 ", " (receipt "));
    explained_add_when(out, *reported ? reported : explained_string(last, "at"), teller->locale);
    if (*explained_string(last, "code"))
        buf_format(out, " %s", explained_string(last, "code"));
    buf_text(out, say(teller, "）", ")"));
}

/* What the last try came to: why it isn't through. */
static void add_last_try(struct buf *out, const struct teller *teller, const json_t *message)
{
    const json_t *attempts = json_object_get(message, "attempts");
    const json_t *last = json_array_get(attempts, json_array_size(attempts) - 1);
    long long tries = json_integer_value(json_object_get(message, "tries"));
    if (tries > 0)
        buf_format(out, say(teller, "，已试%lld次", ", tried %lld times"), tries);
    if (!*explained_string(last, "detail"))
        return;
    const char *detail = strstr(explained_string(last, "detail"), "cancelled: ");
    buf_text(out, say(teller, "：", ": "));
    explained_add_reason(out, detail ? detail + 11 : explained_string(last, "detail"),
                         teller->locale);
}

static void add_dead(struct buf *out, const struct teller *teller, const json_t *message)
{
    const json_t *dead = json_object_get(message, "dead");
    bool unknown = strcmp(explained_string(dead, "verdict"), "unknown") == 0;
    buf_text(out, unknown ? say(teller, "结果不明，可能已送达", "unknown: it may have arrived")
                          : explained_call("message", "dead", teller->locale));
    buf_format(out, say(teller, "，已试%lld次", ", tried %lld times"),
               (long long)json_integer_value(json_object_get(message, "tries")));
    if (*explained_string(dead, "reason"))
        buf_format(out, say(teller, "：%s", ": %s"), explained_string(dead, "reason"));
    if (*explained_string(dead, "fallback"))
        buf_format(out, say(teller, "；改用 %s", "; told on %s instead"),
                   explained_string(dead, "fallback"));
}

static void add_message(struct buf *out, const struct teller *teller, const json_t *message)
{
    const char *state = explained_string(message, "state");
    const char *arrival = explained_string(message, "arrival");
    if (strcmp(state, "dead") == 0) {
        add_dead(out, teller, message);
    } else if (strcmp(state, "done") == 0) {
        buf_text(out, *arrival ? explained_call("arrival", arrival, teller->locale)
                               : explained_call("message", state, teller->locale));
        add_receipt(out, teller, message);
    } else {
        buf_text(out, explained_call("message", state, teller->locale));
        add_last_try(out, teller, message);
    }
    long long count = json_integer_value(json_object_get(message, "count"));
    if (count > 1)
        buf_format(out, say(teller, "；在含%lld件的汇总中", "; in a digest of %lld"), count);
}

/* --- notifications --- */

static void add_outcome(struct buf *out, const struct teller *teller, const json_t *notification)
{
    const char *outcome = explained_string(notification, "outcome");
    const json_t *message = json_object_get(notification, "message");
    if (strcmp(outcome, "composed") == 0 && json_is_object(message)) {
        add_message(out, teller, message);
        return;
    }
    buf_text(out, explained_call("outcome", outcome, teller->locale));
    if (strcmp(outcome, "waiting") == 0 && *explained_string(notification, "release_at")) {
        buf_text(out, say(teller, "至 ", " until "));
        explained_add_when(out, explained_string(notification, "release_at"), teller->locale);
    }
    if (*explained_string(notification, "why")) {
        buf_text(out, say(teller, "：", ": "));
        explained_add_reason(out, explained_string(notification, "why"), teller->locale);
    }
}

/* "窗口 综合窗口1（SC-W1）"; applicants and handlers stand for themselves. */
static void add_recipient(struct buf *out, const struct teller *teller, const json_t *notification)
{
    const char *code = explained_string(notification, "recipient");
    const char *name = explained_string(notification, "name");
    const char *role = explained_string(notification, "role");
    buf_format(out, "→ %s", locale_role(role, teller->locale));
    if (*code == '\0' || strcmp(code, role) == 0)
        return;
    buf_format(out, " %s", *name ? name : code);
    if (*name)
        buf_format(out, say(teller, "（%s）", " (%s)"), code);
}

static void tell_notification(const struct teller *teller, const json_t *notification)
{
    AUTO_CELLS cells;
    cells_init(&cells);
    add_recipient(&cells.items[1], teller, notification);
    buf_format(&cells.items[2], "%s %s", explained_string(notification, "channel"),
               explained_string(notification, "address"));
    add_outcome(&cells.items[3], teller, notification);
    cells_tell(&cells, teller, "notification");
}

/* --- events --- */

enum told { TOLD_NOBODY, TOLD_NOT, TOLD_LATER, TOLD };

static enum told told_of(const json_t *notification)
{
    const char *outcome = explained_string(notification, "outcome");
    const json_t *message = json_object_get(notification, "message");
    const char *state = explained_string(message, "state");
    if (strcmp(outcome, "waiting") == 0)
        return TOLD_LATER;
    if (strcmp(outcome, "composed") != 0)
        return TOLD_NOT;
    if (!json_is_object(message)) /* dropped after its retention time */
        return TOLD;
    if (strcmp(state, "done") == 0)
        return strcmp(explained_string(message, "arrival"), "failed") == 0 ? TOLD_NOT : TOLD;
    return strcmp(state, "ready") == 0 || strcmp(state, "inflight") == 0 ||
                   strcmp(state, "parked") == 0
               ? TOLD_LATER
               : TOLD_NOT;
}

/* The best of what became of the event's notifications. */
static const char *call_told(const struct teller *teller, const json_t *event)
{
    const json_t *notification;
    enum told best = TOLD_NOBODY;
    size_t index;
    json_array_foreach(json_object_get(event, "notifications"), index, notification)
    {
        enum told told = told_of(notification);
        if (told > best)
            best = told;
    }
    switch (best) {
    case TOLD:
        return say(teller, "已告知", "told");
    case TOLD_LATER:
        return say(teller, "待告知", "to be told");
    case TOLD_NOT:
        return say(teller, "未能告知", "nobody was reached");
    case TOLD_NOBODY:
        break;
    }
    return say(teller, "无告知对象", "there is nobody to tell");
}

void add_told(struct buf *out, const struct teller *teller, const json_t *event)
{
    const json_t *back = json_object_get(event, "taken_back");
    if (json_is_true(json_object_get(event, "told"))) {
        buf_text(out, call_told(teller, event));
    } else {
        buf_text(out, say(teller, "未告知：", "not told: "));
        explained_add_reason(out, explained_string(event, "why_not"), teller->locale);
    }
    if (!json_is_object(back))
        return;
    buf_text(out, say(teller, "；已摘牌 ", "; taken back "));
    explained_add_when(out, explained_string(back, "at"), teller->locale);
    buf_format(out, say(teller, "，%s：%s", " by %s: %s"), explained_string(back, "author"),
               explained_string(back, "reason"));
}

static void add_what(struct buf *out, const struct teller *teller, const json_t *event)
{
    long long repeat = json_integer_value(json_object_get(event, "repeat"));
    const char *kind = explained_string(event, "kind");
    buf_text(out, explained_call_event(event, teller->locale));
    if (strcmp(kind, "reminder") == 0)
        buf_format(out, say(teller, "（第%lld次）", " no. %lld"), repeat);
    if (strcmp(kind, "acknowledged") == 0 || strcmp(kind, "level_withdrawn") == 0)
        buf_format(out, say(teller, "（%s）", " (%s)"),
                   explained_call_level(json_object_get(event, "level"), teller->locale));
}

static void add_circumstances(struct buf *out, const struct teller *teller, const json_t *event)
{
    long long points = json_integer_value(json_object_get(event, "points"));
    const char *happened = explained_string(event, "event_at");
    add_told(out, teller, event);
    const json_t *finding = json_object_get(event, "finding");
    const char *detail = json_is_object(finding)
                             ? explained_string(finding, locale_words[teller->locale])
                             : explained_string(event, "detail");
    if (*detail)
        buf_format(out, say(teller, "；%s", "; %s"), detail);
    if (strcmp(happened, explained_string(event, "recorded_at")) != 0) {
        buf_text(out, say(teller, "；发生于 ", "; it came true on "));
        explained_add_when(out, happened, teller->locale);
    }
    if (*explained_string(event, "due_at")) {
        buf_text(out, say(teller, "；当时到期 ", "; due then: "));
        explained_add_end(out, explained_string(event, "due_at"), teller->locale);
    }
    if (points)
        buf_format(out, say(teller, "；考核 %+lld 分", "; %+lld points"), points);
}

static void tell_event(const struct teller *teller, const json_t *event)
{
    AUTO_CELLS cells;
    const json_t *notification;
    size_t index;
    bool back = json_is_object(json_object_get(event, "taken_back"));
    cells_init(&cells);
    explained_add_when(&cells.items[0], explained_string(event, "recorded_at"), teller->locale);
    add_what(&cells.items[1], teller, event);
    add_circumstances(&cells.items[3], teller, event);
    cells_tell(&cells, teller, back ? "event taken-back" : "event");
    json_array_foreach(json_object_get(event, "notifications"), index, notification)
    {
        tell_notification(teller, notification);
    }
}

void tell_events(const struct teller *teller, const json_t *events)
{
    static const char *const columns[][LOCALES] = {{"记录时间", "recorded"},
                                                   {"事件 → 对象", "event → whom"},
                                                   {"渠道", "channel"},
                                                   {"情况", "what became of it"}};
    const json_t *event;
    size_t index;
    if (json_array_size(events) == 0)
        return;
    tell_table(teller, "events", say(teller, "记录与告知", "the ledger, and who was told"), 4,
               columns);
    json_array_foreach(events, index, event)
    {
        tell_event(teller, event);
    }
    teller->writer->end_table(teller->context);
}
