/* The connection machine with a server that is well: tests/with_postgres.sh provides it. */
#include "duban/mem.h"
#include "pg_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void queries_are_answered_in_order_and_a_failing_one_harms_no_other(void **state)
{
    (void)state;
    struct seen seen;
    start_up(&seen, 10 * US_PER_S);
    ask(&seen, 1, "CREATE TABLE t1 (a int PRIMARY KEY)", NULL);
    ask(&seen, 2, "INSERT INTO t1 VALUES (1)", NULL);
    ask(&seen, 3, "INSERT INTO t1 VALUES (1)", NULL);
    ask(&seen, 4, "INSERT INTO t1 VALUES (2)", NULL);
    ask(&seen, 5, "SELECT 'rows ' || count(*) FROM t1", NULL);
    assert_int_equal(pg_waiting(seen.pg), 5);
    assert_int_equal(seen.done, 0);
    turn_until(&seen, &seen.done, 5);
    assert_string_equal(buf_string(&seen.told), "up 1 2 3! 4 5 ");
    assert_string_equal(buf_string(&seen.text), "rows 2");
    assert_string_equal(seen.failure.sqlstate, "23505");
    assert_non_null(strstr(seen.failure.error.text, "duplicate key"));
    assert_null(strstr(seen.failure.error.text, "(1)"));
    assert_int_equal(pg_waiting(seen.pg), 0);
    stop(&seen);
}

static void a_statement_that_fails_at_its_commit_is_told_as_failed(void **state)
{
    (void)state;
    struct seen seen;
    start_up(&seen, 10 * US_PER_S);
    ask(&seen, 1, "CREATE TABLE t2 (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)", NULL);
    ask(&seen, 2, "INSERT INTO t2 VALUES (1), (1) RETURNING 'inserted'", NULL);
    ask(&seen, 3, "SELECT 'rows ' || count(*) FROM t2", NULL);
    turn_until(&seen, &seen.done, 3);
    assert_string_equal(buf_string(&seen.told), "up 1 2! 3 ");
    assert_string_equal(seen.failure.sqlstate, "23505");
    assert_string_equal(buf_string(&seen.text), "rows 0");
    stop(&seen);
}

static void the_session_is_as_the_settings_say(void **state)
{
    (void)state;
    struct seen seen;
    AUTO_FREE char *text = mem_format("%s options='-c search_path=pg_catalog'", dsn());
    start(&seen, &(struct pg_settings){.name = "duband it's",
                                       .dsn = text,
                                       .password = "p'w\\",
                                       .query_timeout_us = 2 * US_PER_S,
                                       .read_only = true});
    turn_until(&seen, &seen.ups, 1);
    ask(&seen, 1,
        "SELECT concat_ws(' ', current_setting('application_name'),"
        " current_setting('statement_timeout'), current_setting('TimeZone'),"
        " current_setting('client_encoding'), current_setting('transaction_read_only'),"
        " current_setting('search_path'))",
        NULL);
    turn_until(&seen, &seen.done, 1);
    assert_string_equal(buf_string(&seen.text), "duband it's 1800ms UTC UTF8 on pg_catalog");
    ask(&seen, 2, "CREATE TABLE public.forbidden ()", NULL);
    turn_until(&seen, &seen.done, 2);
    assert_string_equal(seen.failure.sqlstate, "25006");
    stop(&seen);
}

static void parameters_and_arrays_go_there_and_back(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "督办 办件", NULL, "a\"b'c\\d{},NULL", "\n\t"};
    struct seen seen;
    struct pg_params *params = pg_params_create();
    start_up(&seen, 10 * US_PER_S);
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        pg_array_text(params, texts[i]);
    pg_array_end(params);
    ask(&seen, 1, "SELECT t FROM unnest($1) WITH ORDINALITY AS u(t, n) ORDER BY n", params);
    pg_params_clear(params); /* the query has its own copy */
    pg_array_begin(params, PG_TEXT);
    pg_array_end(params);
    pg_array_begin(params, PG_INT8);
    pg_array_int(params, INT64_MIN);
    pg_array_int(params, 7);
    pg_array_end(params);
    pg_array_begin(params, PG_BOOL);
    pg_array_bool(params, true);
    pg_array_bool(params, false);
    pg_array_end(params);
    pg_array_begin(params, PG_TIMESTAMPTZ);
    pg_array_instant(params, WALL_NONE);
    pg_array_instant(params, -1);
    pg_array_end(params);
    pg_param_text(params, NULL);
    pg_param_text(params, "文");
    pg_param_int(params, -9);
    pg_param_bool(params, true);
    pg_param_instant(params, INT64_C(1795311296000001));
    pg_param_instant(params, WALL_NONE);
    turn_until(&seen, &seen.done, 1);
    assert_string_equal(buf_string(&seen.text), "|督办 办件|NULL|a\"b'c\\d{},NULL|\n\t");
    ask(&seen, 2,
        "SELECT format('%s %s %s %s %s %s %s %s %s %s', $1, $2, $3, $4, $5, $6, $7, $8,"
        " $9, $10)",
        params);
    turn_until(&seen, &seen.done, 2);
    assert_string_equal(buf_string(&seen.text), "{} {-9223372036854775808,7} {t,f} "
                                                "{NULL,\"1969-12-31 23:59:59.999999+00\"}  文 -9 t "
                                                "2026-11-22 01:34:56.000001+00 ");
    pg_params_destroy(params);
    stop(&seen);
}

