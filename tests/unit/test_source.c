/* The source contract against real views, from tests/with_postgres.sh: which columns may be
 * missing, and that rows are read the same whichever are. */
#include "duban/mem.h"
#include "duban/pg_block.h"
#include "duban/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define REQUIRED                                                                                   \
    "SELECT no AS case_no, 'I1'::varchar AS item_code, '事项'::text AS item_name,"               \
    " 'special'::text AS kind, 'D1'::text AS department_code, 'W1'::text AS window_code,"          \
    " NULL::text AS handler_name, NULL::text AS handler_phone, NULL::text AS applicant_name,"      \
    " NULL::text AS applicant_phone, 5::smallint AS limit_value, 'workday'::text AS limit_unit,"   \
    " NULL::int AS statutory_value, NULL::text AS statutory_unit,"                                 \
    " NULL::timestamptz AS promised_due_at, 'processing'::text AS stage, 'open'::text AS status,"  \
    " at AS received_at, at AS accepted_at, NULL::timestamptz AS processed_at,"                    \
    " NULL::timestamptz AS reviewed_at, NULL::timestamptz AS approved_at,"                         \
    " NULL::timestamptz AS completed_at, '[]'::jsonb AS suspensions, NULL::text AS result,"        \
    " NULL::text AS parent_case_no, at AS updated_at"
#define CASES " FROM (VALUES ('A1'::text, timestamptz '2026-03-02 09:00+08')) AS c (no, at)"
#define EXTENSION                                                                                   \
    "'[{\"value\": 10, \"unit\": \"workday\", \"approver\": \"负责人\", \"reason\": \"复杂\"," \
    " \"at\": \"2026-03-03T09:00:00+08:00\"}]'"
#define OPTIONAL                                                                                   \
    ", 'green_channel'::text AS project_class, '代办员'::text AS agent_name,"                   \
    " '19900000801'::varchar AS agent_phone, at AS reopened_at, " EXTENSION                        \
    "::jsonb AS extensions, '{\"amount\": 1.50, \"online\": true}'::json AS attributes"

static struct pg_block *pg;

static int open_it(void **state)
{
    (void)state;
    struct pg_settings settings = {
        .name = "test", .dsn = getenv("DUBAN_TEST_PG_DSN"), .read_write = true};
    struct error error;
    if (settings.dsn == NULL)
        fail_msg("run this through tests/with_postgres.sh");
    pg = pg_block_open(&settings, NULL, NULL, &error);
    if (pg == NULL)
        fail_msg("%s", error.text);
    return 0;
}

static int close_it(void **state)
{
    (void)state;
    pg_block_close(pg);
    return 0;
}

static PGresult *ask(const char *sql, const struct pg_params *params)
{
    struct error error;
    PGresult *result = pg_block_query(pg, sql, params, &error);
    if (result == NULL)
        fail_msg("%s", error.text);
    return result;
}

static void show(const char *query)
{
    struct error error;
    AUTO_FREE char *sql =
        mem_format("DROP VIEW IF EXISTS \"The view\"; CREATE VIEW \"The view\" AS "
                   "%s",
                   query);
    if (!pg_block_script(pg, "view", sql, &error))
        fail_msg("%s", error.text);
}

/* Whether the view that is shown satisfies the contract; each problem is a line of `found`. */
static bool check(struct source_columns *columns, struct buf *found)
{
    struct problems problems = {0};
    struct pg_params *params = pg_params_create();
    pg_param_text(params, "public.The view");
    PGresult *result = ask(source_check_sql, params);
    bool fine = source_check(result, "The view", columns, &problems);
    for (size_t i = 0; i < problems.count; i++)
        buf_format(found, "%s\n", problems.items[i].text);
    problems_finish(&problems);
    PQclear(result);
    pg_params_destroy(params);
    return fine;
}

/* The rows of `numbers` in the view that is shown. */
static PGresult *rows(const char *const *numbers, size_t count)
{
    struct source_columns columns;
    struct source_sql sql;
    AUTO_BUF none;
    buf_init(&none, 4096);
    assert_true(check(&columns, &none));
    source_sql_init(&sql, "The view", &columns);
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < count; i++)
        pg_array_text(params, numbers[i]);
    pg_array_end(params);
    PGresult *result = ask(sql.cases, params);
    pg_params_destroy(params);
    source_sql_finish(&sql);
    return result;
}

