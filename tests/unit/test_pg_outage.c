/* The connection machine when servers hang, end sessions, crash, turn read-only or are not there.
 */
#include "duban/mem.h"
#include "pg_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void the_server_gives_up_before_the_deadline(void **state)
{
    (void)state;
    struct seen seen;
    start_up(&seen, US_PER_S);
    ask(&seen, 1, "SELECT pg_sleep(20)", NULL);
    ask(&seen, 2, "SELECT 'next'", NULL);
    turn_until(&seen, &seen.done, 2);
    assert_string_equal(buf_string(&seen.told), "up 1! 2 ");
    assert_string_equal(seen.failure.sqlstate, "57014");
    stop(&seen);
}

static void a_query_past_its_deadline_drops_the_connection_which_comes_back(void **state)
{
    (void)state;
    struct seen seen;
    start_up(&seen, US_PER_S / 2);
    ask(&seen, 1, "SET statement_timeout = 0", NULL);
    ask(&seen, 2, "SELECT pg_sleep(20)", NULL);
    ask(&seen, 3, "SELECT 'next'", NULL);
    turn_until(&seen, &seen.ups, 2);
    assert_string_equal(buf_string(&seen.told), "up 1 2? 3? down up ");
    assert_non_null(strstr(seen.down.text, "no answer within 0.5 s"));
    assert_string_equal(seen.failure.error.text, seen.down.text);
    ask(&seen, 4,
        "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity"
        " WHERE query LIKE '%pg_sleep(20)%' AND pid <> pg_backend_pid()",
        NULL);
    turn_until(&seen, &seen.done, 4);
    stop(&seen);
}

static void a_terminated_session_is_told_and_replaced(void **state)
{
    (void)state;
    struct seen seen, other;
    start_up(&seen, 10 * US_PER_S);
    start_up(&other, 10 * US_PER_S);
    ask(&seen, 1, "SELECT pg_backend_pid()::text", NULL);
    turn_until(&seen, &seen.done, 1);
    AUTO_FREE char *pid = mem_text(buf_string(&seen.text));
    struct pg_params *params = pg_params_create();
    pg_param_text(params, pid);
    ask(&seen, 2, "SELECT pg_sleep(20)", NULL);
    ask(&seen, 3, "SELECT 'next'", NULL);
    ask(&other, 1, "SELECT pg_terminate_backend($1::int)::text", params);
    turn_until(&other, &other.done, 1);
    turn_until(&seen, &seen.ups, 2);
    assert_string_equal(buf_string(&seen.told), "up 1 2? 3? down up ");
    assert_non_null(strstr(seen.down.text, "terminating connection"));

    /* and when it is idle */
    ask(&seen, 4, "SELECT pg_backend_pid()::text", NULL);
    turn_until(&seen, &seen.done, 4);
    pg_params_clear(params);
    pg_param_text(params, buf_string(&seen.text));
    ask(&other, 2, "SELECT pg_terminate_backend($1::int)::text", params);
    turn_until(&other, &other.done, 2);
    turn_until(&seen, &seen.ups, 3);
    assert_string_equal(buf_string(&seen.told), "up 1 2? 3? down up 4 down up ");
    assert_non_null(strstr(seen.down.text, "terminating connection"));
    pg_params_destroy(params);
    stop(&other);
    stop(&seen);
}

/* The first query's write fails, the second finds the end, and libpq closes the descriptor while
 * the loop has yet to hear of the first. */
static void several_queries_of_one_turn_find_the_server_gone(void **state)
{
    (void)state;
    struct seen seen, other;
    start_up(&seen, 10 * US_PER_S);
    start_up(&other, 10 * US_PER_S);
    ask(&seen, 1, "SELECT pg_backend_pid()::text", NULL);
    turn_until(&seen, &seen.done, 1);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, buf_string(&seen.text));
    ask(&other, 1, "SELECT pg_terminate_backend($1::int, 5000)::text", params);
    turn_until(&other, &other.done, 1);
    for (int number = 2; number <= 5; number++)
        ask(&seen, number, "SELECT 'gone'", NULL);
    turn_until(&seen, &seen.ups, 2);
    assert_int_equal(seen.failed, 4);
    ask(&seen, 6, "SELECT 'back'", NULL);
    turn_until(&seen, &seen.done, 6);
    assert_string_equal(buf_string(&seen.text), "back");
    pg_params_destroy(params);
    stop(&other);
    stop(&seen);
}

static void a_crash_of_the_server_is_survived(void **state)
{
    (void)state;
    struct seen seen;
    start_up(&seen, 10 * US_PER_S);
    ask(&seen, 1, "SELECT pg_sleep(20)", NULL);
    ev_run(seen.loop, EVRUN_NOWAIT);
    control("stop -m immediate");
    turn_until(&seen, &seen.downs, 1);
    ask(&seen, 2, "SELECT 'too early'", NULL);
    assert_int_equal(seen.done, 1);
    turn_until(&seen, &seen.done, 2);
    assert_string_equal(buf_string(&seen.told), "up 1? down 2! ");
    assert_non_null(strstr(seen.failure.error.text, "not connected"));
    control("start");
    turn_until(&seen, &seen.ups, 2);
    ask(&seen, 3, "SELECT 'back'", NULL);
    turn_until(&seen, &seen.done, 3);
    assert_string_equal(buf_string(&seen.told), "up 1? down 2! up 3 ");
    assert_string_equal(buf_string(&seen.text), "back");
    stop(&seen);
}

