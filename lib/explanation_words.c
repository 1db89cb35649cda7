/* What people call the words of an explanation. */
#include "explanation_words.h"

#include "explanation_parts.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

struct term {
    const char *group, *word;
    const char *texts[LOCALES];
};

static const struct term terms[] = {
    {"status", "open", {"在办", "open"}},
    {"status", "suspended", {"停表", "suspended"}},
    {"status", "completed", {"已办结", "completed"}},
    {"status", "returned", {"已退回", "returned"}},
    {"status", "withdrawn", {"已撤回", "withdrawn"}},
    {"state", "running", {"运行中", "running"}},
    {"state", "suspended", {"停表中", "suspended"}},
    {"state", "stopped", {"已结束", "has ended"}},
    {"state", "vanished", {"办件已不在审批系统", "the case has left the approval system"}},
    {"state", "dropped", {"办件不再有此计时", "the case no longer has it"}},
    {"state", "not_begun", {"尚未起算", "hasn't begun"}},
    {"state", "unknown", {"无法计算", "can't be computed"}},
    {"milestone", "received_at", {"收件", "reception"}},
    {"milestone", "accepted_at", {"受理", "acceptance"}},
    {"milestone", "processed_at", {"承办", "processing"}},
    {"milestone", "reviewed_at", {"审核", "review"}},
    {"milestone", "approved_at", {"批准", "approval"}},
    {"milestone", "completed_at", {"办结", "completion"}},
    {"source", "promised", {"承诺时限", "promised limit"}},
    {"source", "statutory", {"法定时限", "statutory limit"}},
    {"source", "own", {"规定时限", "own limit"}},
    {"source", "approval_system", {"审批系统", "approval system"}},
    {"verdict", "counts", {"计入", "counts"}},
    {"verdict", "no_approver", {"不计：没有批准人", "doesn't count: nobody has approved it"}},
    {"verdict", "no_reason", {"不计：没有理由", "doesn't count: no reason is given"}},
    {"verdict",
     "other_unit",
     {"不计：单位与时限不同", "doesn't count: another unit than the limit's"}},
    {"effect", "counts", {"停表", "stops it"}},
    {"effect", "shortened", {"停表，只计到允许的最长期限", "stops it up to the longest allowed"}},
    {"effect", "began_anew", {"结束后重新起算", "when it was over the clock began anew"}},
    {"effect", "runs_on", {"不停表", "ignored: the clock runs on"}},
    {"effect", "elsewhere", {"不停此计时", "doesn't stop this clock"}},
    {"effect", "before", {"在起算之前，无影响", "of no matter: before the clock began"}},
    {"effect", "after", {"在结束之后，无影响", "of no matter: after the clock's end"}},
    {"convention",
     "same_day",
     {"当日办结；下班后或休息日收到的，为下一工作日",
      "the same day; after closing or on a rest day, the next working day"}},
    {"convention",
     "start_not_counted",
     {"起算当日不计，自次日起算", "the day of the start isn't counted"}},
    {"convention",
     "start_rolled",
     {"起算日为休息日的顺延至下一工作日，当日不计",
      "a start on a rest day moves to the next working day, which isn't counted"}},
    {"convention",
     "working_days",
     {"按工作日计算，不含法定节假日", "working days only, without public holidays"}},
    {"convention",
     "calendar_days",
     {"按自然日计算；最后一日是休息日的，顺延至下一工作日",
      "calendar days; an end on a rest day moves to the next working day"}},
    {"convention", "open_hours", {"按工作时间计算", "opening hours only"}},
    {"convention", "all_hours", {"按自然小时连续计算", "hours that run through"}},
    {"convention",
     "ends_at_closing",
     {"最后一日截至下班时间", "the last day ends at closing time"}},
    {"convention", "ends_at_midnight", {"最后一日截至24时", "the last day ends at 24:00"}},
    {"convention",
     "ends_at_same_time",
     {"最后一日截至起算的同一时刻", "the last day ends at the start's time of day"}},
    {"convention",
     "suspended_days",
     {"停表所涉工作日不计入时限（停表当日除外）",
      "days of a suspension aren't counted, save its first"}},
    {"convention", "suspended_time", {"停表时间不计入时限", "suspended time isn't counted"}},
    {"convention",
     "extensions",
     {"延期须经批准并说明理由", "an extension needs an approver and a reason"}},
    {"convention",
     "deemed",
     {"逾期不受理也不告知补正的，自收件之日起视为受理",
      "neither accepted nor asked for more in time: accepted as of the reception"}},
    {"mark", "counted", {"计", "counted"}},
    {"mark", "start", {"起算日，不计", "start, not counted"}},
    {"mark", "suspended", {"停表，不计", "suspended, not counted"}},
    {"mark", "rest", {"休息日，不计", "rest day, not counted"}},
    {"mark", "holiday", {"节假日，不计", "holiday, not counted"}},
    {"mark", "same_day", {"当日", "the same day"}},
    {"mark", "beyond", {"顺延", "the end has moved here"}},
    {"kind", "regular", {"工作日", "working day"}},
    {"kind", "makeup", {"调休上班", "make-up working day"}},
    {"kind", "special", {"特殊时段", "special hours"}},
    {"kind", "holiday", {"节假日", "holiday"}},
    {"level_state", "holds", {"已达到", "holds"}},
    {"level_state", "passed", {"已达到", "was reached"}},
    {"level_state", "left_out", {"此件不用此级别", "left out for this case"}},
    {"level_state", "to_come", {"未到", "to come"}},
    {"level_state", "open", {"停表中，恢复后再定", "open while the clock is suspended"}},
    {"level_state", "spared", {"结束前未达到", "not reached before the end"}},
    {"level_state", "never", {"不会达到", "never"}},
    {"scope", "case", {"办件", "case"}},
    {"scope", "item", {"事项", "item"}},
    {"scope", "window", {"窗口", "window"}},
    {"scope", "department", {"部门", "department"}},
    {"subject", "item", {"事项", "item"}},
    {"subject", "kind", {"办件类型", "kind"}},
    {"subject", "class", {"项目类别", "project class"}},
    {"subject", "department", {"部门", "department"}},
    {"subject", "window", {"窗口", "window"}},
    {"subject", "promised", {"承诺时限", "promised limit"}},
    {"differs", "state", {"状态", "its state"}},
    {"differs", "due_at", {"到期", "its due time"}},
    {"differs", "level", {"级别", "its level"}},
    {"differs", "rule_version", {"规则版本", "the version of its rules"}},
    {"message", "ready", {"待发送", "waits to be sent"}},
    {"message", "inflight", {"发送中", "being sent"}},
    {"message", "parked", {"已停放，渠道暂不可用", "parked: its channel isn't in use"}},
    {"message", "dead", {"未送达", "not delivered"}},
    {"message", "cancelled", {"已取消", "cancelled"}},
    {"message", "dropped", {"已放弃", "dropped"}},
    {"message", "done", {"已发出", "sent"}},
    {"arrival", "delivered", {"已送达", "delivered"}},
    {"arrival", "failed", {"未能送达", "couldn't be delivered"}},
    {"arrival", "buffered", {"已发出，等待送达", "sent, on its way"}},
    {"arrival", "accepted", {"已发出，网关已接收", "sent, taken by the gateway"}},
    {"arrival", "awaited", {"已发出，等待回执", "sent, no receipt yet"}},
    {"arrival", "no_receipt", {"已发出，没有回执", "sent, no receipt came"}},
    {"outcome", "waiting", {"等待", "waits"}},
    {"outcome", "cancelled", {"未发送", "not sent"}},
    {"outcome", "unreachable", {"无法送达", "unreachable"}},
    {"outcome", "composed", {"已生成消息", "a message was made"}},
    {"event", "acknowledged", {"签收", "acknowledged"}},
    {"event", "reopened", {"重新办理", "reopened"}},
    {"event", "baseline", {"首次接入", "first contact"}},
};

