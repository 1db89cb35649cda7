/* Mail servers on the event loop: what is said to them, and what becomes of it when they refuse,
 * hang or go away, at each step. */
#include "duban/http.h"

#include "duban/mem.h"

#include "smtp_server.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define PATIENCE_US (5 * US_PER_S)
#define BODY        "Subject: x\r\n\r\nYQ==\r\n"

struct bench {
    struct ev_loop *loop;
    struct smtp_server server;
    struct http_client *client;
    int told;
    struct http_reply reply;
    char text[200];
};

static void set_up(struct bench *bench)
{
    *bench = (struct bench){.loop = ev_loop_new(0)};
    smtp_server_start(&bench->server, bench->loop);
    bench->client = http_create(bench->loop, &(struct http_settings){.connections_most = 2});
}

static void tear_down(struct bench *bench)
{
    http_destroy(bench->client);
    smtp_server_stop(&bench->server);
    ev_loop_destroy(bench->loop);
}

static void on_done(void *context, const struct http_reply *reply)
{
    struct bench *bench = context;
    bench->told++;
    ev_break(bench->loop, EVBREAK_ONE);
    bench->reply = *reply;
    snprintf(bench->text, sizeof bench->text, "%s",
             reply->failure == HTTP_REPLIED ? reply->body : reply->failure_text);
}

static void send_mail(struct bench *bench, const char *body, const char *password,
                      span_us timeout_us)
{
    struct http_request request = {
        .method = "SMTP",
        .url = mem_format("smtp://127.0.0.1:%d/duban.example", bench->server.port),
        .made_body = mem_text(body),
        .body_length = strlen(body),
        .mail_from = "duban@example.gov.cn",
        .mail_to = "leader@example.gov.cn",
        .username = password ? "duban" : NULL,
        .password = password,
        .mail_in_clear = true,
    };
    request.body = request.made_body;
    http_send(bench->client, &request, timeout_us, on_done, bench);
    http_request_finish(&request);
}

static void wait_all(struct bench *bench)
{
    while (http_in_flight(bench->client))
        ev_run(bench->loop, 0);
}

static void exchange(struct bench *bench, const char *body, const char *password,
                     span_us timeout_us)
{
    bench->told = 0;
    send_mail(bench, body, password, timeout_us);
    assert_int_equal(bench->told, 0); /* never from inside http_send */
    wait_all(bench);
    assert_int_equal(bench->told, 1);
}

static void a_message_is_handed_over(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    exchange(&bench, BODY, NULL, PATIENCE_US);
    assert_int_equal(bench.reply.failure, HTTP_REPLIED);
    assert_int_equal(bench.reply.step, SMTP_END);
    assert_int_equal(bench.reply.status, 250);
    assert_string_equal(bench.text, "2.0.0 queued as 4X7");
    assert_string_equal(bench.server.heard, "EHLO duban.example\r\n"
                                            "MAIL FROM:<duban@example.gov.cn>\r\n"
                                            "RCPT TO:<leader@example.gov.cn>\r\n"
                                            "DATA\r\n" BODY ".\r\nQUIT\r\n");
    tear_down(&bench);
}

static void a_login_comes_first(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    exchange(&bench, BODY, "secret", PATIENCE_US);
    assert_int_equal(bench.reply.status, 250);
    assert_non_null(strstr(bench.server.heard, "AUTH PLAIN\r\nAGR1YmFuAHNlY3JldA==\r\nMAIL"));
    exchange(&bench, BODY, NULL, PATIENCE_US); /* the same handle, without */
    assert_null(strstr(bench.server.heard, "AUTH"));
    assert_int_equal(bench.server.messages, 2);
    tear_down(&bench);
}

/* Stands before libc's: a socket that takes little at a time, and every other time nothing. */
static bool slow_socket;
static int refused;

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
    if (slow_socket && ++refused % 2) {
        errno = EAGAIN;
        return -1;
    }
    return sendto(fd, bytes, slow_socket && length > 5000 ? 5000 : length, flags, NULL, 0);
}

