/* The placeholders of templates: the table at the end, and one small function for each. */
#include "duban/template_field.h"

#include "duban/mask.h"
#include "duban/mem.h"
#include "duban/problem.h"

#include <inttypes.h>
#include <string.h>

#define FIELD(name)                                                                                \
    static void name(const struct notice *notice, enum locale locale, struct buf *out)

/* A field that is a text of the notice or of the case. */
#define TEXT_FIELD(name, expression)                                                               \
    FIELD(name)                                                                                    \
    {                                                                                              \
        (void)locale;                                                                              \
        add_text(out, expression);                                                                 \
    }

#define CASE_TEXT(member) notice->facts ? notice->facts->member : NULL

static void add_text(struct buf *out, const char *text)
{
    if (text)
        buf_text(out, text);
}

/* Its name where the directory knows it, else its code. */
static const char *name_or(const char *name, const char *code)
{
    return name && *name ? name : code;
}

TEXT_FIELD(case_no, CASE_TEXT(case_no))
TEXT_FIELD(item, CASE_TEXT(item_name))
TEXT_FIELD(window, name_or(notice->window_name, CASE_TEXT(window_code)))
TEXT_FIELD(department, name_or(notice->department_name, CASE_TEXT(department_code)))
TEXT_FIELD(handler, CASE_TEXT(handler_name))
TEXT_FIELD(agent, CASE_TEXT(agent_name))
TEXT_FIELD(result, CASE_TEXT(result))
TEXT_FIELD(centre, notice->centre)
TEXT_FIELD(level, notice->level_label)
TEXT_FIELD(recipient, notice->recipient_name)
TEXT_FIELD(detail, notice->detail)

static bool is_given(const char *text)
{
    return text && *text;
}

/* Whether it is the clock of the whole case, which needs no naming. */
static bool is_completion(const struct notice *notice)
{
    return notice->clock && strcmp(notice->clock, "completion") == 0;
}

/* The clock of the whole case has a good name even if the configuration gives it none. */
FIELD(clock)
{
    if (is_completion(notice) && strcmp(notice->clock_label, notice->clock) == 0)
        buf_text(out, locale == LOCALE_EN ? "completion" : "办结");
    else
        add_text(out, notice->clock_label);
}

FIELD(other_clock)
{
    if (is_completion(notice) || !is_given(notice->clock_label))
        return;
    buf_text(out, notice->clock_label);
    buf_text(out, locale == LOCALE_EN ? ", " : "");
}

FIELD(cleared)
{
    if (is_given(notice->taken_label))
        buf_text(out, notice->taken_label);
    else
        buf_text(out, locale == LOCALE_EN ? "warning" : "预警");
}

/* Of a level that was withdrawn who did it and why. This and the next are whole phrases with the
 * comma before them, so that a text reads well without. */
FIELD(reason)
{
    if (!is_given(notice->taken) || !is_given(notice->detail))
        return;
    buf_text(out, locale == LOCALE_EN ? ", by " : "，摘牌人及原因：");
    buf_text(out, notice->detail);
}

FIELD(part)
{
    if (!is_given(notice->part))
        return;
    bool english = locale == LOCALE_EN, named = is_given(notice->part_department);
    buf_text(out, english ? ", waiting for " : "，待");
    buf_text(out, named ? notice->part_department : english ? "case " : "办件");
    buf_text(out, !named ? "" : english ? " (case " : "（");
    buf_text(out, notice->part);
    buf_text(out, !named ? "" : english ? ")" : "）");
    buf_text(out, english ? "" : "办理");
}

FIELD(kind)
{
    if (notice->facts)
        buf_text(out, locale_kind(notice->facts->kind, locale));
}

FIELD(stage)
{
    if (notice->facts)
        buf_text(out, locale_stage(notice->facts->stage, locale));
}

FIELD(role)
{
    buf_text(out, locale_role(notice->role, locale));
}

/* Only the applicants themselves read their whole name. */
FIELD(applicant)
{
    (void)locale;
    if (notice->facts == NULL)
        return;
    if (strcmp(notice->role, "applicant") == 0)
        buf_text(out, notice->facts->applicant_name);
    else
        mask_name(out, notice->facts->applicant_name);
}

FIELD(limit)
{
    if (notice->facts && notice->facts->has_limit)
        locale_limit(out, notice->facts->limit, locale);
}

FIELD(statutory)
{
    if (notice->facts && notice->facts->has_statutory)
        locale_limit(out, notice->facts->statutory, locale);
}