const char *explained_call(const char *group, const char *word, enum locale locale)
{
    for (size_t i = 0; i < COUNT_OF(terms); i++)
        if (strcmp(terms[i].group, group) == 0 && strcmp(terms[i].word, word) == 0)
            return terms[i].texts[locale];
    return word;
}

const char *explained_call_level(const json_t *level, enum locale locale)
{
    static const char *const normal[LOCALES] = {"正常", "normal"};
    const char *name = explained_string(level, "level"), *label = explained_string(level, "label");
    if (strcmp(name, "normal") == 0)
        return normal[locale];
    return *label && locale == LOCALE_ZH_CN ? label : name;
}

const char *explained_call_event(const json_t *event, enum locale locale)
{
    const char *kind = explained_string(event, "kind");
    const json_t *level = json_object_get(event, "level");
    if (strcmp(explained_string(level, "level"), kind) == 0)
        return explained_call_level(level, locale);
    const char *known = locale_event(kind, locale);
    return known ? known : explained_call("event", kind, locale);
}

void explained_add_law(struct buf *out, const char *law, enum locale locale)
{
    static const struct {
        const char *chinese, *english;
    } laws[] = {{"民法典 ", "Civil Code "}, {"行政许可法 ", "Administrative Licensing Law "}};
    for (size_t i = 0; locale == LOCALE_EN && i < COUNT_OF(laws); i++) {
        size_t length = strlen(laws[i].chinese);
        if (strncmp(law, laws[i].chinese, length) == 0) {
            buf_format(out, "%s%s", laws[i].english, law + length);
            return;
        }
    }
    buf_text(out, law);
}

