/* The source, as doctor sees it: can it be read, does the view keep the contract, are its rows
 * understood, is a page read by an index. */
#include "doctor.h"

#include "row_accept.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define QUERY_US     (10 * US_PER_S)
#define ROWS_LOOKED  1000
#define REASONS_TOLD 3

static struct pg_block *connect(struct doctor *doctor)
{
    struct error error;
    const struct config_database *database = &doctor->config->source_database;
    const struct pg_settings settings = {.name = "dubanctl doctor",
                                         .dsn = database->dsn,
                                         .password = database->password,
                                         .query_timeout_us = QUERY_US,
                                         .read_only = true};
    struct pg_block *pg = pg_block_open(&settings, NULL, NULL, &error);
    if (pg == NULL)
        doctor_find(doctor, GRADE_BAD, "source",
                    in_words(doctor->context,
                             "检查 source.dsn、pg_hba.conf 和网络（docs/source.md）",
                             "look at source.dsn, pg_hba.conf and the network (docs/source.md)"),
                    in_words(doctor->context, "审批系统数据库无法连接：%s",
                             "the approval system's database can't be reached: %s"),
                    error.text);
    return pg;
}

/* The first open cases, as intake would read them. */
static void look_at_rows(struct doctor *doctor, struct pg_block *pg, const struct source_sql *sql)
{
    const struct context *context = doctor->context;
    struct error error;
    char reasons[3 * sizeof error.text] = "";
    int bad = 0;
    struct pg_params *params = pg_params_create();
    pg_param_text(params, "");
    pg_param_int(params, ROWS_LOOKED);
    PGresult *result = pg_block_query(pg, sql->open_after, params, &error);
    pg_params_destroy(params);
    for (int row = 0; result && row < PQntuples(result); row++) {
        struct facts facts;
        if (row_accept(doctor->config, result, row, (wall_us)time(NULL) * US_PER_S, &facts, &error))
            continue;
        size_t used = strlen(reasons);
        if (bad++ < REASONS_TOLD)
            snprintf(reasons + used, sizeof reasons - used, "%s%s: %s", used ? "; " : "",
                     facts.case_no, error.text);
    }
    if (result == NULL)
        doctor_find(
            doctor, GRADE_BAD, "source",
            in_words(context, "见 docs/source.md 的索引一节", "see the indexes in docs/source.md"),
            in_words(context, "在办件读取失败：%s", "open cases can't be read: %s"), error.text);
    else
        doctor_find(doctor, bad ? GRADE_WARNING : GRADE_OK, "source",
                    in_words(context, "在审批系统中更正；这些行已搁置，更正后自动恢复",
                             "mend them in the approval system; they are set aside until then"),
                    in_words(context, "抽查在办件 %d 行，其中 %d 行无法使用%s%s",
                             "%d open cases looked at, %d of them can't be worked with%s%s"),
                    PQntuples(result), bad, bad ? ": " : "", reasons);
    PQclear(result);
}

static bool plan_has(const PGresult *result, const char *word)
{
    for (int row = 0; row < PQntuples(result); row++)
        if (strstr(pg_text(result, row, 0), word))
            return true;
    return false;
}

/* Of changes, by the settings with which the daemon reads. A small table is read whole even where
 * there is an index: that is not what is asked. */
void doctor_plan(struct doctor *doctor, struct pg_block *pg, const struct source_sql *sources)
{
    const struct context *context = doctor->context;
    struct error error;
    AUTO_FREE char *sql = mem_format("EXPLAIN %s", sources->page);
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, (wall_us)time(NULL) * US_PER_S - doctor->config->source.overlap_us);
    pg_param_text(params, "");
    pg_param_int(params, doctor->config->source.batch);
    PQclear(pg_block_query(pg,
                           "SELECT set_config('enable_sort', 'off', false),"
                           " set_config('enable_seqscan', 'off', false)",
                           NULL, &error));
    PGresult *result = pg_block_query(pg, sql, params, &error);
    pg_params_destroy(params);
    bool sorted = result && (plan_has(result, "Sort") || plan_has(result, "Seq Scan"));
    if (result)
        doctor_find(doctor, sorted ? GRADE_WARNING : GRADE_OK, "source",
                    in_words(context, "按 docs/source.md 建立 (updated_at, case_no) 索引",
                             "make the index on (updated_at, case_no) of docs/source.md"),
                    sorted
                        ? in_words(context, "增量读取没有用到索引，每次要扫描全表",
                                   "changes are read without an index: each look scans the table")
                        : in_words(context, "增量读取使用索引", "changes are read by an index"));
    PQclear(result);
}

/* Each problem of its own, so that a view is mended at once. */
static void tell_problems_of_view(struct doctor *doctor, const char *relation,
                                  const struct problems *problems)
{
    const struct context *context = doctor->context;
    for (size_t i = 0; i < problems->count; i++)
        doctor_find(
            doctor, GRADE_BAD, "source",
            in_words(context, "按 docs/source.md 修改视图", "mend the view (docs/source.md)"),
            in_words(context, "视图不符合约定：%s: %s",
                     "the view doesn't keep the contract: %s: %s"),
            relation, problems->items[i].text);
}

bool doctor_view(struct doctor *doctor, struct pg_block *pg, const char *relation,
                 struct source_columns *columns)
{
    struct error error;
    struct problems problems = {0};
    struct pg_params *params = pg_params_create();
    pg_param_text(params, relation);
    PGresult *result = pg_block_query(pg, source_check_sql, params, &error);
    pg_params_destroy(params);
    if (result == NULL)
        problems_add(&problems, relation, 0, 0, "%s", error.text);
    bool fine = result && source_check(result, relation, columns, &problems);
    PQclear(result);
    if (fine) {
        AUTO_FREE char *lacks = source_lacks(columns);
        doctor_find(doctor, GRADE_OK, "source", NULL,
                    in_words(doctor->context, "视图 %s 符合约定%s%s", "%s keeps the contract%s%s"),
                    relation,
                    lacks[0] ? in_words(doctor->context, "，没有可选列 ", ", without the optional ")
                             : "",
                    lacks);
    } else {
        tell_problems_of_view(doctor, relation, &problems);
    }
    problems_finish(&problems);
    return fine;
}

void doctor_source(struct doctor *doctor)
{
    struct source_columns columns;
    struct source_sql sql;
    const char *relation = doctor->config->source.relation;
    struct pg_block *pg = connect(doctor);
    if (pg && doctor_view(doctor, pg, relation, &columns)) {
        source_sql_init(&sql, relation, &columns);
        look_at_rows(doctor, pg, &sql);
        doctor_plan(doctor, pg, &sql);
        source_sql_finish(&sql);
    }
    pg_block_close(pg);
}
