/* The view's rows, read a page at a time and looked at as intake would; then told. */
#include "setup.h"

#include "message_text.h"
#include "row_accept.h"
#include "setup_rows.h"

#include "duban/mem.h"
#include "duban/utf8.h"

#include <stdio.h>
#include <string.h>

#define PAGE_ROWS  1000
#define CHANGES_US (30 * US_PER_DAY) /* of cases that have ended only the recent ones matter */
#define CODES_TOLD 20
#define WORD_BYTES 60
#define TEXT_MOST  4096

struct reading {
    struct setup *setup;
    struct pg_block *pg;
    struct row_report report;
    int64_t room; /* rows that may still be looked at */
    wall_us at;   /* the last row's, where the next page begins */
    char *case_no;
};

/* --- reading --- */

static bool is_open(const PGresult *page, int row)
{
    const char *status = pg_text(page, row, PQfnumber(page, "status"));
    return strcmp(status, "open") == 0 || strcmp(status, "suspended") == 0;
}

static void look_at_row(struct reading *reading, const PGresult *page, int row)
{
    struct facts facts;
    struct error error;
    struct row_report *report = &reading->report;
    if (row_accept(reading->setup->config, page, row, reading->setup->now, &facts, &error))
        row_report_fine(report, &facts);
    else
        row_report_wrong(report, facts.case_no, error.text);
    reading->room--;
}

static void look_at_repeat(struct reading *reading, const char *case_no)
{
    row_report_twice(&reading->report, case_no);
    reading->room--;
}

static void remember(struct reading *reading, const PGresult *page)
{
    struct facts facts;
    struct error ignored;
    int last = PQntuples(page) - 1;
    if (last < 0)
        return;
    (void)!source_row(page, last, &facts, &ignored); /* number and instant are there in any case */
    free(reading->case_no);
    reading->case_no = mem_text(facts.case_no);
    reading->at = facts.updated_at;
}

/* The next page: by number, or (`by_change`) by last change. NULL on failure. */
static PGresult *next_page(struct reading *reading, const char *statement, bool by_change,
                           struct error *error)
{
    struct pg_params *params = pg_params_create();
    if (by_change)
        pg_param_instant(params, reading->at);
    pg_param_text(params, reading->case_no);
    pg_param_int(params, PAGE_ROWS);
    PGresult *page = pg_block_query(reading->pg, statement, params, error);
    pg_params_destroy(params);
    return page;
}

static void look_at_open(struct reading *reading, const PGresult *page)
{
    const char *before = "";
    for (int row = 0; row < PQntuples(page) && reading->room > 0; row++) {
        const char *case_no = pg_text(page, row, PQfnumber(page, "case_no"));
        bool twice = case_no[0] && strcmp(case_no, before) == 0;
        before = case_no;
        reading->report.open++;
        if (twice)
            look_at_repeat(reading, case_no);
        else
            look_at_row(reading, page, row);
    }
}

/* Open cases have been looked at by their numbers, but for those without one. */
static void look_at_others(struct reading *reading, const PGresult *page)
{
    for (int row = 0; row < PQntuples(page) && reading->room > 0; row++) {
        bool open = is_open(page, row);
        if (open && pg_text(page, row, PQfnumber(page, "case_no"))[0])
            continue;
        open ? reading->report.open++ : reading->report.ended++;
        look_at_row(reading, page, row);
    }
}

static bool read_pages(struct reading *reading, const char *statement, bool by_change,
                       struct error *error)
{
    for (int rows = PAGE_ROWS; rows == PAGE_ROWS && reading->room > 0;) {
        PGresult *page = next_page(reading, statement, by_change, error);
        if (page == NULL)
            return false;
        rows = PQntuples(page);
        by_change ? look_at_others(reading, page) : look_at_open(reading, page);
        remember(reading, page);
        PQclear(page);
    }
    reading->report.cut |= reading->room == 0;
    return true;
}