static void a_long_message_arrives_whole(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    struct buf body;
    buf_init(&body, 200000);
    while (buf_text(&body, "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTA="
                           "\r\n") &&
           body.length < 190000)
        ;
    slow_socket = true;
    exchange(&bench, buf_string(&body), NULL, PATIENCE_US);
    slow_socket = false;
    assert_int_equal(bench.reply.status, 250);
    assert_true(refused > 40);
    assert_memory_equal(bench.server.message, body.data, body.length);
    buf_finish(&body);
    tear_down(&bench);
}

struct refusal {
    enum smtp_turn turn;
    const char *says;
    enum http_failure failure;
    enum smtp_step step;
    int status;
    const char *text; /* contained */
};

static void check_refusal(struct bench *bench, const struct refusal *row, size_t i)
{
    memset(bench->server.script, 0, sizeof bench->server.script);
    bench->server.script[row->turn] = row->says;
    bench->server.messages = 0;
    bool hangs = strcmp(row->says, "hang") == 0 || strstr(row->says, "SSH");
    exchange(bench, BODY, "secret", hangs ? 100 * US_PER_MS : PATIENCE_US);
    const struct http_reply *reply = &bench->reply;
    if (reply->failure != row->failure || reply->step != row->step ||
        reply->status != row->status || strstr(bench->text, row->text) == NULL)
        fail_msg("row %zu: failure %d, step %d, status %d, %s", i, (int)reply->failure,
                 (int)reply->step, reply->status, bench->text);
    assert_int_equal(bench->server.messages, row->turn >= TURN_END);
}

static void each_refusal_is_told_with_its_step(void **state)
{
    (void)state;
    static const struct refusal rows[] = {
        {TURN_GREETING, "554 5.7.1 not you\r\n", HTTP_REPLIED, SMTP_GREETING, 554, "not you"},
        {TURN_GREETING, "421-4.3.2 busy,\r\n421 4.3.2 come later\r\n", HTTP_REPLIED, SMTP_GREETING,
         421, "4.3.2 busy, 4.3.2 come later"},
        {TURN_GREETING, "close", HTTP_NOT_SENT, SMTP_GREETING, 0, ""},
        {TURN_GREETING, "hang", HTTP_NOT_SENT, SMTP_GREETING, 0, ""},
        {TURN_GREETING, "SSH-2.0-OpenSSH\r\n", HTTP_NOT_SENT, SMTP_GREETING, 0, ""},
        {TURN_EHLO, "550 5.7.1 who?\r\n", HTTP_REPLIED, SMTP_GREETING, 550, "who?"},
        {TURN_EHLO, "close", HTTP_NOT_SENT, SMTP_GREETING, 0, ""},
        {TURN_AUTH, "535 5.7.8 wrong\r\n", HTTP_REPLIED, SMTP_LOGIN, 535, "5.7.8 wrong"},
        {TURN_AUTH, "454 4.7.0 later\r\n", HTTP_REPLIED, SMTP_LOGIN, 454, "later"},
        {TURN_AUTH, "hang", HTTP_NOT_SENT, SMTP_GREETING, 0, ""},
        {TURN_MAIL, "553 5.7.1 not yours\r\n", HTTP_REPLIED, SMTP_SENDER, 553, "not yours"},
        {TURN_MAIL, "close", HTTP_NOT_SENT, SMTP_SENDER, 0, "broke after MAIL"},
        {TURN_RCPT, "550 5.1.1 nobody\r\n", HTTP_REPLIED, SMTP_RECIPIENT, 550, "5.1.1 nobody"},
        {TURN_RCPT, "451 4.7.1 greylisted\r\n", HTTP_REPLIED, SMTP_RECIPIENT, 451, "greylisted"},
        {TURN_RCPT, "hang", HTTP_NOT_SENT, SMTP_RECIPIENT, 0, "no reply in time after RCPT"},
        {TURN_DATA, "452 4.3.1 full\r\n", HTTP_REPLIED, SMTP_CONTENT, 452, "full"},
        {TURN_DATA, "250 what?\r\n", HTTP_REPLIED, SMTP_CONTENT, 250, "what?"},
        {TURN_DATA, "close", HTTP_NOT_SENT, SMTP_CONTENT, 0, "DATA"},
        {TURN_END, "554 5.7.1 spam\r\n", HTTP_REPLIED, SMTP_END, 554, "spam"},
        {TURN_END, "451 4.3.0 filter away\r\n", HTTP_REPLIED, SMTP_END, 451, "filter"},
        {TURN_END, "close", HTTP_INTERRUPTED, SMTP_END, 0, "broke after the end of the message"},
        {TURN_END, "hang", HTTP_TIMED_OUT, SMTP_END, 0, "no reply in time after the end"},
        {TURN_END, "rubbish\r\n", HTTP_INTERRUPTED, SMTP_END, 0, "spoke no SMTP"},
        {TURN_QUIT, "close", HTTP_REPLIED, SMTP_END, 250, "queued"},
        {TURN_QUIT, "hang", HTTP_REPLIED, SMTP_END, 250, "queued"},
        {TURN_QUIT, "550 no\r\n", HTTP_REPLIED, SMTP_END, 250, "queued"},
        {TURN_END, "250 2.0.0 at last\r\n", HTTP_REPLIED, SMTP_END, 250, "at last"},
    };
    struct bench bench;
    set_up(&bench);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_refusal(&bench, &rows[i], i);
    tear_down(&bench);
}

