/* The HTTP server on the event loop, against clients that misbehave. */
#include "duban/http_listener.h"

#include "duban/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_S  5.
#define BODY_MOST   1000
#define CLIENTS     100
#define LARGE_BYTES (32u << 20) /* more than sockets hold */
#define SOCKET_PATH "/tmp/duban-test-listener.sock"

struct bench {
    struct ev_loop *loop;
    struct http_listener *listener;
    struct listen_place place;
    struct http_incoming *held[CLIENTS]; /* by /later */
    int held_count, handled;
    struct http_stream *stream; /* of /stream; NULL when it is over */
    int over;
    char refused[ADDRESS_TEXT_BYTES];
};

/* A client on the same loop's thread: it writes at once and reads between turns. */
struct client {
    int fd;
    bool closed;
    size_t length;
    char got[4096];
};

/* --- the server's side --- */

/* Says what has come: "METHOD rest?query body (address)". */
static void echo(struct http_incoming *incoming)
{
    size_t length;
    const char *body = http_incoming_body(incoming, &length);
    const char *agent = http_incoming_header(incoming, "user-agent");
    AUTO_FREE char *text = mem_format("%s %s?%s %s (%s, %s)", http_incoming_method(incoming),
                                      http_incoming_rest(incoming), http_incoming_query(incoming),
                                      body, http_incoming_address(incoming), agent ? agent : "-");
    static const struct http_answer_header headers[] = {{"X-Test", "yes"}};
    http_incoming_answer(incoming, &(struct http_answer){.status = 200,
                                                         .content_type = "text/plain",
                                                         .body = text,
                                                         .length = strlen(text),
                                                         .headers = headers,
                                                         .header_count = 1});
}

static void on_echo(void *context, struct http_incoming *incoming)
{
    ((struct bench *)context)->handled++;
    echo(incoming);
}

static void on_later(void *context, struct http_incoming *incoming)
{
    struct bench *bench = context;
    bench->handled++;
    bench->held[bench->held_count++] = incoming;
}

static void on_over(void *context)
{
    struct bench *bench = context;
    bench->stream = NULL;
    bench->over++;
}

static void on_stream(void *context, struct http_incoming *incoming)
{
    struct bench *bench = context;
    bench->stream = http_incoming_stream(
        incoming,
        &(struct http_answer){
            .status = 200, .content_type = "text/event-stream", .body = "begun", .length = 5},
        on_over, bench);
}

static bool no_posts(void *context, struct http_incoming *incoming)
{
    (void)context;
    if (strcmp(http_incoming_method(incoming), "POST") != 0)
        return true;
    http_incoming_answer_text(incoming, 405, NULL, "");
    return false;
}

static void on_refused(void *context, const char *address)
{
    struct bench *bench = context;
    snprintf(bench->refused, sizeof bench->refused, "%s", address);
}

static void listen_at(struct bench *bench, const char *place, unsigned per_address)
{
    struct error error = {{0}};
    assert_true(listen_parse(place, &bench->place, &error));
    const struct http_listener_settings settings = {.place = bench->place,
                                                    .connections_most = CLIENTS,
                                                    .per_address_most = per_address,
                                                    .timeout_us = US_PER_S,
                                                    .body_bytes_most = BODY_MOST,
                                                    .refused = on_refused,
                                                    .context = bench};
    bench->listener = http_listener_create(bench->loop, &settings, &error);
    assert_string_equal(error.text, "");
    struct network loopback;
    assert_true(network_parse("127.0.0.0/8", &loopback, NULL));
    http_listener_allow(bench->listener, &loopback, 1);
    http_listener_route(bench->listener, &(struct http_route){"/later/", NULL, on_later, bench});
    http_listener_route(bench->listener, &(struct http_route){"/stream", NULL, on_stream, bench});
    http_listener_route(bench->listener, &(struct http_route){"/get/", no_posts, on_echo, bench});
    http_listener_route(bench->listener, &(struct http_route){"/", NULL, on_echo, bench});
}

