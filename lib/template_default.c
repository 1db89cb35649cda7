/* The shipped texts.
 *
 * In Chinese a realistic case fits into one short message of 70 units with the signature that
 * the gateway adds (tests/unit/golden/messages.txt shows them all, with their lengths). */
#include "duban/irregularity_rule.h"
#include "duban/mem.h"
#include "duban/template.h"

#include <string.h>

struct shipped {
    const char *kind, *role; /* NULL: any */
    const char *texts[LOCALES];
};

/* A proposal, with the draft of what the competent organ may sign: duban never grants anything. */
#define TACIT_ZH                                                                                                             \
    "超时默许建议：{window}{item}（{case_no}）{remaining}，未作决定。拟稿：“您申请的{item}（办件" \
    "{case_no}）逾期未作决定，经主管部门确认，视为同意。”经主管部门签发后生效，未经签发不作依据。"
#define TACIT_EN                                                                                   \
    "Tacit approval proposed: {window}, case {case_no} ({item}): {remaining}, no decision. "       \
    "Draft: "                                                                                      \
    "\"No decision on your application for {item} (case {case_no}) was made in time; confirmed "   \
    "by "                                                                                          \
    "the competent organ, it counts as agreed.\" It has no effect unless that organ signs it."

/* The first row that fits counts: the particular ones stand before the general ones, and what is no
 * level before the levels, which have any name. */
