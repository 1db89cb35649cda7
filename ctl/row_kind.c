/* The kinds of mistakes, the first that fits counts. */
#include "row_kind.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define SUSPENSION_REMEDY                                                                          \
    "在视图中写成 [{\"reason\",\"from\",\"to\"}]，按时间先后、互不重叠，只有最后一段可以没有 to",  \
        "let the view write [{\"reason\",\"from\",\"to\"}] in order of time, without overlap; "    \
        "only "                                                                                    \
        "the last may have no `to`"

static const struct row_kind kinds[] = {
    {"no_case_no", "case_no is empty", NULL, false, "没有办件编号", "no case number",
     "case_no 不可为空", "case_no must not be empty"},
    {"bad_case_no", "case_no ", NULL, false, "办件编号过长或含有控制字符",
     "a case number that is too long or has control characters", "在视图中去掉多余的字符",
     "let the view leave these characters out"},
    {"unknown_status", "status ", NULL, false, "状态（status）不在约定之内",
     "a status outside of the contract",
     "在视图中映射为 open、suspended、completed、returned 或 withdrawn",
     "let the view map it to open, suspended, completed, returned or withdrawn"},
    {"unknown_stage", "stage ", NULL, false, "环节（stage）不在约定之内",
     "a stage outside of the contract",
     "在视图中映射为 received、accepted、processing、review、approval 或 completed",
     "let the view map it to received, accepted, processing, review, approval or completed"},
    {"no_place", "window_code and department_code", NULL, false, "窗口和部门编码都为空，无人可告知",
     "neither window nor department, so nobody could be told", "至少填写其一",
     "give at least one of window_code and department_code"},
    {"no_limit", "limit_value is null", NULL, false, "没有承诺时限（limit_value 为空）",
     "no promised limit (limit_value is null)", "补上承诺时限，或在视图中取法定时限",
     "fill it in, or let the view fall back to the statutory limit"},
    {"no_statutory", "statutory_value is null", NULL, false, "没有法定时限（statutory_value 为空）",
     "no statutory limit (statutory_value is null)", "补上法定时限，或调整计时配置",
     "fill it in, or change the clock"},
    {"bad_limit", "limit_value is", NULL, false, "承诺时限超出范围",
     "a promised limit out of range", "应为 0 到 100000 的整数",
     "it must be a whole number from 0 to 100,000"},
    {"bad_statutory", "statutory_value is", NULL, false, "法定时限超出范围",
     "a statutory limit out of range", "应为 0 到 100000 的整数",
     "it must be a whole number from 0 to 100,000"},
    {"unknown_unit", NULL, "unknown unit", true, "时限单位不在约定之内",
     "a unit outside of the contract", "在视图中映射为 workday、day、workhour 或 hour",
     "let the view map it to workday, day, workhour or hour"},
    {"in_future", NULL, "lies in the future", true, "时间在将来", "an instant in the future",
     "检查时区（列应为 timestamptz）和录入错误",
     "look at the time zone (the column is a timestamptz) and for typing errors"},
    {"no_updated_at", "updated_at is empty", NULL, false, "没有更新时间（updated_at 为空）",
     "updated_at is empty", "每次变更都必须更新 updated_at", "every change must set updated_at"},
    {"no_accepted_at", "accepted_at is empty", NULL, false,
     "已过收件环节，但没有受理时间（accepted_at）", "past its reception, but without accepted_at",
     "补上受理时间，或把环节改为 received", "fill it in, or let the stage be received"},
    {"no_completed_at", "the status is completed, but completed_at", NULL, false,
     "已办结，但没有办结时间（completed_at）", "completed, but without completed_at",
     "补上办结时间", "fill it in"},
    {"not_completed", "the status is ", "but completed_at is given", false,
     "在办，但有办结时间（completed_at）", "still open, but with completed_at",
     "改状态，或清空办结时间", "mend the status, or empty completed_at"},
    {"not_suspended", "the status is suspended", NULL, false, "状态为停表，但没有未结束的停表时段",
     "suspended, but no suspension is open", "补上没有 to 的停表时段，或把状态改为 open",
     "add the suspension without `to`, or let the status be open"},
    {"still_suspended", "the status is open", NULL, false, "状态为在办，但最后一段停表没有结束",
     "open, but its last suspension hasn't ended", "补上停表结束时间，或把状态改为 suspended",
     "give that suspension its `to`, or let the status be suspended"},
    {"suspension_key", "suspensions: ", "unknown key", false, "停表时段（suspensions）有未约定的键",
     "suspensions with a key outside of the contract", SUSPENSION_REMEDY},
    {"suspension_order", "suspensions: ", "begins before the one before", false, "停表时段相互重叠",
     "suspensions that overlap", SUSPENSION_REMEDY},
    {"suspension_open", "suspensions: ", "is still open, but", false,
     "未结束的停表时段不是最后一段", "an open suspension that isn't the last", SUSPENSION_REMEDY},
    {"suspension_ends", "suspensions: ", "ends before it begins", false, "停表结束早于开始",
     "a suspension that ends before it begins", SUSPENSION_REMEDY},
    {"bad_suspensions", "suspensions: ", NULL, false, "停表时段（suspensions）无法理解",
     "suspensions that aren't understood", SUSPENSION_REMEDY},
    {"bad_extensions", "extensions: ", NULL, false, "延期（extensions）无法理解",
     "extensions that aren't understood",
     "在视图中写成 [{\"value\",\"unit\",\"approver\",\"reason\",\"at\"}]",
     "let the view write [{\"value\",\"unit\",\"approver\",\"reason\",\"at\"}]"},
    {"bad_attributes", "attributes: ", NULL, false, "其他属性（attributes）无法理解",
     "attributes that aren't understood", "在视图中写成一层的 JSON 对象，值为文本、数字或真假",
     "let the view write one flat object of texts, numbers and truth values"},
    {"beyond_calendar", NULL, "lies beyond it", false, "期限超出工作日历的最后一天",
     "a deadline beyond the calendar's last day",
     "公布下一年节假日安排后补充日历（dubanctl calendar import）",
     "add the next year to the calendar (dubanctl calendar import)"},
    {"before_calendar", NULL, "lies before it", false, "日期早于工作日历的第一天",
     "a date before the calendar's first day", "检查日期；在视图中略去早年的办件",
     "look at the date; let the view leave the cases of early years out"},
    {"other", NULL, NULL, false, "其他问题", "something else", "对照 docs/source.md 检查这些行",
     "compare these rows with docs/source.md"},
};

const struct row_kind row_kind_twice = {
    "twice",
    NULL,
    NULL,
    false,
    "同一办件编号出现多次",
    "a case number that is there more than once",
    "视图中每个办件只能有一行：检查关联（LEFT JOIN 到主键）",
    "the view has one row a case: look at its joins (LEFT JOIN on primary keys)"};

static bool fits(const struct row_kind *kind, const char *sentence)
{
    return (kind->begins == NULL || strncmp(sentence, kind->begins, strlen(kind->begins)) == 0) &&
           (kind->holds == NULL || strstr(sentence, kind->holds));
}

const struct row_kind *row_kind_of(const char *sentence, char column[ROW_COLUMN_BYTES])
{
    const struct row_kind *kind = kinds;
    while (!fits(kind, sentence)) /* the last fits everything */
        kind++;
    snprintf(column, ROW_COLUMN_BYTES, "%.*s", kind->by_column ? (int)strcspn(sentence, " :") : 0,
             sentence);
    return kind;
}
