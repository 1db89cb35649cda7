/* HTTP requests on the event loop, against a server that misbehaves on demand. */
#include "duban/http.h"

#include "http_bench.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_made_body_is_copied(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    struct result *result = &bench.results[0];
    struct http_request request = {.method = "POST",
                                   .url = mem_text(url_of(&bench, "/ok")),
                                   .made_body = mem_text("{\"made\":1}"),
                                   .body_length = 10};
    request.body = request.made_body;
    result->bench = &bench;
    http_send(bench.client, &request, PATIENCE_US, on_done, result);
    http_request_finish(&request); /* wiped and freed before a byte has left */
    wait_all(&bench);
    assert_int_equal(result->reply.status, 200);
    assert_non_null(strstr(bench.server.last, "\r\n\r\n{\"made\":1}"));
    exchange(&bench, "/ok", true, false); /* the same handle, another's body */
    assert_non_null(strstr(bench.server.last, "\r\n\r\n{\"a\":1}"));
    tear_down(&bench);
}

static void a_post_arrives_as_it_was_given(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    struct result *result = exchange(&bench, "/ok?key=secret", true, false);
    assert_int_equal(result->reply.failure, HTTP_REPLIED);
    assert_int_equal(result->reply.status, 200);
    assert_int_equal(result->reply.retry_after_s, -1);
    assert_string_equal(result->body, "fine");
    const char *seen = bench.server.last;
    assert_memory_equal(seen, "POST /ok?key=secret HTTP/1.1\r\n", 30);
    assert_non_null(strstr(seen, "\r\nwebhook-id: msg_7\r\n"));
    assert_non_null(strstr(seen, "\r\nUser-Agent: duban/test\r\n"));
    assert_non_null(strstr(seen, "\r\n\r\n{\"a\":1}"));
    assert_null(strstr(seen, "Expect:"));
    tear_down(&bench);
}

static void a_get_after_a_post_has_no_body(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    exchange(&bench, "/ok", true, false);
    exchange(&bench, "/ok", false, false);
    assert_memory_equal(bench.server.last, "GET /ok HTTP/1.1\r\n", 18);
    assert_null(strstr(bench.server.last, "Content-Length"));
    exchange(&bench, "/ok", true, false);
    assert_non_null(strstr(bench.server.last, "\r\n\r\n{\"a\":1}"));
    tear_down(&bench);
}

static void failures_tell_whether_the_request_has_left(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum http_failure failure;
        int status;
    } cases[] = {
        {"/ok", HTTP_REPLIED, 200},      {"/404", HTTP_REPLIED, 404},
        {"/empty", HTTP_INTERRUPTED, 0}, {"/reset", HTTP_INTERRUPTED, 0},
        {"/cut", HTTP_INTERRUPTED, 200}, {"/rubbish", HTTP_INTERRUPTED, 0},
        {"/huge", HTTP_TOO_LARGE, 200},  {"/redirect", HTTP_REPLIED, 302},
    };
    struct bench bench;
    set_up(&bench);
    for (size_t i = 0; i < COUNT_OF(cases) * 4; i++) {
        int before = bench.server.requests;
        bool fresh = i / 2 % 2;
        struct result *result = exchange(&bench, cases[i / 4].path, i % 2, fresh);
        assert_int_equal(result->reply.failure, cases[i / 4].failure);
        assert_int_equal(result->reply.status, cases[i / 4].status);
        bool failed = result->reply.failure != HTTP_REPLIED;
        assert_int_equal(failed, result->reply.failure_text[0] != '\0');
        if (fresh) /* none followed or repeated */
            assert_int_equal(bench.server.requests, before + 1);
    }
    tear_down(&bench);
}

