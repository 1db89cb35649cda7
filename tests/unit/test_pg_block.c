/* The connection that waits, against a real server from tests/with_postgres.sh. */
#include "duban/mem.h"
#include "duban/pg_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char notices[1024];
static struct pg_block *pg;

static void on_notice(void *context, const char *severity, const char *text)
{
    (void)context;
    size_t used = strlen(notices);
    snprintf(notices + used, sizeof notices - used, "%s %s;", severity, text);
}

static int open_it(void **state)
{
    (void)state;
    struct pg_settings settings = {
        .name = "dubanctl", .dsn = getenv("DUBAN_TEST_PG_DSN"), .read_write = true};
    struct error error;
    notices[0] = '\0';
    if (settings.dsn == NULL)
        fail_msg("run this through tests/with_postgres.sh");
    pg = pg_block_open(&settings, on_notice, NULL, &error);
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

static int64_t number(const char *sql)
{
    struct error error;
    PGresult *result = pg_block_query(pg, sql, NULL, &error);
    if (result == NULL)
        fail_msg("%s", error.text);
    int64_t value = pg_int(result, 0, 0);
    PQclear(result);
    return value;
}

/* More than a socket holds: the server comes to its end only if somebody reads. */
static void what_is_sent_is_worked_on_meanwhile(void **state)
{
    (void)state;
    struct error error;
    assert_true(
        pg_block_send(pg, "SELECT repeat('x', 1000) FROM generate_series(1, 20000)", NULL, &error));
    for (int i = 0; i < 100; i++)
        pg_block_feed(pg);
    PGresult *result = pg_block_take(pg, &error);
    assert_non_null(result);
    assert_int_equal(PQntuples(result), 20000);
    PQclear(result);
    assert_true(pg_block_send(pg, "SELECT 1 / 0", NULL, &error));
    assert_null(pg_block_take(pg, &error));
    assert_string_equal(error.text, "division by zero (SQLSTATE 22012)");
    assert_int_equal(number("SELECT 7"), 7);
}

static void a_query_takes_parameters_and_gives_a_result(void **state)
{
    (void)state;
    struct error error;
    struct pg_params *params = pg_params_create();
    pg_array_begin(params, PG_INT8);
    for (int i = 1; i <= 100; i++)
        pg_array_int(params, i);
    pg_array_end(params);
    pg_param_text(params, "合计");
    PGresult *result = pg_block_query(
        pg, "SELECT sum(n)::bigint, $2 || '!' FROM unnest($1) AS u(n)", params, &error);
    assert_non_null(result);
    assert_int_equal(pg_int(result, 0, 0), 5050);
    assert_string_equal(pg_text(result, 0, 1), "合计!");
    PQclear(result);
    pg_params_destroy(params);
    assert_int_equal(number("SELECT current_setting('statement_timeout')::int"), 0);
}

static void a_failing_query_says_why(void **state)
{
    (void)state;
    struct error error;
    assert_null(pg_block_query(pg, "SELECT 1 FROM missing", NULL, &error));
    assert_string_equal(error.text, "relation \"missing\" does not exist (SQLSTATE 42P01)");
    assert_int_equal(number("SELECT 1"), 1);
    assert_null(pg_block_query(pg, "COPY pg_class TO STDOUT", NULL, &error));
    assert_null(pg_block_query(pg, "SELECT 1; SELECT 2", NULL, &error));
    assert_int_equal(number("SELECT 2"), 2);
}

static void a_script_is_all_or_nothing(void **state)
{
    (void)state;
    struct error error;
    assert_true(pg_block_script(pg, "1.sql",
                                "CREATE TABLE s1 (a int); INSERT INTO s1 VALUES (1);;\n"
                                "SELECT * FROM s1; -- 末\n",
                                &error));
    assert_int_equal(number("SELECT count(*) FROM s1"), 1);
    assert_false(pg_block_script(pg, "2.sql",
                                 "INSERT INTO s1 VALUES (2);\nINSERT INTO s1 VALUES (1 / 0);\n"
                                 "INSERT INTO s1 VALUES (3)",
                                 &error));
    assert_string_equal(error.text, "2.sql: statement 2: division by zero (SQLSTATE 22012)");
    assert_int_equal(number("SELECT count(*) FROM s1"), 1);
    assert_true(pg_block_script(pg, "empty.sql", "", &error));
    assert_true(pg_block_script(pg, "comment.sql", "-- nothing\n", &error));
}

static void a_script_is_part_of_the_callers_transaction(void **state)
{
    (void)state;
    struct error error;
    assert_true(pg_block_script(pg, "b", "BEGIN", &error));
    assert_true(pg_block_script(pg, "1.sql", "CREATE TABLE s2 (); CREATE TABLE s3 ()", &error));
    assert_true(pg_block_script(pg, "b", "ROLLBACK", &error));
    assert_true(number("SELECT (to_regclass('s2') IS NULL)::int") == 1);
}

static void errors_point_at_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *error;
    } cases[] = {
        {"SELEC 1", "f.sql:1: syntax error at or near \"SELEC\" (SQLSTATE 42601)"},
        {"SELECT 1;\n\n-- 督办督办督办\nSELECT '办', nothing;\n",
         "f.sql:4: column \"nothing\" does not exist (SQLSTATE 42703)"},
        {"\nnonsense", "f.sql:2: syntax error at or near \"nonsense\" (SQLSTATE 42601)"},
        {"SELECT 1;\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n"
         "  RETURN 1 +;\nEND $$;",
         "f.sql:4: syntax error at end of input (SQLSTATE 42601)"},
        {"SELECT 1 +\n", "f.sql:2: syntax error at end of input (SQLSTATE 42601)"},
        {"CREATE TABLE s4 (a int);\nCOPY s4 FROM STDIN;\nSELECT 1", "f.sql: statement 2: COPY "},
        {"COPY (SELECT 1) TO STDOUT; SELECT 1 / 0", "f.sql: statement 2: division by zero"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error;
        assert_false(pg_block_script(pg, "f.sql", cases[i].sql, &error));
        if (strncmp(error.text, cases[i].error, strlen(cases[i].error)) != 0)
            assert_string_equal(error.text, cases[i].error);
        assert_int_equal(number("SELECT 5"), 5);
    }
}

