/* What the tests of the HTTP client share: a client, a server that misbehaves on demand, and what
 * came of each request. */
#ifndef HTTP_BENCH_H
#define HTTP_BENCH_H

#include "duban/http.h"

#include "duban/mem.h"

#include "http_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The longest that anything here may take. */
#define PATIENCE_US (5 * US_PER_S)

/* What came of one request. */
struct result {
    struct bench *bench;
    int told;
    struct http_reply reply;
    char body[100];
    const char *again; /* path of a request to make from within the callback */
};

struct bench {
    struct ev_loop *loop;
    struct server server;
    struct http_client *client;
    struct result results[200];
};

static inline void create_client(struct bench *bench, const struct resolver_settings *resolver)
{
    const struct http_settings settings = {
        .user_agent = "duban/test", .connections_most = 16, .resolver = *resolver};
    bench->client = http_create(bench->loop, &settings);
}

static inline void set_up(struct bench *bench)
{
    *bench = (struct bench){.loop = ev_loop_new(0)};
    server_start(&bench->server, bench->loop);
    create_client(bench, &(struct resolver_settings){0});
}

static inline void tear_down(struct bench *bench)
{
    http_destroy(bench->client);
    server_stop(&bench->server);
    ev_loop_destroy(bench->loop);
}

static inline void send_url(struct bench *bench, struct result *result, const char *url, bool post,
                            bool fresh, span_us timeout_us);

static inline void on_done(void *context, const struct http_reply *reply)
{
    struct result *result = context;
    result->told++;
    result->reply = *reply;
    ev_break(result->bench->loop, EVBREAK_ONE);
    snprintf(result->body, sizeof result->body, "%s", reply->body);
    if (result->again) {
        const char *url = result->again;
        result->again = NULL;
        send_url(result->bench, result + 1, url, true, false, PATIENCE_US);
    }
}

static inline void send_url(struct bench *bench, struct result *result, const char *url, bool post,
                            bool fresh, span_us timeout_us)
{
    struct http_request request = {.method = post ? "POST" : "GET",
                                   .url = mem_text(url),
                                   .body = post ? "{\"a\":1}" : NULL,
                                   .body_length = post ? 7 : 0,
                                   .fresh_connection = fresh};
    http_request_header(&request, "webhook-id", "msg_%d", 7);
    result->bench = bench;
    http_send(bench->client, &request, timeout_us, on_done, result);
    http_request_finish(&request);
}

static inline const char *url_of(const struct bench *bench, const char *path)
{
    static char url[200];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", bench->server.port, path);
    return url;
}

static inline void on_patience(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop;
    (void)timer;
    (void)events;
    fail_msg("nothing came");
}

/* Turns the loop until only so many requests are under way; returns the number of turns. */
static inline unsigned wait_until(struct bench *bench, size_t in_flight)
{
    struct ev_timer patience;
    unsigned before = ev_iteration(bench->loop);
    ev_timer_init(&patience, on_patience, (double)PATIENCE_US / 1e6 * 2, 0);
    ev_timer_start(bench->loop, &patience);
    while (http_in_flight(bench->client) > in_flight)
        ev_run(bench->loop, 0);
    ev_timer_stop(bench->loop, &patience);
    return ev_iteration(bench->loop) - before;
}

static inline unsigned wait_all(struct bench *bench)
{
    return wait_until(bench, 0);
}

static inline struct result *exchange(struct bench *bench, const char *path, bool post, bool fresh)
{
    struct result *result = &bench->results[0];
    *result = (struct result){0};
    send_url(bench, result, url_of(bench, path), post, fresh, PATIENCE_US);
    assert_int_equal(result->told, 0); /* never from inside http_send */
    wait_all(bench);
    assert_int_equal(result->told, 1);
    return result;
}

#endif