static void on_row(void *context, const PGresult *result, const struct pg_failure *failure)
{
    int *done = context;
    assert_null(failure);
    assert_int_equal(pg_int(result, 0, 0), -2);
    assert_int_equal(pg_int(result, 0, 1), -70000);
    assert_true(pg_int(result, 0, 2) == INT64_C(1) << 40);
    assert_true(pg_bool(result, 0, 3));
    assert_int_equal(pg_instant(result, 0, 4), INT64_C(1795311296000001));
    assert_string_equal(pg_text(result, 0, 5), "{\"案\": [1, 2]}");
    assert_int_equal(pg_length(result, 0, 5), strlen("{\"案\": [1, 2]}"));
    assert_string_equal(pg_text(result, 0, 6), "x");
    assert_true(pg_instant(result, 0, 7) == INT64_MAX);
    assert_true(pg_instant(result, 0, 8) == WALL_NONE + 1);
    assert_string_equal(pg_text(result, 1, 5), "");
    assert_int_equal(pg_length(result, 1, 5), 0);
    assert_int_equal(pg_int(result, 1, 0), 0);
    assert_false(pg_bool(result, 1, 3));
    assert_true(pg_instant(result, 1, 4) == WALL_NONE);
    ++*done;
}

static void results_of_every_type_are_read(void **state)
{
    (void)state;
    struct seen seen;
    int done = 0;
    start_up(&seen, 10 * US_PER_S);
    pg_query(seen.pg,
             "VALUES (-2::int2, -70000, 1::bigint << 40, true,"
             " '2026-11-22 09:34:56.000001+08'::timestamptz, '{\"案\":[1,2]}'::jsonb,"
             " 'x'::varchar, 'infinity'::timestamptz, '-infinity'::timestamptz),"
             " (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
             NULL, on_row, &done);
    turn_until(&seen, &done, 1);
    stop(&seen);
}

static void ten_thousand_queries_fit_into_the_pipeline(void **state)
{
    (void)state;
    struct seen seen;
    struct pg_params *params = pg_params_create();
    AUTO_BUF expected;
    buf_init(&expected, 1 << 20);
    buf_text(&expected, "up ");
    start_up(&seen, 20 * US_PER_S);
    for (int i = 0; i < 10000; i++) {
        pg_params_clear(params);
        pg_param_int(params, i);
        ask(&seen, i, i % 100 == 99 ? "SELECT 1 / ($1 - $1)" : "SELECT 'n' || $1", params);
        buf_format(&expected, i % 100 == 99 ? "%d! " : "%d ", i);
    }
    turn_until(&seen, &seen.done, 10000);
    assert_string_equal(buf_string(&seen.told), buf_string(&expected));
    assert_int_equal(seen.failed, 100);
    pg_params_destroy(params);
    stop(&seen);
}

/* Both directions are full at once: whoever only writes, or only reads, stands still. */
static void large_results_and_large_parameters_pass_each_other(void **state)
{
    (void)state;
    enum { MIB = 1 << 20 };
    struct seen seen;
    struct pg_params *params = pg_params_create();
    start_up(&seen, 60 * US_PER_S);
    AUTO_FREE char *large = mem_zero(20 * MIB + 1, 1);
    memset(large, 'x', 20 * MIB);
    pg_array_begin(params, PG_TEXT);
    pg_array_text(params, large);
    pg_array_end(params);
    ask(&seen, 1, "SELECT repeat('y', 1000000) FROM generate_series(1, 100)", NULL);
    for (int i = 2; i < 6; i++)
        ask(&seen, i, "SELECT ($1)[1]", params);
    turn_until(&seen, &seen.done, 5);
    assert_string_equal(buf_string(&seen.told), "up 1 2 3 4 5 ");
    assert_int_equal(seen.bytes, 20 * MIB);
    pg_params_destroy(params);
    stop(&seen);
}