/* A port that is free: asked of the system a moment before. */
static unsigned free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static int set_up(void **state)
{
    struct bench *bench = mem_zero(1, sizeof *bench);
    bench->loop = ev_loop_new(0);
    AUTO_FREE char *place = mem_format("127.0.0.1:%u", free_port());
    listen_at(bench, place, CLIENTS);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    http_listener_destroy(bench->listener);
    ev_loop_destroy(bench->loop);
    free(bench);
    return 0;
}

/* --- the client's side --- */

static struct client open_client(struct bench *bench, const char *from)
{
    struct client client = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in at = {.sin_family = AF_INET};
    inet_pton(AF_INET, from, &at.sin_addr);
    assert_int_equal(bind(client.fd, (struct sockaddr *)&at, sizeof at), 0);
    at.sin_port = htons(bench->place.port);
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    assert_int_equal(connect(client.fd, (struct sockaddr *)&at, sizeof at), 0);
    fcntl(client.fd, F_SETFL, O_NONBLOCK);
    return client;
}

static void say(struct client *client, const char *text)
{
    assert_int_equal(send(client->fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void look(struct client *client)
{
    ssize_t got =
        recv(client->fd, client->got + client->length, sizeof client->got - 1 - client->length, 0);
    client->closed |= got == 0 || (got < 0 && errno == ECONNRESET);
    if (got > 0)
        client->length += (size_t)got;
}

static void on_nap(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events; /* only ends a turn */
}

/* Turns the loop until the client has got the text (NULL: is cut off). */
static void wait_for(struct bench *bench, struct client *client, const char *text)
{
    struct ev_timer nap;
    ev_tstamp until = ev_time() + PATIENCE_S;
    ev_timer_init(&nap, on_nap, 0.01, 0.01);
    ev_timer_start(bench->loop, &nap);
    for (;;) {
        look(client);
        if (text ? strstr(client->got, text) != NULL : client->closed)
            break;
        if (ev_time() > until || (text && client->closed))
            fail_msg("expected '%s', got '%s'", text ? text : "the end", client->got);
        ev_run(bench->loop, EVRUN_ONCE);
    }
    ev_timer_stop(bench->loop, &nap);
}

static void forget(struct client *client)
{
    memset(client->got, 0, sizeof client->got);
    client->length = 0;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static void requests_are_answered_on_one_connection(void **state)
{
    struct bench *bench = *state;
    struct client client = open_client(bench, "127.0.0.1");
    say(&client, "GET /a%2fb/c?x=%41&y HTTP/1.1\r\nHost: x\r\nUser-Agent: me\r\n\r\n");
    wait_for(bench, &client, "GET a%2fb/c?x=%41&y  (127.0.0.1, me)");
    assert_non_null(strstr(client.got, "HTTP/1.1 200 "));
    assert_non_null(strstr(client.got, "Content-Type: text/plain\r\n"));
    assert_non_null(strstr(client.got, "X-Test: yes\r\n"));
    forget(&client);
    say(&client, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel");
    say(&client, "lo");
    wait_for(bench, &client, "POST p? hello (127.0.0.1, -)");
    forget(&client);
    say(&client, "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
    wait_for(bench, &client, "POST p? hello (");
    forget(&client);
    say(&client, GET("/1") GET("/2")); /* pipelined */
    wait_for(bench, &client, "GET 2?");
    assert_non_null(strstr(client.got, "GET 1?"));
    close(client.fd);
}

/* All others end within one turn: nothing else would remind the listener of who waits. */
static void who_waits_for_a_connection_to_end_gets_its_turn(void **state)
{
    struct bench *bench = *state;
    struct client *clients = mem_zero(CLIENTS, sizeof *clients);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = open_client(bench, "127.0.0.1");
        say(&clients[i], GET("/a"));
        wait_for(bench, &clients[i], "GET a?");
    }
    struct client last = open_client(bench, "127.0.0.2");
    say(&last, GET("/b"));
    for (int turn = 0; turn < 5; turn++)
        ev_run(bench->loop, EVRUN_NOWAIT);
    look(&last);
    assert_int_equal(last.length, 0);
    for (size_t i = 0; i < CLIENTS; i++)
        close(clients[i].fd);
    wait_for(bench, &last, "GET b?");
    close(last.fd);
    free(clients);
}

static void nobody_at_home_is_told_so(void **state)
{
    struct bench *bench = *state;
    http_listener_destroy(bench->listener);
    AUTO_FREE char *place = mem_format("127.0.0.1:%u", free_port());
    struct error error;
    assert_true(listen_parse(place, &bench->place, &error));
    const struct http_listener_settings settings = {.place = bench->place,
                                                    .connections_most = 9,
                                                    .per_address_most = 9,
                                                    .timeout_us = US_PER_S,
                                                    .body_bytes_most = 9};
    bench->listener = http_listener_create(bench->loop, &settings, &error);
    assert_non_null(bench->listener);
    struct network everybody;
    assert_true(network_parse("0.0.0.0/0", &everybody, NULL));
    http_listener_allow(bench->listener, &everybody, 1);
    struct client client = open_client(bench, "127.0.0.1");
    say(&client, GET("/a"));
    wait_for(bench, &client, "HTTP/1.1 404 ");
    close(client.fd);
    assert_null(http_listener_create(bench->loop, &settings, &error));
    assert_string_equal(error.text, "Address already in use");
}

static void what_is_too_large_is_refused(void **state)
{
    struct bench *bench = *state;
    struct client client = open_client(bench, "127.0.0.1");
    say(&client, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"); /* and no body */
    wait_for(bench, &client, "HTTP/1.1 413 ");
    close(client.fd);
    client = open_client(bench, "127.0.0.1");
    AUTO_FREE char *chunk = mem_format("3e9\r\n%01001d\r\n0\r\n\r\n", 0);
    say(&client, "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    say(&client, chunk);
    wait_for(bench, &client, "HTTP/1.1 413 ");
    close(client.fd);
    client = open_client(bench, "127.0.0.1");
    AUTO_FREE char *header = mem_format("GET /p HTTP/1.1\r\nHost: x\r\nX: %040000d\r\n\r\n", 0);
    say(&client, header);
    wait_for(bench, &client, "HTTP/1.1 4");
    close(client.fd);
    assert_int_equal(bench->handled, 0);
    client = open_client(bench, "127.0.0.1");
    AUTO_FREE char *fits =
        mem_format("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n%01000d", 7);
    say(&client, fits);
    wait_for(bench, &client, "0007 (");
    close(client.fd);
}

static void a_request_may_be_refused_before_its_body(void **state)
{
    struct bench *bench = *state;
    struct client client = open_client(bench, "127.0.0.1");
    say(&client, "POST /get/a HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n");
    wait_for(bench, &client, "HTTP/1.1 405 ");
    close(client.fd);
    assert_int_equal(bench->handled, 0);
    client = open_client(bench, "127.0.0.1");
    say(&client, GET("/get/a"));
    wait_for(bench, &client, "GET a?");
    close(client.fd);
}

static void only_the_allowed_may_connect(void **state)
{
    struct bench *bench = *state;
    struct network one;
    assert_true(network_parse("127.0.0.2", &one, NULL));
    http_listener_allow(bench->listener, &one, 1);
    struct client client = open_client(bench, "127.0.0.1");
    wait_for(bench, &client, NULL);
    assert_string_equal(bench->refused, "127.0.0.1");
    close(client.fd);
    client = open_client(bench, "127.0.0.2");
    say(&client, GET("/a"));
    wait_for(bench, &client, "(127.0.0.2,");
    close(client.fd);
}

static void rubbish_ends_its_connection_only(void **state)
{
    struct bench *bench = *state;
    struct client good = open_client(bench, "127.0.0.1");
    static const char *const rubbish[] = {"\x16\x03\x01\x02\r\n\r\n", "GET\r\n\r\n",
                                          "GET / HTTP/9.9\r\n\r\n",
                                          "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"};
    for (size_t i = 0; i < COUNT_OF(rubbish); i++) {
        struct client client = open_client(bench, "127.0.0.1");
        say(&client, rubbish[i]);
        wait_for(bench, &client, NULL);
        close(client.fd);
    }
    assert_int_equal(bench->handled, 0);
    say(&good, GET("/a"));
    wait_for(bench, &good, "GET a?");
    close(good.fd);
}

/* Turns the loop a little, until the stream of the server is over, or has begun. */
static void wait_over(struct bench *bench, bool over)
{
    struct ev_timer nap;
    ev_tstamp until = ev_time() + PATIENCE_S;
    ev_timer_init(&nap, on_nap, 0.01, 0.01);
    ev_timer_start(bench->loop, &nap);
    while ((bench->stream == NULL) != over) {
        assert_true(ev_time() < until);
        ev_run(bench->loop, EVRUN_ONCE);
    }
    ev_timer_stop(bench->loop, &nap);
}

static void an_answer_may_go_on(void **state)
{
    struct bench *bench = *state;
    struct client client = open_client(bench, "127.0.0.1"), other = open_client(bench, "127.0.0.1");
    say(&client, GET("/stream"));
    wait_for(bench, &client, "begun");
    assert_non_null(strstr(client.got, "Content-Type: text/event-stream\r\n"));
    for (int i = 0; i < 3; i++) { /* it is idle in between, and others are served */
        AUTO_FREE char *text = mem_format("piece %d.", i);
        assert_true(http_stream_push(bench->stream, text, strlen(text)));
        wait_for(bench, &client, text);
        forget(&other);
        say(&other, GET("/a"));
        wait_for(bench, &other, "GET a?");
    }
    assert_true(http_stream_push(bench->stream, "last", 4));
    http_stream_end(bench->stream);
    wait_for(bench, &client, "last");
    wait_for(bench, &client, "\r\n0\r\n\r\n");
    wait_over(bench, true);
    assert_int_equal(bench->over, 1);
    forget(&client);
    say(&client, GET("/b")); /* the connection is still good */
    wait_for(bench, &client, "GET b?");
    close(client.fd);
    close(other.fd);
}

static void a_viewer_that_goes_is_noticed(void **state)
{
    struct bench *bench = *state;
    struct client client = open_client(bench, "127.0.0.1");
    say(&client, GET("/stream"));
    wait_for(bench, &client, "begun");
    close(client.fd);
    for (int i = 0; bench->stream && i < 500; i++) {
        http_stream_push(bench->stream, "x", 1);
        ev_run(bench->loop, EVRUN_NOWAIT);
    }
    wait_over(bench, true);
    assert_int_equal(bench->over, 1);
}

/* It reads its headers, and then nothing any more. */
static void a_viewer_that_does_not_read_is_cut_off(void **state)
{
    struct bench *bench = *state;
    static char block[8192];
    struct client client = open_client(bench, "127.0.0.1");
    say(&client, GET("/stream"));
    wait_for(bench, &client, "begun");
    memset(block, 'x', sizeof block);
    size_t pushed = 0;
    while (http_stream_push(bench->stream, block, sizeof block)) {
        pushed += sizeof block;
        assert_true(pushed < 64u << 20); /* what the system keeps for it, and ours */
        ev_run(bench->loop, EVRUN_NOWAIT);
    }
    assert_true(pushed >= HTTP_STREAM_WAITING - sizeof block);
    wait_over(bench, true);
    close(client.fd);
}

static void streams_end_with_the_listener(void **state)
{
    struct bench *bench = *state;
    struct client client = open_client(bench, "127.0.0.1");
    say(&client, GET("/stream"));
    wait_for(bench, &client, "begun");
    http_listener_destroy(bench->listener);
    bench->listener = NULL;
    assert_int_equal(bench->over, 1);
    wait_for(bench, &client, NULL);
    close(client.fd);
}

static void on_large(void *context, struct http_incoming *incoming)
{
    static const char large[LARGE_BYTES];
    (void)context;
    http_incoming_answer(
        incoming, &(struct http_answer){
                      .status = 200, .body = large, .length = sizeof large, .lasting = true});
}

/* What it finds when it reads at last is what the sockets held, and the end. */
static void who_does_not_read_its_answer_is_cut_off(void **state)
{
    struct bench *bench = *state;
    struct error error = {{0}};
    const struct http_listener_settings settings = {.place = bench->place,
                                                    .connections_most = 9,
                                                    .per_address_most = 9,
                                                    .timeout_us = 60 * US_PER_S,
                                                    .answer_us = US_PER_S / 10};
    http_listener_destroy(bench->listener);
    bench->listener = http_listener_create(bench->loop, &settings, &error);
    assert_string_equal(error.text, "");
    struct network loopback;
    assert_true(network_parse("127.0.0.0/8", &loopback, NULL));
    http_listener_allow(bench->listener, &loopback, 1);
    http_listener_route(bench->listener, &(struct http_route){"/", NULL, on_large, bench});
    struct client client = open_client(bench, "127.0.0.1");
    struct ev_timer nap;
    size_t total = 0;
    say(&client, GET("/"));
    ev_timer_init(&nap, on_nap, 0.01, 0.01);
    ev_timer_start(bench->loop, &nap);
    for (ev_tstamp until = ev_time() + 0.5; ev_time() < until;)
        ev_run(bench->loop, EVRUN_ONCE);
    while (!client.closed) {
        forget(&client);
        look(&client);
        total += client.length;
        ev_run(bench->loop, client.length > 0 ? EVRUN_NOWAIT : EVRUN_ONCE);
    }
    ev_timer_stop(bench->loop, &nap);
    assert_in_range(total, 1, LARGE_BYTES - 1);
    close(client.fd);
}

/* One that sends a byte now and then, one that says nothing, one that began a body. */
static void slow_clients_are_cut_off(void **state)
{
    struct bench *bench = *state;
    struct client silent = open_client(bench, "127.0.0.1");
    struct client body = open_client(bench, "127.0.0.1");
    struct client slow = open_client(bench, "127.0.0.1");
    say(&body, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhe");
    ev_tstamp began = ev_time(), said = 0.;
    struct ev_timer tick;
    ev_timer_init(&tick, on_nap, 0.05, 0.05);
    ev_timer_start(bench->loop, &tick);
    while (!slow.closed && ev_time() - began < PATIENCE_S) {
        if (ev_time() - said > 0.05) {
            said = ev_time();
            slow.closed |= send(slow.fd, "G", 1, MSG_NOSIGNAL) < 0;
        }
        look(&slow);
        ev_run(bench->loop, EVRUN_ONCE);
    }
    ev_timer_stop(bench->loop, &tick);
    assert_true(slow.closed);
    assert_true(ev_time() - began > 0.9);
    wait_for(bench, &silent, NULL);
    wait_for(bench, &body, NULL);
    assert_int_equal(bench->handled, 0);
    close(slow.fd), close(silent.fd), close(body.fd);
}

static void wait_held(struct bench *bench, int count)
{
    ev_tstamp until = ev_time() + PATIENCE_S;
    while (bench->held_count < count && ev_time() < until)
        ev_run(bench->loop, EVRUN_ONCE);
    assert_int_equal(bench->held_count, count);
}

/* Answers come when they are there, in whatever order; nobody who waits is cut off. */
static void many_wait_for_their_answers(void **state)
{
    struct bench *bench = *state;
    struct client clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = open_client(bench, "127.0.0.1");
        AUTO_FREE char *request = mem_format(GET("/later/%d"), i);
        say(&clients[i], request);
    }
    wait_held(bench, CLIENTS);
    struct ev_timer pause; /* longer than the time that a request has to come */
    ev_timer_init(&pause, on_nap, 1.6, 0.);
    ev_timer_start(bench->loop, &pause);
    while (ev_is_active(&pause))
        ev_run(bench->loop, EVRUN_ONCE);
    for (int i = CLIENTS - 1; i >= 0; i--)
        echo(bench->held[i]);
    for (int i = 0; i < CLIENTS; i++) {
        AUTO_FREE char *told = mem_format("GET %d?", i);
        wait_for(bench, &clients[i], told);
        close(clients[i].fd);
    }
}

static void a_client_that_went_away_harms_nobody(void **state)
{
    struct bench *bench = *state;
    struct client gone = open_client(bench, "127.0.0.1");
    say(&gone, GET("/later/1"));
    wait_held(bench, 1);
    close(gone.fd);
    echo(bench->held[0]);
    struct client client = open_client(bench, "127.0.0.1");
    say(&client, GET("/a"));
    wait_for(bench, &client, "GET a?");
    close(client.fd);
}

static void the_end_answers_those_who_wait(void **state)
{
    struct bench *bench = *state;
    struct client waiting = open_client(bench, "127.0.0.1");
    struct client reading = open_client(bench, "127.0.0.1");
    say(&reading, "POST /later/p HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhe");
    say(&waiting, GET("/later/1"));
    wait_held(bench, 1);
    http_listener_destroy(bench->listener);
    bench->listener = NULL;
    wait_for(bench, &waiting, "HTTP/1.1 503 ");
    wait_for(bench, &reading, NULL);
    close(waiting.fd), close(reading.fd);
}

static void one_address_gets_so_many_connections(void **state)
{
    struct bench *bench = *state;
    http_listener_destroy(bench->listener);
    AUTO_FREE char *place = mem_format("127.0.0.1:%u", free_port());
    listen_at(bench, place, 2);
    struct client first = open_client(bench, "127.0.0.1"), second = open_client(bench, "127.0.0.1");
    say(&first, GET("/1"));
    say(&second, GET("/2"));
    wait_for(bench, &first, "GET 1?");
    wait_for(bench, &second, "GET 2?");
    struct client third = open_client(bench, "127.0.0.1"), other = open_client(bench, "127.0.0.2");
    wait_for(bench, &third, NULL);
    say(&other, GET("/o"));
    wait_for(bench, &other, "GET o?");
    close(first.fd), close(second.fd), close(third.fd), close(other.fd);
}

static void a_unix_socket_is_taken_over_when_nobody_listens(void **state)
{
    struct bench *bench = *state;
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = SOCKET_PATH};
    struct stat status;
    unlink(SOCKET_PATH);
    int left = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(left, (struct sockaddr *)&at, sizeof at), 0);
    close(left); /* its file stays */
    http_listener_destroy(bench->listener);
    listen_at(bench, SOCKET_PATH, 9);
    assert_int_equal(stat(SOCKET_PATH, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0660);
    struct client client = {.fd = socket(AF_UNIX, SOCK_STREAM, 0)};
    assert_int_equal(connect(client.fd, (struct sockaddr *)&at, sizeof at), 0);
    fcntl(client.fd, F_SETFL, O_NONBLOCK);
    say(&client, GET("/a"));
    wait_for(bench, &client, "GET a?  (unix, -)");
    close(client.fd);
    struct error error;
    struct http_listener_settings settings = {.place = bench->place, .timeout_us = US_PER_S};
    assert_null(http_listener_create(bench->loop, &settings, &error));
    assert_string_equal(error.text, "Address already in use");
    http_listener_destroy(bench->listener);
    bench->listener = NULL;
    assert_int_equal(access(SOCKET_PATH, F_OK), -1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_are_answered_on_one_connection),
        TEST(who_waits_for_a_connection_to_end_gets_its_turn),
        TEST(nobody_at_home_is_told_so),
        TEST(what_is_too_large_is_refused),
        TEST(a_request_may_be_refused_before_its_body),
        TEST(only_the_allowed_may_connect),
        TEST(rubbish_ends_its_connection_only),
        TEST(an_answer_may_go_on),
        TEST(a_viewer_that_goes_is_noticed),
        TEST(a_viewer_that_does_not_read_is_cut_off),
        TEST(streams_end_with_the_listener),
        TEST(slow_clients_are_cut_off),
        TEST(who_does_not_read_its_answer_is_cut_off),
        TEST(many_wait_for_their_answers),
        TEST(a_client_that_went_away_harms_nobody),
        TEST(the_end_answers_those_who_wait),
        TEST(one_address_gets_so_many_connections),
        TEST(a_unix_socket_is_taken_over_when_nobody_listens),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
