/* Rows counted by what is wrong with them. */
#include "setup_rows.h"

#include "duban/buf.h"
#include "duban/mask.h"
#include "duban/mem.h"
#include "duban/phone.h"

#include <string.h>

#define CODES_MOST         2000
#define EXAMPLE_BYTES_MOST 4096

static struct row_group *group_of(struct row_report *report, const struct row_kind *kind,
                                  const char *column)
{
    for (size_t i = 0; i < report->group_count; i++) {
        struct row_group *group = &report->groups[i];
        if (group->kind == kind && strcmp(group->column, column) == 0)
            return group;
    }
    if (report->group_count == ROW_GROUPS_MOST) /* more kinds than there are */
        return &report->groups[ROW_GROUPS_MOST - 1];
    struct row_group *group = &report->groups[report->group_count++];
    group->kind = kind;
    memcpy(group->column, column, ROW_COLUMN_BYTES);
    return group;
}

static void count(struct row_report *report, struct row_group *group, const char *case_no,
                  const char *sentence)
{
    if (group->count < ROW_CASES_TOLD)
        group->cases[group->count] = mem_text(case_no);
    group->count++;
    report->wrong++;
    if (group->example)
        return;
    AUTO_BUF masked;
    buf_init(&masked, EXAMPLE_BYTES_MOST);
    mask_text(&masked, sentence);
    group->example = buf_take(&masked);
}

void row_report_wrong(struct row_report *report, const char *case_no, const char *sentence)
{
    char column[ROW_COLUMN_BYTES] = "";
    const struct row_kind *kind = row_kind_of(sentence, column);
    count(report, group_of(report, kind, column), case_no, sentence);
}

void row_report_twice(struct row_report *report, const char *case_no)
{
    const char column[ROW_COLUMN_BYTES] = "";
    count(report, group_of(report, &row_kind_twice, column), case_no, "");
}

static void add_code(struct names *names, const char *code)
{
    if (code[0] && names->count < CODES_MOST)
        names_number(names, code);
}

void row_report_fine(struct row_report *report, const struct facts *facts)
{
    char phone[PHONE_BYTES];
    add_code(&report->windows, facts->window_code);
    add_code(&report->departments, facts->department_code);
    if (facts->applicant_phone[0] == '\0')
        report->without_phone++;
    else if (!phone_read(facts->applicant_phone, phone, NULL))
        report->bad_phone++;
}

void row_report_finish(struct row_report *report)
{
    for (size_t i = 0; i < report->group_count; i++) {
        for (size_t j = 0; j < ROW_CASES_TOLD; j++)
            free(report->groups[i].cases[j]);
        free(report->groups[i].example);
    }
    names_finish(&report->windows);
    names_finish(&report->departments);
    *report = (struct row_report){0};
}