static void add_milestone(const struct notice *notice, enum milestone milestone, enum locale locale,
                          struct buf *out)
{
    if (notice->facts && notice->facts->at[milestone] != WALL_NONE)
        locale_date(out, notice->facts->at[milestone], notice->event_at, notice->zone, locale);
}

FIELD(received)
{
    add_milestone(notice, MILESTONE_RECEIVED, locale, out);
}

FIELD(accepted)
{
    add_milestone(notice, MILESTONE_ACCEPTED, locale, out);
}

FIELD(completed)
{
    add_milestone(notice, MILESTONE_COMPLETED, locale, out);
}

FIELD(time)
{
    locale_deadline(out, notice->event_at, notice->event_at, notice->zone, locale);
}

FIELD(due)
{
    if (notice->due_at != WALL_NONE)
        locale_deadline(out, notice->due_at, notice->event_at, notice->zone, locale);
}

/* The day that ends at midnight is the one before: its last microsecond tells. */
FIELD(due_date)
{
    if (notice->due_at != WALL_NONE)
        locale_date(out, notice->due_at - 1, notice->event_at, notice->zone, locale);
}

FIELD(days_left)
{
    (void)locale;
    if (notice->due_at != WALL_NONE)
        buf_format(out, "%d", notice->workdays_left > 0 ? notice->workdays_left : 0);
}

FIELD(days_over)
{
    (void)locale;
    if (notice->due_at != WALL_NONE)
        buf_format(out, "%d", notice->workdays_left < 0 ? -notice->workdays_left : 0);
}

static void add_hours(const struct notice *notice, span_us span, struct buf *out)
{
    span_us hour = 3600 * US_PER_S;
    if (notice->due_at != WALL_NONE)
        buf_format(out, "%" PRId64, span > 0 ? (span + hour - 1) / hour : 0);
}

FIELD(hours_left)
{
    (void)locale;
    add_hours(notice, notice->open_left, out);
}

FIELD(hours_over)
{
    (void)locale;
    add_hours(notice, -notice->open_left, out);
}

static void add_workdays(struct buf *out, const char *before, int32_t days, const char *after,
                         enum locale locale)
{
    buf_text(out, before);
    locale_limit(out, (struct limit){.value = days, .unit = LIMIT_WORKDAY}, locale);
    buf_text(out, after);
}

/* A whole phrase, which reads well at zero days too. */
FIELD(remaining)
{
    static const struct {
        const char *over, *over_before, *over_after, *left_before, *left_after, *today, *soon;
    } words[LOCALES] = {
        {"已超期", "已超期", "", "还剩", "", "今日到期", "即将到期"},
        {"overdue", "", " overdue", "", " left", "due today", "due soon"},
    };
    if (notice->due_at == WALL_NONE)
        return;
    if (notice_is_overdue(notice) && notice->workdays_left < 0)
        add_workdays(out, words[locale].over_before, -notice->workdays_left,
                     words[locale].over_after, locale);
    else if (notice_is_overdue(notice))
        buf_text(out, words[locale].over);
    else if (notice->workdays_left > 0)
        add_workdays(out, words[locale].left_before, notice->workdays_left,
                     words[locale].left_after, locale);
    else if (locale_same_day(notice->due_at - 1, notice->event_at, notice->zone))
        buf_text(out, words[locale].today);
    else
        buf_text(out, words[locale].soon);
}

FIELD(counts)
{
    for (size_t i = 0; i < notice->count; i++) {
        const struct notice_count *each = &notice->counts[i];
        if (i)
            buf_text(out, locale == LOCALE_EN ? ", " : "、");
        buf_format(out, locale == LOCALE_EN ? "%s: %" PRId64 : "%s%" PRId64 "件", each->label,
                   each->clocks);
    }
}

FIELD(reminder)
{
    (void)locale;
    if (notice->reminder > 0)
        buf_format(out, "%d", notice->reminder);
}

FIELD(total)
{
    (void)locale;
    int64_t clocks = 0;
    for (size_t i = 0; i < notice->count; i++)
        clocks += notice->counts[i].clocks;
    buf_format(out, "%" PRId64, clocks);
}

const char *template_list_separator(enum locale locale)
{
    return locale == LOCALE_EN ? "; " : "；";
}

FIELD(cases)
{
    for (size_t i = 0; i < notice->case_count; i++) {
        buf_text(out, i ? template_list_separator(locale) : "");
        buf_text(out, notice->cases[i]);
    }
    buf_text(out, notice->has_more_cases ? "…" : "");
}