static void too_many_bytes_fail_the_query_only(void **state)
{
    (void)state;
    enum { MIB = 1 << 20 };
    struct seen seen;
    struct pg_params *params = pg_params_create();
    start_up(&seen, 10 * US_PER_S);
    AUTO_FREE char *large = mem_zero(30 * MIB + 1, 1);
    memset(large, 'x', 30 * MIB);
    pg_array_begin(params, PG_TEXT);
    for (int i = 0; i < 9; i++)
        pg_array_text(params, large);
    pg_array_end(params);
    ask(&seen, 1, "SELECT $1[1]", params);
    assert_int_equal(seen.done, 0);
    turn_until(&seen, &seen.done, 1);
    assert_string_equal(buf_string(&seen.told), "up 1! ");
    assert_non_null(strstr(seen.failure.error.text, "256 MiB"));
    pg_params_clear(params);
    ask(&seen, 2, "SELECT 'fine'", params);
    turn_until(&seen, &seen.done, 2);
    assert_string_equal(buf_string(&seen.text), "fine");
    pg_params_destroy(params);
    stop(&seen);
}

/* The private cluster becomes a standby, and is promoted. */
static void an_answer_that_is_there_is_not_late(void **state)
{
    (void)state;
    struct seen seen;
    start_up(&seen, US_PER_S / 5);
    for (int i = 1; i <= 3; i++) {
        ask(&seen, i, "SELECT 'in time'", NULL);
        usleep(400000); /* the loop is kept busy elsewhere */
    }
    turn_until(&seen, &seen.done, 3);
    assert_string_equal(buf_string(&seen.told), "up 1 2 3 ");
    stop(&seen);
}

static void on_never(void *context, const PGresult *result, const struct pg_failure *failure)
{
    (void)context, (void)result, (void)failure;
    fail_msg("called after pg_destroy");
}

static void waiting_queries_are_dropped_with_the_connection(void **state)
{
    (void)state;
    struct seen seen;
    start_up(&seen, 10 * US_PER_S);
    for (int i = 0; i < 100; i++)
        pg_query(seen.pg, i ? "SELECT 1" : "SELECT pg_sleep(0.3)", NULL, on_never, NULL);
    assert_int_equal(pg_waiting(seen.pg), 100);
    ev_run(seen.loop, EVRUN_NOWAIT);
    struct pg_settings nowhere = {.name = "x", .dsn = "host=/nonexistent"};
    start_anew(&seen, &nowhere);
    pg_query(seen.pg, "SELECT 1", NULL, on_never, NULL);
    assert_int_equal(pg_waiting(seen.pg), 1);
    stop(&seen);
}

static void on_chain(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct seen *seen = context;
    assert_null(failure);
    assert_int_equal(PQntuples(result), 1);
    if (++seen->done < 50)
        pg_query(seen->pg, "SELECT 1", NULL, on_chain, seen);
}

static void callbacks_may_ask_more(void **state)
{
    (void)state;
    struct seen seen;
    start_up(&seen, 10 * US_PER_S);
    pg_query(seen.pg, "SELECT 1", NULL, on_chain, &seen);
    turn_until(&seen, &seen.done, 50);
    assert_int_equal(pg_waiting(seen.pg), 0);
    stop(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_are_answered_in_order_and_a_failing_one_harms_no_other),
        cmocka_unit_test(a_statement_that_fails_at_its_commit_is_told_as_failed),
        cmocka_unit_test(the_session_is_as_the_settings_say),
        cmocka_unit_test(parameters_and_arrays_go_there_and_back),
        cmocka_unit_test(results_of_every_type_are_read),
        cmocka_unit_test(ten_thousand_queries_fit_into_the_pipeline),
        cmocka_unit_test(large_results_and_large_parameters_pass_each_other),
        cmocka_unit_test(too_many_bytes_fail_the_query_only),
        cmocka_unit_test(an_answer_that_is_there_is_not_late),
        cmocka_unit_test(waiting_queries_are_dropped_with_the_connection),
        cmocka_unit_test(callbacks_may_ask_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