static void problems_name_the_columns(void **state)
{
    (void)state;
    static const struct {
        const char *view, *problems, *lacks;
    } cases[] = {
        {REQUIRED OPTIONAL CASES, "", ""},
        {REQUIRED ", 7 AS own_column" CASES, "",
         "project_class, agent_name, agent_phone, reopened_at, extensions, attributes"},
        {REQUIRED ", NULL::jsonb AS extensions, NULL::text AS agent_phone" CASES, "",
         "project_class, agent_name, reopened_at, attributes"},
        {REQUIRED ", 1 AS project_class, NULL::timestamp AS reopened_at, '[]'::text AS extensions,"
                  " NULL::text[] AS attributes" CASES,
         "column project_class has type integer, expected text\n"
         "column reopened_at has type timestamp without time zone, expected timestamptz\n"
         "column extensions has type text, expected jsonb\n"
         "column attributes has type text[], expected jsonb\n",
         NULL},
        {"SELECT limit_value::text, suspensions::text, updated_at FROM (" REQUIRED CASES
         ") AS all_of",
         "column case_no (text) is missing\ncolumn item_code (text) is missing\n"
         "column item_name (text) is missing\ncolumn kind (text) is missing\n"
         "column department_code (text) is missing\ncolumn window_code (text) is missing\n"
         "column handler_name (text) is missing\ncolumn handler_phone (text) is missing\n"
         "column applicant_name (text) is missing\ncolumn applicant_phone (text) is missing\n"
         "column limit_value has type text, expected integer\n"
         "column limit_unit (text) is missing\ncolumn statutory_value (integer) is missing\n"
         "column statutory_unit (text) is missing\n"
         "column promised_due_at (timestamptz) is missing\ncolumn stage (text) is missing\n"
         "column status (text) is missing\ncolumn received_at (timestamptz) is missing\n"
         "column accepted_at (timestamptz) is missing\n"
         "column processed_at (timestamptz) is missing\n"
         "column reviewed_at (timestamptz) is missing\n"
         "column approved_at (timestamptz) is missing\n"
         "column completed_at (timestamptz) is missing\n"
         "column suspensions has type text, expected jsonb\ncolumn result (text) is missing\n"
         "column parent_case_no (text) is missing\n",
         NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct source_columns columns;
        AUTO_BUF found;
        buf_init(&found, 8192);
        show(cases[i].view);
        assert_int_equal(check(&columns, &found), cases[i].lacks != NULL);
        assert_string_equal(buf_string(&found), cases[i].problems);
        if (cases[i].lacks) {
            AUTO_FREE char *lacks = source_lacks(&columns);
            assert_string_equal(lacks, cases[i].lacks);
        }
    }
}

static void optional_columns_are_read(void **state)
{
    (void)state;
    struct facts facts;
    struct error error;
    show(REQUIRED OPTIONAL CASES);
    PGresult *result = rows((const char *[]){"A1"}, 1);
    assert_int_equal(PQntuples(result), 1);
    assert_true(source_row(result, 0, &facts, &error));
    assert_string_equal(facts.case_no, "A1");
    assert_string_equal(facts.project_class, "green_channel");
    assert_string_equal(facts.agent_name, "代办员");
    assert_string_equal(facts.agent_phone, "19900000801");
    assert_int_equal(facts.reopened_at, facts.at[MILESTONE_ACCEPTED]);
    assert_int_equal(facts.extension_count, 1);
    assert_int_equal(facts.extensions[0].more.value, 10);
    assert_string_equal(facts.extensions[0].approver, "负责人");
    assert_int_equal(facts.extensions[0].at, facts.updated_at + US_PER_DAY);
    assert_int_equal(facts.attribute_count, 2);
    assert_string_equal(facts.attributes[0].name, "amount");
    assert_string_equal(facts.attributes[0].value, "1.50");
    PQclear(result);
}

/* As if they were null. */
static void a_view_may_lack_any_of_them(void **state)
{
    (void)state;
    static const char *const views[] = {
        REQUIRED CASES,
        REQUIRED ", NULL::jsonb AS attributes, NULL::text AS agent_name" CASES,
        REQUIRED ", '[]'::jsonb AS extensions, '{}'::jsonb AS attributes" CASES,
    };
    for (size_t i = 0; i < COUNT_OF(views); i++) {
        struct facts facts;
        struct error error;
        show(views[i]);
        PGresult *result = rows((const char *[]){"A1", "A2"}, 2);
        assert_int_equal(PQntuples(result), 1);
        assert_true(source_row(result, 0, &facts, &error));
        assert_int_equal(facts.limit.value, 5);
        assert_string_equal(facts.window_code, "W1");
        assert_string_equal(facts.project_class, "");
        assert_string_equal(facts.agent_name, "");
        assert_string_equal(facts.agent_phone, "");
        assert_int_equal(facts.reopened_at, WALL_NONE);
        assert_int_equal(facts.extension_count, 0);
        assert_int_equal(facts.attribute_count, 0);
        PQclear(result);
    }
}

/* No view holds it, and it has no extension, whatever the view's cases have. */
static void the_selftests_case_is_there_with_and_without_them(void **state)
{
    (void)state;
    static const char *const views[] = {REQUIRED CASES, REQUIRED OPTIONAL CASES};
    for (size_t i = 0; i < COUNT_OF(views); i++) {
        struct facts facts;
        struct error error;
        show(views[i]);
        PGresult *result = rows((const char *[]){"duban-selftest-1780000000-TEST"}, 1);
        assert_int_equal(PQntuples(result), 1);
        assert_true(source_row(result, 0, &facts, &error));
        assert_true(facts_check(&facts, INT64_C(1780000000) * US_PER_S, 0, &error));
        assert_string_equal(facts.item_code, SELFTEST_ITEM);
        assert_string_equal(facts.window_code, "TEST");
        assert_int_equal(facts.at[MILESTONE_ACCEPTED], INT64_C(1779996400) * US_PER_S);
        assert_int_equal(facts.extension_count + facts.attribute_count, 0);
        assert_string_equal(facts.project_class, "");
        PQclear(result);
    }
}

static void broken_rows_say_why(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {REQUIRED ", '{}'::jsonb AS extensions" CASES, "extensions: not a JSON array"},
        {REQUIRED ", '[{\"value\": 1, \"unit\": \"旬\"}]'::jsonb AS extensions" CASES,
         "extensions: number 1: unknown unit '旬'; expected workday, day, workhour or hour"},
        {REQUIRED ", '[]'::jsonb AS attributes" CASES, "attributes: not a JSON object"},
        {REQUIRED ", '{\"a\": {}}'::jsonb AS attributes" CASES,
         "attributes: 'a' is an object; expected a text, a number, true or false"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facts facts;
        struct error error;
        show(cases[i][0]);
        PGresult *result = rows((const char *[]){"A1"}, 1);
        assert_false(source_row(result, 0, &facts, &error));
        assert_string_equal(error.text, cases[i][1]);
        assert_string_equal(facts.case_no, "A1");
        assert_true(facts.updated_at > 0);
        PQclear(result);
    }
}

/* Every statement is one that the server takes, for a name that needs its quotes. */
static void pages_have_the_same_columns(void **state)
{
    (void)state;
    struct source_columns columns;
    struct source_sql sql;
    AUTO_BUF none;
    buf_init(&none, 4096);
    show(REQUIRED ", NULL::text AS agent_name" CASES);
    assert_true(check(&columns, &none));
    source_sql_init(&sql, "public.The view", &columns);
    const char *const pages[] = {sql.page, sql.first_page, sql.open_after};
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        struct facts facts;
        struct error error;
        struct pg_params *params = pg_params_create();
        if (i < 2)
            pg_param_instant(params, 0);
        pg_param_text(params, "");
        pg_param_int(params, 10);
        PGresult *result = ask(pages[i], params);
        assert_int_equal(PQntuples(result), 1);
        assert_true(source_row(result, 0, &facts, &error));
        assert_string_equal(facts.item_name, "事项");
        PQclear(result);
        pg_params_destroy(params);
    }
    PGresult *result = ask(sql.high_mark, NULL);
    assert_int_equal(pg_instant(result, 0, 0), INT64_C(1772413200) * US_PER_S);
    PQclear(result);
    source_sql_finish(&sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems_name_the_columns),
        cmocka_unit_test(optional_columns_are_read),
        cmocka_unit_test(a_view_may_lack_any_of_them),
        cmocka_unit_test(the_selftests_case_is_there_with_and_without_them),
        cmocka_unit_test(broken_rows_say_why),
        cmocka_unit_test(pages_have_the_same_columns),
    };
    return cmocka_run_group_tests(tests, open_it, close_it);
}