static void what_never_left_is_not_sent(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    int closed_port = bench.server.port;
    char https[100], refused[100];
    snprintf(https, sizeof https, "https://127.0.0.1:%d/ok?token=secret", closed_port);
    /* A listener that is closed again leaves a port that refuses. */
    struct server other;
    server_start(&other, bench.loop);
    snprintf(refused, sizeof refused, "http://127.0.0.1:%d/ok?token=secret", other.port);
    server_stop(&other);
    const char *const urls[] = {
        refused,
        https, /* the server speaks no TLS and waits for more: time is up before a request left */
        "http://[bad?token=secret",
        "ftp://127.0.0.1/?token=secret",
        "http://127.0.0.1:99999/?token=secret",
    };
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct result *result = &bench.results[i];
        send_url(&bench, result, urls[i], true, i % 2, US_PER_S / 4);
        assert_int_equal(result->told, 0);
    }
    wait_all(&bench);
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        const struct result *result = &bench.results[i];
        assert_int_equal(result->told, 1);
        assert_int_equal(result->reply.failure, HTTP_NOT_SENT);
        assert_string_not_equal(result->reply.failure_text, "");
        assert_null(strstr(result->reply.failure_text, "secret"));
        assert_string_equal(result->body, "");
    }
    assert_int_equal(bench.server.requests, 0);
    tear_down(&bench);
}

static void retry_after_is_read(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    assert_int_equal(exchange(&bench, "/retry", true, false)->reply.retry_after_s, 120);
    assert_int_equal(exchange(&bench, "/503", true, false)->reply.retry_after_s, -1);
    tear_down(&bench);
}

static void connections_are_kept(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    for (int i = 0; i < 50; i++)
        assert_int_equal(exchange(&bench, "/ok", true, false)->reply.status, 200);
    assert_int_equal(bench.server.accepted, 1);
    assert_int_equal(bench.server.requests, 50);
    tear_down(&bench);
}

static void a_fresh_connection_is_neither_old_nor_kept(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    exchange(&bench, "/ok", true, false);
    for (int i = 0; i < 10; i++)
        assert_int_equal(exchange(&bench, "/ok", false, true)->reply.status, 200);
    assert_int_equal(bench.server.accepted, 11);
    exchange(&bench, "/ok", true, false);
    assert_int_equal(bench.server.accepted, 11);
    tear_down(&bench);
}

/* The trap that fresh connections are for: libcurl repeats a request by itself when a reused
 * connection turns out to be dead. */
static void only_a_reused_connection_hides_a_repeat(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    exchange(&bench, "/once", true, false);
    assert_int_equal(bench.server.requests, 1);
    struct result *result = exchange(&bench, "/ok", true, false);
    assert_int_equal(result->reply.status, 200);
    assert_int_equal(bench.server.requests, 3); /* seen, reset, repeated */

    exchange(&bench, "/once", true, false);
    int before = bench.server.requests;
    for (int i = 0; i < 5; i++) {
        result = exchange(&bench, "/reset", i % 2, true);
        assert_int_equal(result->reply.failure, HTTP_INTERRUPTED);
    }
    assert_int_equal(bench.server.requests, before + 5);
    tear_down(&bench);
}

/* Milliseconds must not be cut to whole seconds: 300 ms is neither 0 nor 1 s, and waiting for it
 * doesn't spin. */
static void time_outs_come_in_time(void **state)
{
    (void)state;
    static const int waits_ms[] = {300, 999};
    struct bench bench;
    set_up(&bench);
    for (size_t i = 0; i < COUNT_OF(waits_ms); i++) {
        struct result *result = &bench.results[i];
        ev_tstamp from = ev_time();
        send_url(&bench, result, url_of(&bench, "/slow"), true, false, waits_ms[i] * US_PER_MS);
        unsigned turns = wait_all(&bench);
        double took_s = ev_time() - from;
        assert_int_equal(result->reply.failure, HTTP_TIMED_OUT);
        assert_true(took_s > waits_ms[i] / 1000.0 - 0.01);
        assert_true(took_s < waits_ms[i] / 1000.0 + 0.9);
        assert_true(turns < 100);
    }
    tear_down(&bench);
}