static const struct shipped shipped[] = {
    {"reminder",
     "window",
     {"催办（第{reminder}次）：{item}（办件{case_no}）{remaining}{part}，请尽快{clock}。",
      "Reminder {reminder}: {item} (case {case_no}): {other_clock}{remaining}{part}. Please act."}},
    {"reminder",
     "department",
     {"催办（第{reminder}次）：{window}{item}（{case_no}）{remaining}{part}，请督促{clock}。",
      "Reminder {reminder}: {window}: {item} (case {case_no}): {other_clock}{remaining}{part}. "
      "Please see to it."}},
    {"reminder",
     "lead",
     {"催办（第{reminder}次）：您牵头的联办件中{window}{item}（{case_no}）{other_clock}{remaining}"
      "，"
      "请协调。",
      "Reminder {reminder}: {window}, part {case_no} ({item}) of your joint case: "
      "{other_clock}{remaining}. Please act."}},
    {"reminder",
     "part",
     {"催办（第{reminder}次）：联办件{item}（{case_no}）{other_clock}{remaining}"
      "，请完成本窗口承办的"
      "部分。",
      "Reminder {reminder}: joint case {case_no} ({item}): {other_clock}{remaining}. Please "
      "complete "
      "your part."}},
    {"reminder",
     NULL,
     {"催办（第{reminder}次）：{level}，{window}{item}（{case_no}）{other_clock}{remaining}{part}"
      "，请"
      "督办。",
      "Reminder {reminder}: {level}: {window}, case {case_no} ({item}): {other_clock}{remaining}"
      "{part}. Please act."}},
    {"completed",
     "applicant",
     {"您好，您申请的{item}（办件{case_no}）已办结，详询{window}，谢谢！",
      "Your application for {item} (case {case_no}) is completed. For details ask {window}."}},
    {"completed",
     NULL,
     {"办件{case_no}（{item}）已于{completed}办结。",
      "Case {case_no} ({item}) was completed on {completed}."}},
    {"cleared",
     "window",
     {"{cleared}已撤销：{item}（办件{case_no}），{other_clock}到期时间现为{due}，谢谢！",
      "{cleared} is taken back: {item} (case {case_no}), {other_clock}now due {due}. Thank you."}},
    {"cleared",
     NULL,
     {"{cleared}已撤销：{window}{item}（{case_no}），{other_clock}到期时间现为{due}。",
      "{cleared} is taken back: {window}, case {case_no} ({item}), {other_clock}now due {due}."}},
    {"level_withdrawn",
     "window",
     {"{cleared}已摘牌：{item}（办件{case_no}）{reason}。",
      "{cleared} is withdrawn: {item} (case {case_no}){reason}."}},
    {"level_withdrawn",
     NULL,
     {"{cleared}已摘牌：{window}{item}（{case_no}）{reason}。",
      "{cleared} is withdrawn: {window}, case {case_no} ({item}){reason}."}},
    {"reopened",
     "window",
     {"{item}（办件{case_no}）已重新办理，请于{due}前{clock}，谢谢！",
      "{item} (case {case_no}) was reopened: {other_clock}due {due}. Thank you."}},
    {"reopened",
     "applicant",
     {"您好，您申请的{item}（办件{case_no}）已重新办理，详询{window}，谢谢！",
      "Your application for {item} (case {case_no}) was reopened. For details ask {window}."}},
    {"reopened",
     NULL,
     {"{window}{item}（{case_no}）已重新办理，{other_clock}{due}到期。",
      "{window}, case {case_no} ({item}) was reopened: {other_clock}due {due}."}},
    {"tacit_approval", "supervision", {TACIT_ZH, TACIT_EN}},
    {"tacit_approval", "system", {TACIT_ZH, TACIT_EN}},
    {"tacit_approval",
     NULL,
     {"超时默许建议：{window}{item}（{case_no}）{remaining}，主管部门签发前不生效。",
      "Tacit approval proposed: {window}, case {case_no} ({item}): {remaining}. It has no effect "
      "unless the competent organ signs it."}},
    {"baseline",
     NULL,
     {"督办首次核查：{counts}。此前已到的预警不再逐件通知，请督促办理。",
      "First check: {counts}. What was reached before is not told case by case. Please act."}},
    {"calendar_ending",
     NULL,
     {"工作日历即将用完，请更新，以免无法计算到期时间：{detail}",
      "A calendar is about to end; please update it, or deadlines can't be computed: {detail}"}},
    {"beyond_calendar",
     NULL,
     {"有办件的到期时间超出工作日历，无法计算，请尽快更新日历：{detail}",
      "Deadlines lie beyond the end of a calendar and can't be computed; please update it: "
      "{detail}"}},
    {"digest",
     "window",
     {"您有{counts}：{cases}，请及时办理。", "{counts}: {cases}. Please act on them."}},
    {"digest",
     "department",
     {"督办汇总：{counts}。最急：{cases}，请督促办理。",
      "Digest: {counts}. Most urgent: {cases}. Please have them completed."}},
    {"digest",
     "applicant",
     {"您好，您申请的{total}件事项有进展：{cases}，谢谢！",
      "There is news of {total} applications of yours: {cases}."}},
    {"digest",
     "handler",
     {"您有{counts}：{cases}，请及时办理。", "{counts}: {cases}. Please act on them."}},
    {"digest",
     "agent",
     {"您代办的有{counts}：{cases}，请及时跟进。",
      "Of the cases that you handle as an agent {counts}: {cases}. Please follow them up."}},
    {"digest",
     "part",
     {"您参与的联办件有{counts}：{cases}，请及时完成承办的部分。",
      "Of the joint cases that you have a part in {counts}: {cases}. Please complete your parts."}},
    {"digest",
     NULL,
     {"督办汇总：{counts}。{departments}。最急：{cases}，请督办。",
      "Digest: {counts}. {departments}. Most urgent: {cases}. Please act."}},
    {"test",
     NULL,
     {"这是督办系统的测试消息，请忽略。{detail}",
      "This is a test message of the supervision system; please ignore it. {detail}"}},
    {"alarm", NULL, {"督办系统告警：{detail}", "Alarm of the supervision system: {detail}"}},
    {"alarm_over",
     NULL,
     {"督办系统告警解除：{detail}", "Alarm of the supervision system is over: {detail}"}},
    {"selftest",
     NULL,
     {"督办系统自检（{case_no}），无需处理。",
      "Self-test of the supervision system ({case_no}). Nothing needs to be done."}},
    {NULL,
     "lead",
     {"{level}：您牵头的联办件中，{window}{item}（{case_no}）{other_clock}{remaining}，请协调。",
      "{level}: {window}, part {case_no} ({item}) of your joint case: "
      "{other_clock}{remaining}. Please act."}},
    {NULL,
     "part",
     {"{level}：联办件{item}（{case_no}）{other_clock}{remaining}，请尽快完成本窗口承办的部分。",
      "{level}: joint case {case_no} ({item}): {other_clock}{remaining}. Please complete your "
      "part."}},
    {"yellow",
     "window",
     {"{item}（办件{case_no}）{remaining}{part}，请于{due}前{clock}，谢谢！",
      "{item} (case {case_no}): {remaining}{part}, {clock} due by {due}. Thank you."}},
    {"yellow",
     "department",
     {"{window}{item}（{case_no}）{other_clock}{remaining}{part}，{due}到期，请督办。",
      "{window}: {item} (case {case_no}): {remaining}{part}, {clock} due by {due}. Please act."}},
    {"yellow",
     NULL,
     {"{level}：{window}{item}（{case_no}）{other_clock}{remaining}{part}，{due}到期。",
      "{level}: {window}, case {case_no} ({item}): {other_clock}{remaining}{part}, due {due}."}},
    {"red",
     "window",
     {"{item}（办件{case_no}）{remaining}{part}，请尽快{clock}并说明原因。",
      "{item} (case {case_no}): {other_clock}{remaining}{part}. Please act and state the reason."}},
    {"red",
     "department",
     {"{window}{item}（{case_no}）{remaining}{part}，请督促尽快{clock}。",
      "{window}: {item} (case {case_no}): {other_clock}{remaining}{part}. Please see to it."}},
    {"red",
     NULL,
     {"{level}：{window}{item}（{case_no}）{other_clock}{remaining}{part}，请督办。",
      "{level}: {window}, case {case_no} ({item}): {other_clock}{remaining}{part}, due {due}. "
      "Please act."}},
    {NULL,
     NULL,
     {"{level}：{window}{item}（{case_no}）{other_clock}{remaining}{part}，请关注。",
      "{level}: {window}, case {case_no} ({item}): {other_clock}{remaining}{part}. Please take "
      "note."}},
};