static void on_tick(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop, (void)events;
    ++*(int *)timer->data;
}

/* libcurl's own SMTP would stand still here, and everything else with it. */
static void a_silent_server_holds_up_nothing(void **state)
{
    (void)state;
    struct bench bench;
    struct ev_timer tick;
    int ticks = 0;
    set_up(&bench);
    bench.server.script[TURN_END] = "hang";
    ev_timer_init(&tick, on_tick, 0.01, 0.01);
    tick.data = &ticks;
    ev_timer_start(bench.loop, &tick);
    exchange(&bench, BODY, NULL, 300 * US_PER_MS);
    ev_timer_stop(bench.loop, &tick);
    assert_int_equal(bench.reply.failure, HTTP_TIMED_OUT);
    assert_true(ticks >= 10);
    tear_down(&bench);
}

static void under_way_it_can_be_dropped(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    bench.server.script[TURN_END] = "hang";
    send_mail(&bench, BODY, NULL, PATIENCE_US);
    while (bench.server.messages == 0)
        ev_run(bench.loop, EVRUN_ONCE);
    tear_down(&bench);
    assert_int_equal(bench.told, 0);
}

/* A handle that has served mail serves HTTP, and no other scheme than it should. */
static void schemes_are_kept_apart(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    exchange(&bench, BODY, "secret", PATIENCE_US);
    struct http_request request = {.method = "GET",
                                   .url = mem_format("smtp://127.0.0.1:%d", bench.server.port)};
    http_send(bench.client, &request, PATIENCE_US, on_done, &bench);
    http_request_finish(&request);
    wait_all(&bench);
    assert_int_equal(bench.reply.failure, HTTP_NOT_SENT);
    assert_non_null(strstr(bench.text, "smtp"));
    request = (struct http_request){.method = "GET",
                                    .url = mem_format("http://127.0.0.1:%d/", bench.server.port)};
    http_send(bench.client, &request, PATIENCE_US, on_done, &bench);
    http_request_finish(&request);
    while (strstr(bench.server.heard, "GET / HTTP/1.1\r\n") == NULL)
        ev_run(bench.loop, EVRUN_ONCE);
    assert_null(strstr(bench.server.heard, "Authorization"));
    tear_down(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_handed_over),
        cmocka_unit_test(a_login_comes_first),
        cmocka_unit_test(a_long_message_arrives_whole),
        cmocka_unit_test(each_refusal_is_told_with_its_step),
        cmocka_unit_test(a_silent_server_holds_up_nothing),
        cmocka_unit_test(under_way_it_can_be_dropped),
        cmocka_unit_test(schemes_are_kept_apart),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