/* Open cases first, since these are watched; then what else has changed of late. */
static bool read_all(struct reading *reading, const struct source_sql *sql, int64_t rows,
                     struct error *error)
{
    reading->case_no = mem_text("");
    reading->room = rows;
    if (!read_pages(reading, sql->open_after, false, error))
        return false;
    PGresult *mark = pg_block_query(reading->pg, sql->high_mark, NULL, error);
    if (mark == NULL)
        return false;
    wall_us newest = pg_instant(mark, 0, 0);
    PQclear(mark);
    if (newest == WALL_NONE)
        return true;
    reading->at = newest - CHANGES_US;
    free(reading->case_no);
    reading->case_no = mem_text("");
    reading->room = rows;
    return read_pages(reading, sql->page, true, error);
}

/* --- telling --- */

static void tell_total(struct setup *setup, const struct row_report *report)
{
    const struct context *context = setup->context;
    int64_t looked = report->open + report->ended;
    enum grade grade = looked == 0 ? GRADE_WARNING : GRADE_OK;
    if (report->wrong > 0)
        grade = report->wrong >= looked ? GRADE_BAD : GRADE_WARNING;
    doctor_find(
        &setup->doctor, grade, "source",
        looked == 0 ? in_words(context, "视图是空的：检查它的条件",
                               "the view is empty: look at its condition")
                    : in_words(context, "按下列各项更正；未更正的行会被搁置，更正后自动恢复",
                               "mend them as told below; until then such rows are set aside"),
        in_words(context,
                 "检查了在办件 %lld 行、近期办结等 %lld 行%s：可用 %lld 行，无法使用 %lld 行",
                 "looked at %lld open cases and %lld that ended lately%s: %lld fine, %lld wrong"),
        (long long)report->open, (long long)report->ended,
        report->cut ? in_words(context, "（还有更多，可用 --rows）", " (there are more: --rows)")
                    : "",
        (long long)(looked - report->wrong), (long long)report->wrong);
}

/* One of a list: a number or a code, as much of it as anybody needs. */
static void add_word(struct buf *out, const struct context *context, const char *word)
{
    buf_text(out, out->length ? in_words(context, "、", ", ") : "");
    const char *shown = word[0] ? word : "''";
    buf_format(out, "%.*s", (int)utf8_cut(shown, WORD_BYTES), shown);
}

static void tell_group(struct setup *setup, const struct row_group *group)
{
    const struct context *context = setup->context;
    AUTO_BUF cases;
    buf_init(&cases, TEXT_MOST);
    for (size_t i = 0; i < ROW_CASES_TOLD && group->cases[i]; i++)
        add_word(&cases, context, group->cases[i]);
    AUTO_FREE char *example =
        group->example && group->example[0]
            ? mem_format(in_words(context, "；如：%s", "; as: %s"), group->example)
            : mem_text("");
    doctor_find(
        &setup->doctor, GRADE_WARNING, "source",
        in_words(context, group->kind->chinese_remedy, group->kind->english_remedy),
        in_words(context, "%lld 行 %s%s%s（%s%s%s）", "%lld: %s%s%s (%s%s%s)"),
        (long long)group->count, in_words(context, group->kind->chinese, group->kind->english),
        group->column[0] ? in_words(context, "：", ": ") : "", group->column, buf_string(&cases),
        group->count > ROW_CASES_TOLD ? in_words(context, " 等", ", …") : "", example);
}

static void tell_phones(struct setup *setup, const struct row_report *report)
{
    const struct context *context = setup->context;
    if (report->bad_phone == 0)
        return;
    doctor_find(
        &setup->doctor, GRADE_WARNING, "source",
        in_words(context, "在审批系统中更正号码；这些申请人收不到短信",
                 "mend the numbers in the approval system; these applicants get no message"),
        in_words(context, "申请人电话不是可用的手机号：%lld 行；没有电话：%lld 行",
                 "applicants' numbers that can't receive messages: %lld; none: %lld"),
        (long long)report->bad_phone, (long long)report->without_phone);
}

/* Those of the codes that the directory doesn't know; none while there is no database. */
static void find_strange(struct setup *setup, const struct names *codes, json_t *strange)
{
    struct error ignored;
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < codes->count; i++)
        pg_array_text(params, codes->texts[i]);
    pg_array_end(params);
    PGresult *result =
        setup->state ? pg_block_query(setup->state,
                                      "SELECT c FROM unnest($1::text[]) WITH ORDINALITY AS u (c, n)"
                                      " WHERE NOT EXISTS (SELECT FROM duban.recipient r"
                                      " WHERE r.code = c COLLATE \"C\") ORDER BY n",
                                      params, &ignored)
                     : NULL;
    for (int row = 0; result && row < PQntuples(result); row++)
        json_array_append_new(strange, json_string(pg_text(result, row, 0)));
    PQclear(result);
    pg_params_destroy(params);
}

