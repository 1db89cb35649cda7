/* What else is known of a case: the due instants beside each other, irregularities, the joint case,
 * silences. */
#include "explanation_tell.h"

#include <string.h>

/* --- due instants beside each other --- */

static void add_difference(struct buf *out, const struct teller *teller, const json_t *due)
{
    const json_t *difference = json_object_get(due, "difference");
    long long workdays = json_integer_value(json_object_get(difference, "workdays"));
    long long days = json_integer_value(json_object_get(difference, "days"));
    struct limit amount = {(int32_t)(workdays < 0 ? -workdays : workdays), LIMIT_WORKDAY};
    if (!json_is_object(difference)) {
        buf_text(out, say(teller, "无从比较", "nothing to compare with"));
        return;
    }
    const char *with =
        explained_call("source", explained_string(due, "compared_with"), teller->locale);
    if (json_is_true(json_object_get(difference, "same"))) {
        buf_format(out, say(teller, "与%s的到期日一致", "the same day as by the %s"), with);
        return;
    }
    bool later = days > 0;
    if (workdays == 0) {
        amount = (struct limit){(int32_t)(days < 0 ? -days : days), LIMIT_DAY};
    }
    buf_format(out,
               later ? say(teller, "比%s的到期日晚", "later than by the %s: ")
                     : say(teller, "比%s的到期日早", "earlier than by the %s: "),
               with);
    locale_limit(out, amount, teller->locale);
}

static void add_basis(struct buf *out, const struct teller *teller, const json_t *due)
{
    const char *clock =
        explained_string(due, teller->locale == LOCALE_EN ? "clock" : "clock_label");
    if (*explained_string(due, "problem")) {
        buf_text(out, explained_string(due, "problem"));
        return;
    }
    if (*clock)
        buf_format(out, say(teller, "计时“%s”", "the clock '%s'"), clock);
    else
        buf_text(out, say(teller, "未设计时，仅供对照", "no clock runs by it: for comparison"));
    if (*explained_string(due, "law")) {
        buf_text(out, say(teller, "，", ", "));
        explained_add_law(out, explained_string(due, "law"), teller->locale);
    }
}

static void tell_dues(const struct teller *teller, const json_t *dues)
{
    static const char *const columns[][LOCALES] = {
        {"来源", "by"}, {"时限", "limit"}, {"到期", "due"}, {"说明", "remark"}};
    const json_t *due;
    size_t index;
    AUTO_CELLS cells;
    cells_init(&cells);
    if (json_array_size(dues) == 0)
        return;
    teller->writer->section(teller->context, "dues",
                            say(teller, "到期对照", "due times beside each other"));
    tell_table(teller, "dues", say(teller, "承诺、法定与审批系统", "promised, statutory, theirs"),
               4, columns);
    json_array_foreach(dues, index, due)
    {
        const char *source = explained_string(due, "source");
        buf_text(&cells.items[0], explained_call("source", source, teller->locale));
        explained_add_limit(&cells.items[1], json_object_get(due, "whole"), teller->locale);
        if (strcmp(source, "approval_system") == 0) {
            explained_add_when(&cells.items[2], explained_string(due, "due_at"), teller->locale);
            add_difference(&cells.items[3], teller, due);
        } else {
            explained_add_end(&cells.items[2], explained_string(due, "due_at"), teller->locale);
            add_basis(&cells.items[3], teller, due);
        }
        cells_tell(&cells, teller, source);
    }
    teller->writer->end_table(teller->context);
}

/* --- the joint case --- */

static void tell_related(const struct teller *teller, const char *caption, const json_t *rows)
{
    static const char *const columns[][LOCALES] = {{"办件", "case"},       {"计时", "clock"},
                                                   {"部门", "department"}, {"状态", "state"},
                                                   {"级别", "level"},      {"到期", "due"}};
    const json_t *row;
    size_t index;
    AUTO_CELLS cells;
    cells_init(&cells);
    if (json_array_size(rows) == 0)
        return;
    tell_table(teller, "joint", caption, 6, columns);
    json_array_foreach(rows, index, row)
    {
        const json_t *level = json_object_get(row, "level");
        buf_text(&cells.items[0], explained_string(row, "case_no"));
        buf_text(&cells.items[1],
                 explained_string(row, teller->locale == LOCALE_EN ? "clock" : "clock_label"));
        buf_text(&cells.items[2], explained_string(row, "department"));
        buf_text(&cells.items[3],
                 explained_call("state", explained_string(row, "state"), teller->locale));
        buf_text(&cells.items[4], explained_call_level(level, teller->locale));
        explained_add_end(&cells.items[5], explained_string(row, "due_at"), teller->locale);
        cells_tell(&cells, teller, explained_string(level, "level"));
    }
    teller->writer->end_table(teller->context);
}

static void tell_joint(const struct teller *teller, const json_t *joint)
{
    const char *parent = explained_string(joint, "parent_case_no");
    const json_t *parts = json_object_get(joint, "parts");
    if (*parent == '\0' && json_array_size(parts) == 0)
        return;
    teller->writer->section(teller->context, "joint", say(teller, "联办", "joint case"));
    if (*parent)
        teller->writer->field(teller->context, say(teller, "所属联办件", "a part of"), parent);
    tell_related(teller, say(teller, "所属联办件的计时", "the clocks of the joint case"),
                 json_object_get(joint, "parent"));
    tell_related(teller, say(teller, "尚未办结的组成部分", "its parts that are still open"), parts);
}

/* --- silences --- */

static void tell_silences(const struct teller *teller, const json_t *silences)
{
    static const char *const columns[][LOCALES] = {
        {"范围", "of"}, {"自", "from"}, {"至", "until"}, {"理由", "reason"}, {"设置人", "by"}};
    const json_t *silence;
    size_t index;
    AUTO_CELLS cells;
    cells_init(&cells);
    if (json_array_size(silences) == 0)
        return;
    teller->writer->section(teller->context, "silences", say(teller, "免打扰", "silences"));
    tell_table(teller, "silences", say(teller, "生效中的免打扰", "silences in force"), 5, columns);
    json_array_foreach(silences, index, silence)
    {
        buf_format(&cells.items[0], "%s %s",
                   explained_call("scope", explained_string(silence, "scope"), teller->locale),
                   explained_string(silence, "code"));
        explained_add_when(&cells.items[1], explained_string(silence, "begins_at"), teller->locale);
        explained_add_when(&cells.items[2], explained_string(silence, "ends_at"), teller->locale);
        buf_text(&cells.items[3], explained_string(silence, "reason"));
        buf_text(&cells.items[4], explained_string(silence, "author"));
        cells_tell(&cells, teller, "silence");
    }
    teller->writer->end_table(teller->context);
}

void tell_rest(const struct teller *teller, const json_t *document)
{
    const json_t *others = json_object_get(document, "other_events");
    tell_dues(teller, json_object_get(document, "dues"));
    if (json_array_size(others) > 0) {
        teller->writer->section(teller->context, "irregularities",
                                say(teller, "异常", "irregularities"));
        tell_events(teller, others);
    }
    tell_joint(teller, json_object_get(document, "joint"));
    tell_silences(teller, json_object_get(document, "silences"));
}
