/* The words of a language. */
#include "duban/locale.h"

#include "duban/mem.h"

#include <string.h>

const char *const locale_words[LOCALES] = {[LOCALE_ZH_CN] = "zh-CN", [LOCALE_EN] = "en"};

struct term {
    const char *word;
    const char *texts[LOCALES];
};

static const struct term kinds[] = {
    {"instant", {"即办件", "instant case"}},     {"promised", {"承诺件", "promised case"}},
    {"joint", {"联办件", "joint case"}},         {"reported", {"上报件", "reported case"}},
    {"returned", {"退回件", "returned case"}},   {"special", {"特办件", "special case"}},
    {"agent", {"代办件", "case done by agent"}},
};

static const struct term stages[] = {
    {"received", {"收件", "received"}},     {"accepted", {"受理", "accepted"}},
    {"processing", {"承办", "processing"}}, {"review", {"审核", "review"}},
    {"approval", {"批准", "approval"}},     {"completed", {"办结", "completed"}},
};

static const struct term roles[] = {
    {"window", {"窗口", "window"}},
    {"department", {"部门", "department"}},
    {"centre", {"中心", "centre"}},
    {"supervision", {"督查室", "supervision office"}},
    {"leader", {"领导", "leader"}},
    {"handler", {"经办人", "handler"}},
    {"applicant", {"申请人", "applicant"}},
    {"admin", {"管理员", "administrator"}},
    {"lead", {"牵头部门", "lead department"}},
    {"part", {"并联窗口", "window of a part"}},
    {"agent", {"代办员", "agent"}},
    {"system", {"审批系统", "approval system"}},
};

static const struct term events[] = {
    {"completed", {"办结", "completed"}},
    {"returned", {"退回", "returned"}},
    {"withdrawn", {"撤回", "withdrawn"}},
    {"met", {"按时完成", "met"}},
    {"vanished", {"已不在系统", "vanished"}},
    {"dropped", {"不再计时", "no longer timed"}},
    {"cleared", {"预警解除", "warning cleared"}},
    {"reminder", {"催办", "reminder"}},
    {"level_withdrawn", {"摘牌", "level withdrawn"}},
    {"tacit_approval", {"超时默许建议", "tacit approval proposed"}},
    {"reopened", {"重新办理", "reopened"}},
    {"second_supplement", {"再次补正", "second supplement request"}},
    {"suspension_too_long", {"停表超期", "suspension too long"}},
    {"late_suspension", {"临期停表", "late suspension"}},
    {"deadline_changed", {"预警后改期", "deadline changed"}},
    {"extension_refused", {"延期不合规", "extension refused"}},
    {"due_differs", {"到期日不一致", "due date differs"}},
    {"stages_out_of_order", {"环节时间异常", "stages out of order"}},
    {"completed_before_accepted", {"办结早于受理", "completed before accepted"}},
    {"completed_without_processing", {"无过程办结", "completed without processing"}},
    {"accepted_late", {"受理超期", "accepted late"}},
    {"returned_without_notice", {"退件无告知", "returned without notice"}},
    {"vanished_case", {"未办结消失", "vanished"}},
    {"vanished_after_level", {"预警后消失", "vanished after a level"}},
    {"reopened_after_level", {"预警后重开", "reopened after a level"}},
    {"two_windows", {"两头受理", "received at two windows"}},
    {"last_hour_window", {"集中压线办结", "completed in the last hour"}},
};

static const char *find(const struct term *terms, size_t count, const char *word,
                        enum locale locale)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(terms[i].word, word) == 0)
            return terms[i].texts[locale];
    return word;
}

const char *locale_kind(const char *word, enum locale locale)
{
    return find(kinds, COUNT_OF(kinds), word, locale);
}

const char *locale_stage(const char *word, enum locale locale)
{
    return find(stages, COUNT_OF(stages), word, locale);
}

const char *locale_role(const char *word, enum locale locale)
{
    return find(roles, COUNT_OF(roles), word, locale);
}

const char *locale_event(const char *kind, enum locale locale)
{
    const char *text = find(events, COUNT_OF(events), kind, locale);
    return text == kind ? NULL : text;
}

void locale_limit(struct buf *out, struct limit limit, enum locale locale)
{
    static const char *const units[LIMIT_UNITS][LOCALES] = {
        [LIMIT_WORKDAY] = {"个工作日", " working day"},
        [LIMIT_DAY] = {"天", " day"},
        [LIMIT_WORKHOUR] = {"个工作小时", " working hour"},
        [LIMIT_HOUR] = {"小时", " hour"},
    };
    static const char *const same_day[LOCALES] = {"当日", "the same day"};
    if (limit.value == 0 && limit.unit == LIMIT_WORKDAY) {
        buf_text(out, same_day[locale]);
        return;
    }
    buf_format(out, "%d%s", limit.value, units[limit.unit][locale]);
    if (locale == LOCALE_EN && limit.value != 1)
        buf_char(out, 's');
}

/* Local time: the day and the microseconds since its midnight. */
static day_number local_day(wall_us at, const struct zone *zone, span_us *in_day)
{
    wall_us local = at + zone_offset_s(zone, at) * US_PER_S;
    *in_day = (local % US_PER_DAY + US_PER_DAY) % US_PER_DAY;
    return (day_number)((local - *in_day) / US_PER_DAY);
}

static void add_day(struct buf *out, day_number day, wall_us today, const struct zone *zone,
                    enum locale locale)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    span_us in_day;
    struct civil date = civil_from_day(day);
    bool other_year = civil_from_day(local_day(today, zone, &in_day)).year != date.year;
    if (locale == LOCALE_EN) {
        buf_format(out, "%d %s", date.day, months[date.month - 1]);
        if (other_year)
            buf_format(out, " %d", date.year);
        return;
    }
    if (other_year)
        buf_format(out, "%d年", date.year);
    buf_format(out, "%d月%d日", date.month, date.day);
}

void locale_date(struct buf *out, wall_us at, wall_us today, const struct zone *zone,
                 enum locale locale)
{
    span_us in_day;
    add_day(out, local_day(at, zone, &in_day), today, zone, locale);
}

void locale_deadline(struct buf *out, wall_us at, wall_us today, const struct zone *zone,
                     enum locale locale)
{
    span_us in_day;
    day_number day = local_day(at, zone, &in_day);
    if (in_day == 0) {
        day--;
        in_day = US_PER_DAY;
    }
    int minutes = (int)(in_day / (60 * US_PER_S));
    add_day(out, day, today, zone, locale);
    buf_format(out, "%s%02d:%02d", locale == LOCALE_EN ? " " : "", minutes / 60, minutes % 60);
}

bool locale_same_day(wall_us one, wall_us other, const struct zone *zone)
{
    span_us in_day;
    return local_day(one, zone, &in_day) == local_day(other, zone, &in_day);
}