static void tell_strange(struct setup *setup, const json_t *strange, const char *chinese,
                         const char *english)
{
    const struct context *context = setup->context;
    size_t count = json_array_size(strange);
    AUTO_BUF codes;
    buf_init(&codes, TEXT_MOST);
    for (size_t i = 0; i < count && i < CODES_TOLD; i++)
        add_word(&codes, context, json_string_value(json_array_get(strange, i)));
    if (count > 0)
        doctor_find(&setup->doctor, GRADE_WARNING, "directory",
                    in_words(context, "编入通讯录后执行 dubanctl directory import",
                             "put them into the directory, then dubanctl directory import"),
                    in_words(context, "通讯录中没有的%s %zu 个：%s%s",
                             "%s that the directory doesn't know: %zu: %s%s"),
                    in_words(context, chinese, english), count, buf_string(&codes),
                    count > CODES_TOLD ? " …" : "");
}

static json_t *groups_json(const struct context *context, const struct row_report *report)
{
    json_t *groups = json_array();
    for (size_t i = 0; i < report->group_count; i++) {
        const struct row_group *group = &report->groups[i];
        json_t *cases = json_array();
        for (size_t j = 0; j < ROW_CASES_TOLD && group->cases[j]; j++)
            json_array_append_new(cases, json_string(group->cases[j]));
        json_array_append_new(
            groups,
            json_pack("{s:s, s:s, s:I, s:o, s:s, s:s, s:s}", "kind", group->kind->name, "column",
                      group->column, "count", (json_int_t)group->count, "cases", cases, "what",
                      in_words(context, group->kind->chinese, group->kind->english), "remedy",
                      in_words(context, group->kind->chinese_remedy, group->kind->english_remedy),
                      "example", group->example ? group->example : ""));
    }
    return groups;
}

static void tell_report(struct setup *setup, const struct row_report *report)
{
    json_t *windows = json_array(), *departments = json_array();
    tell_total(setup, report);
    for (size_t i = 0; i < report->group_count; i++)
        tell_group(setup, &report->groups[i]);
    tell_phones(setup, report);
    find_strange(setup, &report->windows, windows);
    find_strange(setup, &report->departments, departments);
    tell_strange(setup, windows, "窗口", "windows");
    tell_strange(setup, departments, "部门", "departments");
    setup->rows =
        json_pack("{s:I, s:I, s:I, s:I, s:b, s:o, s:I, s:I, s:o, s:o}", "open",
                  (json_int_t)report->open, "ended", (json_int_t)report->ended, "fine",
                  (json_int_t)(report->open + report->ended - report->wrong), "wrong",
                  (json_int_t)report->wrong, "cut", (int)report->cut, "kinds",
                  groups_json(setup->context, report), "bad_phones", (json_int_t)report->bad_phone,
                  "without_phone", (json_int_t)report->without_phone, "strange_windows", windows,
                  "strange_departments", departments);
}

static int most_first(const void *left, const void *right)
{
    const struct row_group *a = left, *b = right;
    return (b->count > a->count) - (b->count < a->count);
}

void setup_read_rows(struct setup *setup, struct pg_block *pg, const struct source_sql *sql)
{
    struct error error;
    struct reading reading = {.setup = setup, .pg = pg};
    int64_t rows = strtoll(setup_text(setup, ANSWER_ROWS), NULL, 10);
    struct row_report *report = &reading.report;
    bool good = read_all(&reading, sql, rows, &error);
    qsort(report->groups, report->group_count, sizeof *report->groups, most_first);
    if (good)
        tell_report(setup, report);
    else
        doctor_find(&setup->doctor, GRADE_BAD, "source",
                    in_words(setup->context, "见 docs/source.md 的索引一节",
                             "see the indexes in docs/source.md"),
                    in_words(setup->context, "视图读取失败：%s", "the view can't be read: %s"),
                    error.text);
    free(reading.case_no);
    row_report_finish(report);
}