/* --- dates and amounts --- */

void explained_add_date(struct buf *out, const char *date, enum locale locale)
{
    static const char *const days[][LOCALES] = {{"", ""},      {"一", "Mon"}, {"二", "Tue"},
                                                {"三", "Wed"}, {"四", "Thu"}, {"五", "Fri"},
                                                {"六", "Sat"}, {"日", "Sun"}};
    day_number day;
    char text[DAY_TEXT_BYTES];
    snprintf(text, sizeof text, "%.10s", date);
    if (!day_parse(text, &day, NULL))
        buf_text(out, date);
    else if (locale == LOCALE_EN)
        buf_format(out, "%s %s", days[weekday_of(day)][locale], text);
    else
        buf_format(out, "%s（周%s）", text, days[weekday_of(day)][locale]);
}

/* The clock's part of "2026-05-06T10:00:00+08:00"; seconds only when there are some. */
static void add_time(struct buf *out, const char *instant, enum locale locale)
{
    const char *time = instant + 11;
    buf_format(out, "%s%.5s", locale == LOCALE_EN ? " " : "", time);
    if (strncmp(time + 5, ":00", 3) != 0)
        buf_format(out, "%.3s", time + 5);
}

static bool is_instant(const char *text)
{
    return strlen(text) > 18 && text[10] == 'T';
}

void explained_add_when(struct buf *out, const char *instant, enum locale locale)
{
    if (!is_instant(instant)) {
        buf_text(out, "—");
        return;
    }
    explained_add_date(out, instant, locale);
    add_time(out, instant, locale);
}

void explained_add_end(struct buf *out, const char *instant, enum locale locale)
{
    day_number day;
    char text[DAY_TEXT_BYTES];
    snprintf(text, sizeof text, "%.10s", instant);
    if (!is_instant(instant) || strncmp(instant + 11, "00:00:00", 8) != 0 ||
        !day_parse(text, &day, NULL)) {
        explained_add_when(out, instant, locale);
        return;
    }
    explained_add_date(out, day_text(day - 1, text), locale);
    buf_format(out, "%s24:00", locale == LOCALE_EN ? " " : "");
}

void explained_add_limit(struct buf *out, const json_t *limit, enum locale locale)
{
    struct limit read = {.value = (int32_t)json_integer_value(json_object_get(limit, "value"))};
    if (limit_unit_parse(explained_string(limit, "unit"), &read.unit, NULL))
        locale_limit(out, read, locale);
}

void explained_add_span(struct buf *out, long long seconds, enum locale locale)
{
    long long minutes = seconds / 60;
    bool english = locale == LOCALE_EN;
    if (minutes >= 60 || minutes == 0)
        buf_format(out, english ? "%lld h" : "%lld小时", minutes / 60);
    if (minutes % 60)
        buf_format(out, english ? "%s%lld min" : "%s%lld分", english && minutes >= 60 ? " " : "",
                   minutes % 60);
}