FIELD(departments)
{
    for (size_t i = 0; i < notice->department_count; i++) {
        const struct notice_count *each = &notice->departments[i];
        buf_text(out, i ? template_list_separator(locale) : "");
        buf_format(out, locale == LOCALE_EN ? "%s: %" PRId64 : "%s%" PRId64 "件", each->label,
                   each->clocks);
    }
}

static const struct template_field fields[] = {
    {"case_no", case_no, FIELD_EXACT, "number of the case"},
    {"item", item, FIELD_SHORTENS, "name of the item"},
    {"kind", kind, FIELD_CUT, "kind of the case: 承诺件"},
    {"window", window, FIELD_SHORTENS, "name of the window"},
    {"department", department, FIELD_SHORTENS, "name of the department"},
    {"centre", centre, FIELD_CUT, "name of the service centre"},
    {"handler", handler, FIELD_CUT, "name of the handler"},
    {"agent", agent, FIELD_CUT, "name of the agent who handles the case for the applicant"},
    {"applicant", applicant, FIELD_CUT, "name of the applicant, masked for everybody else: 张**"},
    {"recipient", recipient, FIELD_CUT, "name of who gets the message"},
    {"role", role, FIELD_CUT, "role of who gets the message: 督查室"},
    {"level", level, FIELD_CUT, "level after the event, as people call it: 黄牌"},
    {"clock", clock, FIELD_CUT, "the clock, as people call it: 办结"},
    {"other_clock", other_clock, FIELD_CUT,
     "the same of another clock than the whole case's: 受理; else nothing"},
    {"cleared", cleared, FIELD_CUT,
     "of cleared and level_withdrawn: the level that was taken back: 黄牌"},
    {"reason", reason, FIELD_CUT,
     "of level_withdrawn: who did it, and why: ，摘牌人及原因：王主任: 日期录错; else nothing"},
    {"part", part, FIELD_CUT,
     "of a joint case: the part that holds it up: ，待市场监管局（FC2026-2）办理; else nothing"},
    {"stage", stage, FIELD_CUT, "stage of the case: 审核"},
    {"result", result, FIELD_CUT, "result of the case"},
    {"limit", limit, FIELD_EXACT, "promised limit: 7个工作日"},
    {"statutory", statutory, FIELD_EXACT, "limit of the law: 20个工作日"},
    {"received", received, FIELD_EXACT, "day on which the papers came: 11月16日"},
    {"accepted", accepted, FIELD_EXACT, "day of acceptance"},
    {"completed", completed, FIELD_EXACT, "day of completion"},
    {"time", time, FIELD_EXACT, "day and time of the event: 11月20日09:00"},
    {"due", due, FIELD_EXACT, "day and time of the deadline: 11月25日17:00"},
    {"due_date", due_date, FIELD_EXACT, "day of the deadline: 11月25日"},
    {"remaining", remaining, FIELD_EXACT,
     "还剩3个工作日, 今日到期, 即将到期, 已超期 or 已超期2个工作日"},
    {"days_left", days_left, FIELD_EXACT, "working days left after today; 0 when past"},
    {"days_over", days_over, FIELD_EXACT, "working days since the deadline; 0 before"},
    {"hours_left", hours_left, FIELD_EXACT, "open hours left, rounded up; 0 when past"},
    {"hours_over", hours_over, FIELD_EXACT, "open hours since the deadline, rounded up; 0 before"},
    {"counts", counts, FIELD_EXACT, "of a digest: 黄牌12件、红牌5件"},
    {"total", total, FIELD_EXACT, "of a digest: the sum of the counts"},
    {"cases", cases, FIELD_LIST,
     "of a digest: the first few cases, the worst first, as many as there is room for"},
    {"departments", departments, FIELD_LIST,
     "of a digest: how many cases of which department, the most first"},
    {"reminder", reminder, FIELD_EXACT, "of a reminder: its number, from 1: 3"},
    {"detail", detail, FIELD_CUT,
     "of an event without a case, or an irregularity: what has happened"},
};

const struct template_field *template_fields(size_t *count)
{
    *count = COUNT_OF(fields);
    return fields;
}

const struct template_field *template_field_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

const char *template_field_nearest(const char *name)
{
    const char *names[COUNT_OF(fields)];
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        names[i] = fields[i].name;
    return problem_nearest(name, names, COUNT_OF(names));
}