static void a_slow_request_delays_no_other(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    send_url(&bench, &bench.results[100], url_of(&bench, "/slow"), true, false, US_PER_S / 2);
    for (int i = 0; i < 100; i++)
        send_url(&bench, &bench.results[i], url_of(&bench, i % 3 ? "/ok" : "/503"), i % 2,
                 i % 7 == 0, PATIENCE_US);
    assert_int_equal(http_in_flight(bench.client), 101);
    wait_until(&bench, 1);
    assert_int_equal(bench.results[100].told, 0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(bench.results[i].told, 1);
        assert_int_equal(bench.results[i].reply.status, i % 3 ? 200 : 503);
    }
    wait_all(&bench);
    assert_int_equal(bench.results[100].reply.failure, HTTP_TIMED_OUT);
    tear_down(&bench);
}

static void a_callback_may_send_again(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    char next[200];
    snprintf(next, sizeof next, "%s", url_of(&bench, "/404"));
    bench.results[0].again = next;
    send_url(&bench, &bench.results[0], url_of(&bench, "/ok"), true, false, PATIENCE_US);
    wait_all(&bench);
    assert_int_equal(bench.results[1].reply.status, 404);
    assert_int_equal(bench.server.accepted, 1);
    /* Also after a request that fails at once, and with one that fails at once. */
    bench.results[2].again = "nonsense://";
    send_url(&bench, &bench.results[2], "nonsense://", true, false, PATIENCE_US);
    wait_all(&bench);
    assert_int_equal(bench.results[3].told, 1);
    assert_int_equal(bench.results[3].reply.failure, HTTP_NOT_SENT);
    tear_down(&bench);
}

static void destroying_drops_what_is_under_way(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    for (int i = 0; i < 10; i++)
        send_url(&bench, &bench.results[i], url_of(&bench, i % 2 ? "/slow" : "/ok"), true, false,
                 PATIENCE_US);
    send_url(&bench, &bench.results[10], "nonsense://", true, false, PATIENCE_US);
    wait_until(&bench, 5);
    for (int i = 20; i < 25; i++) /* not even begun */
        send_url(&bench, &bench.results[i], url_of(&bench, "/ok"), true, false, PATIENCE_US);
    http_destroy(bench.client);
    bench.client = NULL;
    for (int i = 0; i < 20; i++)
        ev_run(bench.loop, EVRUN_NOWAIT);
    for (int i = 1; i < 10; i += 2)
        assert_int_equal(bench.results[i].told, 0);
    for (int i = 20; i < 25; i++)
        assert_int_equal(bench.results[i].told, 0);
    tear_down(&bench);
}

/* A client at rest neither keeps the loop alive nor makes it spin. */
static void at_rest_nothing_is_active(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    exchange(&bench, "/empty", true, true);
    exchange(&bench, "/ok", true, false);             /* its connection is kept */
    for (int i = 0; i < SERVER_CONNECTIONS_MOST; i++) /* only the client's own are left */
        if (bench.server.open[i])
            ev_io_stop(bench.loop, &bench.server.open[i]->io);
    ev_io_stop(bench.loop, &bench.server.listener);
    ev_run(bench.loop, 0); /* returns once nothing is left to wait for */
    ev_io_start(bench.loop, &bench.server.listener);
    tear_down(&bench);
}

static void proxies_of_the_environment_are_ignored(void **state)
{
    (void)state;
    struct bench bench;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    set_up(&bench);
    assert_int_equal(exchange(&bench, "/ok", true, false)->reply.status, 200);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    tear_down(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_arrives_as_it_was_given),
        cmocka_unit_test(a_made_body_is_copied),
        cmocka_unit_test(a_get_after_a_post_has_no_body),
        cmocka_unit_test(failures_tell_whether_the_request_has_left),
        cmocka_unit_test(what_never_left_is_not_sent),
        cmocka_unit_test(retry_after_is_read),
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(a_fresh_connection_is_neither_old_nor_kept),
        cmocka_unit_test(only_a_reused_connection_hides_a_repeat),
        cmocka_unit_test(time_outs_come_in_time),
        cmocka_unit_test(a_slow_request_delays_no_other),
        cmocka_unit_test(a_callback_may_send_again),
        cmocka_unit_test(destroying_drops_what_is_under_way),
        cmocka_unit_test(at_rest_nothing_is_active),
        cmocka_unit_test(proxies_of_the_environment_are_ignored),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