/* Of irregularities: {detail} says what was found. What has left the source has no item any more,
 * a window's habit no case. The last row is for all others. */
static const struct irregular {
    enum irregularity_kind kind;
    const char *texts[LOCALES];
} irregular[] = {
    {IRREGULAR_VANISHED,
     {"监察：{window}办件{case_no}{detail}，请核查。",
      "Irregular: {window}, case {case_no} {detail}."}},
    {IRREGULAR_VANISHED_AFTER_LEVEL,
     {"监察：{window}办件{case_no}{detail}，请核查。",
      "Irregular: {window}, case {case_no} {detail}."}},
    {IRREGULAR_LAST_HOUR_WINDOW,
     {"监察：{window}{detail}，请核查。", "Irregular: {window}: {detail}."}},
    {(enum irregularity_kind)IRREGULARITIES,
     {"监察：{window}{item}（{case_no}）{detail}，请核查。",
      "Irregular: {window}, case {case_no} ({item}): {detail}."}},
};

static const char *irregular_text(enum irregularity_kind kind, enum locale locale)
{
    const struct irregular *row = irregular;
    while (row < &irregular[COUNT_OF(irregular) - 1] && row->kind != kind)
        row++;
    return row->texts[locale];
}

static bool fits(const char *wanted, const char *given)
{
    return wanted == NULL || strcmp(wanted, given) == 0;
}

const char *template_default(const char *kind, const char *role, enum locale locale)
{
    size_t last = COUNT_OF(shipped) - 1;
    enum irregularity_kind found;
    if (irregularity_parse(kind, &found))
        return irregular_text(found, locale);
    for (size_t i = 0; i < last; i++)
        if (fits(shipped[i].kind, kind) && fits(shipped[i].role, role))
            return shipped[i].texts[locale];
    return shipped[last].texts[locale];
}