static void a_server_that_turns_read_only_is_left(void **state)
{
    (void)state;
    struct seen seen;
    start_up(&seen, 10 * US_PER_S);
    ask(&seen, 1, "SET default_transaction_read_only = on", NULL);
    ask(&seen, 2, "CREATE TABLE forbidden ()", NULL);
    turn_until(&seen, &seen.ups, 2);
    assert_string_equal(buf_string(&seen.told), "up 1 2! down up ");
    assert_string_equal(seen.down.text, "the server takes no writes any more");
    stop(&seen);
}

static void a_standby_is_refused_until_it_is_promoted(void **state)
{
    (void)state;
    struct seen seen, any;
    AUTO_FREE char *data = mem_format("%s", strstr(dsn(), "host=") + strlen("host="));
    data[strcspn(data, " ")] = '\0';
    AUTO_FREE char *signal = mem_format("%s/data/standby.signal", data);
    AUTO_FREE char *text = mem_format("%s target_session_attrs=any", dsn());
    control("stop -m fast");
    FILE *file = fopen(signal, "w");
    assert_non_null(file);
    fclose(file);
    AUTO_FREE char *owner = mem_format("chown --reference='%s/data' '%s'", data, signal);
    assert_int_equal(system(owner), 0);
    control("start");
    struct pg_settings settings = {
        .name = "x", .dsn = dsn(), .query_timeout_us = 5 * US_PER_S, .read_write = true};
    start(&seen, &settings);
    settings.dsn = text;
    start(&any, &settings);
    turn_until(&seen, &seen.downs, 1);
    turn_until(&any, &any.downs, 1);
    assert_non_null(strstr(seen.down.text, "read-only"));
    assert_non_null(strstr(any.down.text, "in recovery"));
    assert_false(pg_is_up(seen.pg) || pg_is_up(any.pg));
    control("promote");
    turn_until(&seen, &seen.ups, 1);
    turn_until(&any, &any.ups, 1);
    stop(&any);
    stop(&seen);
}

static void an_outage_is_told_once(void **state)
{
    (void)state;
    struct seen seen;
    start(&seen, &(struct pg_settings){.name = "x",
                                       .dsn = "host=/nonexistent password=secret",
                                       .query_timeout_us = US_PER_S});
    turn_until(&seen, &seen.downs, 1);
    assert_non_null(strstr(seen.down.text, "/nonexistent"));
    assert_null(strchr(seen.down.text, '\n'));
    assert_null(strstr(seen.down.text, "secret"));
    double until = ev_time() + 1.0; /* at least two more attempts */
    while (ev_time() < until)
        ev_run(seen.loop, EVRUN_ONCE);
    assert_string_equal(buf_string(&seen.told), "down ");
    stop(&seen);
}

static void a_server_that_never_answers_is_given_up(void **state)
{
    (void)state;
    struct seen seen;
    char directory[] = "/tmp/duban-deaf.XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", directory);
    int deaf = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(deaf, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(deaf, 10), 0);
    AUTO_FREE char *text = mem_format("host=%s", directory);
    start(&seen, &(struct pg_settings){.name = "x", .dsn = text, .query_timeout_us = US_PER_S / 5});
    turn_until(&seen, &seen.downs, 1);
    assert_string_equal(seen.down.text, "no answer within 0.2 s while connecting");
    stop(&seen);
    close(deaf);
    unlink(address.sun_path);
    rmdir(directory);
}

static void a_frozen_quiet_connection_is_noticed(void **state)
{
    (void)state;
    struct seen seen;
    start_up(&seen, US_PER_S);
    ask(&seen, 1, "SELECT pg_backend_pid()::text", NULL);
    turn_until(&seen, &seen.done, 1);
    AUTO_FREE char *freeze = mem_format("kill -STOP %s", buf_string(&seen.text));
    AUTO_FREE char *thaw = mem_format("kill -CONT %s", buf_string(&seen.text));
    assert_int_equal(system(freeze), 0);
    double frozen = ev_time();
    turn_until(&seen, &seen.downs, 1);
    assert_true(ev_time() - frozen < 12);
    assert_int_equal(system(thaw), 0);
    turn_until(&seen, &seen.ups, 2);
    stop(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_gives_up_before_the_deadline),
        cmocka_unit_test(a_query_past_its_deadline_drops_the_connection_which_comes_back),
        cmocka_unit_test(a_terminated_session_is_told_and_replaced),
        cmocka_unit_test(several_queries_of_one_turn_find_the_server_gone),
        cmocka_unit_test(a_crash_of_the_server_is_survived),
        cmocka_unit_test(a_server_that_turns_read_only_is_left),
        cmocka_unit_test(a_standby_is_refused_until_it_is_promoted),
        cmocka_unit_test(an_outage_is_told_once),
        cmocka_unit_test(a_server_that_never_answers_is_given_up),
        cmocka_unit_test(a_frozen_quiet_connection_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