static void notices_are_handed_on(void **state)
{
    (void)state;
    struct error error;
    assert_true(pg_block_script(pg, "n.sql",
                                "DO $$ BEGIN RAISE NOTICE E'注意\\nhere'; RAISE WARNING 'w';"
                                " END $$",
                                &error));
    assert_string_equal(notices, "NOTICE 注意 here;WARNING w;");
}

static void a_password_becomes_what_the_server_keeps(void **state)
{
    (void)state;
    struct error error;
    char *one = pg_block_verifier(pg, "clerk", "a password", &error);
    char *other = pg_block_verifier(pg, "clerk", "a password", &error);
    assert_int_equal(strncmp(one, "SCRAM-SHA-256$", 14), 0);
    assert_null(strstr(one, "a password"));
    assert_string_not_equal(one, other); /* each with its own salt */
    free(one);
    free(other);
}

static void who_cannot_connect_says_why(void **state)
{
    (void)state;
    struct error error;
    struct pg_settings nowhere = {.name = "dubanctl", .dsn = "host=/nonexistent"};
    assert_null(pg_block_open(&nowhere, NULL, NULL, &error));
    assert_non_null(strstr(error.text, "/nonexistent"));
    assert_null(strchr(error.text, '\n'));
    nowhere.dsn = "nonsense=1";
    assert_null(pg_block_open(&nowhere, NULL, NULL, &error));
    assert_non_null(strstr(error.text, "nonsense"));
}

static void a_lost_connection_fails_queries_and_scripts(void **state)
{
    (void)state;
    struct error error;
    assert_null(pg_block_query(pg, "SELECT pg_terminate_backend(pg_backend_pid())", NULL, &error));
    assert_non_null(strstr(error.text, "terminating connection"));
    assert_null(pg_block_query(pg, "SELECT 1", NULL, &error));
    assert_false(pg_block_script(pg, "f.sql", "SELECT 1", &error));
    assert_int_equal(strncmp(error.text, "f.sql: ", 7), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_sent_is_worked_on_meanwhile, open_it, close_it),
        cmocka_unit_test_setup_teardown(a_query_takes_parameters_and_gives_a_result, open_it,
                                        close_it),
        cmocka_unit_test_setup_teardown(a_failing_query_says_why, open_it, close_it),
        cmocka_unit_test_setup_teardown(a_script_is_all_or_nothing, open_it, close_it),
        cmocka_unit_test_setup_teardown(a_script_is_part_of_the_callers_transaction, open_it,
                                        close_it),
        cmocka_unit_test_setup_teardown(errors_point_at_the_line, open_it, close_it),
        cmocka_unit_test_setup_teardown(notices_are_handed_on, open_it, close_it),
        cmocka_unit_test_setup_teardown(a_password_becomes_what_the_server_keeps, open_it,
                                        close_it),
        cmocka_unit_test(who_cannot_connect_says_why),
        cmocka_unit_test_setup_teardown(a_lost_connection_fails_queries_and_scripts, open_it,
                                        close_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
