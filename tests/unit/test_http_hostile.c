/* Receivers that misbehave, on purpose or not: each gets the verdict that is true, and none delays
 * a request to another. */
#include "duban/http.h"

#include "http_bench.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TIMEOUT_US (1 * US_PER_S)

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define PAD     "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor. "

/* What a path sends, and what must come of it. */
struct hostile {
    enum http_failure failure;
    int status;
    const char *body; /* NULL: not looked at */
    struct server_script script;
};

#define SLOW .chunk = 1, .pause_s = 0.001
#define DEAD .chunk = 1, .pause_s = 0.2 /* doesn't come to its end in time */

static const struct hostile hostiles[] = {
    /* byte by byte */
    {HTTP_REPLIED,
     200,
     "fine",
     {.path = "/slow-all", .bytes = OK_HEAD "Content-Length: 4\r\n\r\nfine", SLOW}},
    {HTTP_REPLIED,
     200,
     "fine",
     {.path = "/slow-chunks",
      .bytes = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n",
      SLOW}},
    {HTTP_TIMED_OUT,
     0,
     "",
     {.path = "/slow-head", .bytes = OK_HEAD "Content-Length: 4\r\n\r\nfine", DEAD}},
    {HTTP_TIMED_OUT,
     200,
     "",
     {.path = "/slow-headers", .bytes = OK_HEAD, .repeat = PAD, .chunk = 17, .pause_s = 0.05}},
    {HTTP_TIMED_OUT,
     200,
     NULL,
     {.path = "/stuck", .bytes = OK_HEAD "Content-Length: 8\r\n\r\nhalf"}},
    /* more than anybody wants */
    {HTTP_INTERRUPTED,
     200,
     "",
     {.path = "/headers", .bytes = OK_HEAD, .repeat = "X-Pad: " PAD "\r\n"}},
    {HTTP_INTERRUPTED, 200, "", {.path = "/header", .bytes = OK_HEAD "X-Pad: ", .repeat = PAD}},
    {HTTP_INTERRUPTED, 0, "", {.path = "/status", .bytes = "HTTP/1.1 200 ", .repeat = PAD}},
    {HTTP_TOO_LARGE, 200, NULL, {.path = "/body", .bytes = OK_HEAD "\r\n", .repeat = PAD}},
    {HTTP_TOO_LARGE,
     200,
     NULL,
     {.path = "/length", .bytes = OK_HEAD "Content-Length: 99999999999\r\n\r\n", .repeat = PAD}},
    {HTTP_INTERRUPTED,
     200,
     NULL,
     {.path = "/chunks",
      .bytes = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n",
      .repeat = "5\r\nx\0xx\n\r\n"}},
    {HTTP_TOO_LARGE,
     200,
     NULL,
     {.path = "/many-chunks",
      .bytes = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n",
      .repeat = "8\r\nTLV-8bit\r\n"}},
    {HTTP_INTERRUPTED,
     200,
     NULL,
     {.path = "/chunk-size",
      .bytes = OK_HEAD "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n",
      .repeat = PAD}},
    {HTTP_INTERRUPTED,
     200,
     NULL,
     {.path = "/negative-chunk",
      .bytes = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n"}},
    {HTTP_INTERRUPTED,
     100,
     "",
     {.path = "/1xx", .bytes = "", .repeat = "HTTP/1.1 100 Continue\r\n\r\n"}},
    {HTTP_INTERRUPTED,
     103,
     "",
     {.path = "/103", .bytes = "", .repeat = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"}},
    {HTTP_REPLIED,
     200,
     "fine",
     {.path = "/hints",
      .bytes = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" OK_HEAD
               "Content-Length: 4\r\n\r\nfine"}},
    /* lengths that aren't true */
    {HTTP_INTERRUPTED,
     200,
     NULL,
     {.path = "/short", .bytes = OK_HEAD "Content-Length: 8\r\n\r\nhalf", .then_close = true}},
    {HTTP_INTERRUPTED,
     200,
     "",
     {.path = "/negative", .bytes = OK_HEAD "Content-Length: -4\r\n\r\nfine", .then_close = true}},
    {HTTP_INTERRUPTED,
     200,
     "",
     {.path = "/word", .bytes = OK_HEAD "Content-Length: many\r\n\r\nfine", .then_close = true}},
    {HTTP_INTERRUPTED,
     200,
     "",
     {.path = "/cut-head", .bytes = OK_HEAD "Content-Le", .then_close = true}},
    {HTTP_INTERRUPTED,
     200,
     NULL,
     {.path = "/cut-chunk",
      .bytes = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n8\r\nhalf",
      .then_close = true}},
    /* no HTTP */
    {HTTP_INTERRUPTED,
     0,
     "",
     {.path = "/ssh", .bytes = "SSH-2.0-OpenSSH_9.2\r\n", .then_close = true}},
    {HTTP_INTERRUPTED,
     0,
     "",
     {.path = "/tls", .bytes = "\x16\x03\x01\x02", .length = 5, .then_close = true}},
    {HTTP_INTERRUPTED,
     0,
     "",
     {.path = "/zeros", .bytes = "\0\0\0\0\0\0\0\0\0\0", .length = 10, .then_close = true}},
    {HTTP_INTERRUPTED,
     0,
     "",
     {.path = "/letters", .bytes = "HTTP/1.1 abc OK\r\n\r\n", .then_close = true}},
    {HTTP_INTERRUPTED,
     0,
     "",
     {.path = "/version", .bytes = "HTTP/7.3 200 OK\r\n\r\n", .then_close = true}},
    {HTTP_INTERRUPTED,
     0,
     "",
     {.path = "/icy", .bytes = "ICY 200 OK\r\n\r\nfine", .then_close = true}},
    {HTTP_INTERRUPTED, 0, "", {.path = "/bare", .bytes = "HTTP/1.1\r\n\r\n", .then_close = true}},
    {HTTP_INTERRUPTED,
     0,
     "",
     {.path = "/http09", .bytes = "<html>200 OK</html>", .then_close = true}},
};

static void set_up_hostiles(struct bench *bench, struct server_script scripts[COUNT_OF(hostiles)])
{
    set_up(bench);
    for (size_t i = 0; i < COUNT_OF(hostiles); i++)
        scripts[i] = hostiles[i].script;
    bench->server.scripts = scripts;
    bench->server.script_count = COUNT_OF(hostiles);
}

static void check_hostile(const struct hostile *hostile, const struct result *result)
{
    if (result->reply.failure != hostile->failure || result->reply.status != hostile->status)
        print_error("%s: %d, status %d (%s)\n", hostile->script.path, result->reply.failure,
                    result->reply.status, result->reply.failure_text);
    assert_int_equal(result->told, 1);
    assert_int_equal(result->reply.failure, hostile->failure);
    assert_int_equal(result->reply.status, hostile->status);
    if (hostile->body)
        assert_string_equal(result->body, hostile->body);
    assert_true(result->reply.body_length <= HTTP_REPLY_BYTES);
    assert_int_equal(result->reply.failure_text[0] == '\0', hostile->failure == HTTP_REPLIED);
}

static void wait_for(struct bench *bench, const struct result *results, int count)
{
    for (int i = 0; i < count; i++)
        while (results[i].told == 0)
            ev_run(bench->loop, EVRUN_ONCE);
}

/* All of them at once, over fresh and kept connections, and good ones in between. */
static void each_gets_its_verdict_and_delays_no_other(void **state)
{
    (void)state;
    struct bench bench;
    struct server_script scripts[COUNT_OF(hostiles)];
    set_up_hostiles(&bench, scripts);
    struct result *good = &bench.results[2 * COUNT_OF(hostiles)];
    for (size_t i = 0; i < 2 * COUNT_OF(hostiles); i++)
        send_url(&bench, &bench.results[i], url_of(&bench, hostiles[i / 2].script.path), true,
                 i % 2, TIMEOUT_US);
    for (int i = 0; i < 50; i++)
        send_url(&bench, &good[i], url_of(&bench, "/ok"), true, i % 2, PATIENCE_US);
    wait_for(&bench, good, 50);
    for (size_t i = 0; i < 2 * COUNT_OF(hostiles); i++)
        assert_true(bench.results[i].told == 0 || hostiles[i / 2].failure != HTTP_TIMED_OUT);
    wait_all(&bench);
    for (size_t i = 0; i < 2 * COUNT_OF(hostiles); i++)
        check_hostile(&hostiles[i / 2], &bench.results[i]);
    for (int i = 0; i < 50; i++)
        assert_string_equal(good[i].body, "fine");
    tear_down(&bench);
}

/* What comes after a reply on a kept connection isn't the next one's. */
static void bytes_after_a_reply_are_no_reply(void **state)
{
    (void)state;
#define MORE "HTTP/1.1 500 Forged\r\nContent-Length: 6\r\n\r\nforged"
    static const char reply[] = OK_HEAD "Content-Length: 4\r\n\r\nfine";
    static const struct server_script scripts[] = {
        {.path = "/at-once", .bytes = OK_HEAD "Content-Length: 4\r\n\r\nfine" MORE},
        {.path = "/later",
         .bytes = OK_HEAD "Content-Length: 4\r\n\r\nfine" MORE,
         .chunk = sizeof reply - 1,
         .pause_s = 0.01},
        {.path = "/empty", .bytes = "HTTP/1.1 204 No Content\r\n\r\nfine" MORE},
        {.path = "/twice",
         .bytes = OK_HEAD "Content-Length: 4\r\nContent-Length: 50\r\n\r\nfine" MORE},
        {.path = "/both",
         .bytes = OK_HEAD "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "4\r\nfine\r\n0\r\n\r\n" MORE},
    };
    struct bench bench;
    set_up(&bench);
    bench.server.scripts = scripts;
    bench.server.script_count = COUNT_OF(scripts);
    for (size_t i = 0; i < 2 * COUNT_OF(scripts); i++) {
        struct result *result = exchange(&bench, scripts[i / 2].path, true, false);
        assert_int_not_equal(result->reply.status, 500);
        assert_null(strstr(result->body, "forged"));
        if (i % 2) { /* the rest has time to come */
            send_url(&bench, &bench.results[1], url_of(&bench, "/slow"), true, true,
                     30 * US_PER_MS);
            wait_all(&bench);
        }
        result = exchange(&bench, "/ok", true, false);
        assert_int_equal(result->reply.status, 200);
        assert_string_equal(result->body, "fine");
    }
    tear_down(&bench);
}

/* A connection that is reset as soon as it is made: what is told may be either, but "not sent" must
 * be true. */
static void a_reset_at_once_is_never_told_as_a_reply(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    bench.server.resets = true;
    for (int i = 0; i < 20; i++) {
        struct result *result = exchange(&bench, "/ok", true, i % 2);
        assert_true(result->reply.failure == HTTP_NOT_SENT ||
                    result->reply.failure == HTTP_INTERRUPTED);
        assert_int_equal(bench.server.requests, 0);
    }
    tear_down(&bench);
}

static void another_host_is_not_followed_to(void **state)
{
    (void)state;
    struct bench bench;
    struct server other;
    char replies[2][200];
    set_up(&bench);
    server_start(&other, bench.loop);
    static const char *const statuses[] = {"301 Moved", "307 Temporary Redirect"};
    struct server_script scripts[] = {{.path = "/moved"}, {.path = "/temporary"}};
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        snprintf(replies[i], sizeof replies[i],
                 "HTTP/1.1 %s\r\nLocation: http://127.0.0.1:%d/ok\r\nContent-Length: 0\r\n\r\n",
                 statuses[i], other.port);
        scripts[i].bytes = replies[i];
    }
    bench.server.scripts = scripts;
    bench.server.script_count = COUNT_OF(scripts);
    assert_int_equal(exchange(&bench, "/moved", true, false)->reply.status, 301);
    assert_int_equal(exchange(&bench, "/temporary", true, false)->reply.status, 307);
    assert_int_equal(other.accepted, 0);
    server_stop(&other);
    tear_down(&bench);
}

/* Appends bits of a deflate stream, the lowest first. */
static void put_bits(unsigned char *out, size_t *at, unsigned bits, unsigned count)
{
    for (unsigned i = 0; i < count; i++, ++*at)
        out[*at / 8] |= (unsigned char)((bits >> i & 1) << *at % 8);
}

/* A gzip file of a zero and 258 × `copies` further ones; its length. */
static size_t make_bomb(unsigned char *out, int copies)
{
    static const unsigned char head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    memcpy(out, head, sizeof head);
    size_t at = sizeof head * 8;
    put_bits(out, &at, 3, 3);    /* the last block, with the fixed codes */
    put_bits(out, &at, 0x0c, 8); /* 00110000: the byte 0 */
    for (int i = 0; i < copies; i++) {
        put_bits(out, &at, 0xa3, 8); /* 11000101: 258 bytes … */
        put_bits(out, &at, 0, 5);    /* … from 1 back */
    }
    put_bits(out, &at, 0, 7); /* the block's end */
    return (at + 7) / 8 + 8;  /* a checksum that nobody gets to see */
}

/* A body that is packed stays so: nobody has asked for it. What is packed on the way is unpacked
 * by libcurl, but no further than the cap. */
static void a_bomb_does_not_go_off(void **state)
{
    (void)state;
    static unsigned char packed[2][48000];
    struct bench bench;
    set_up(&bench);
    struct server_script scripts[] = {{.path = "/content"}, {.path = "/transfer"}};
    size_t bytes[2], head[2];
    head[0] = (size_t)sprintf((char *)packed[0], OK_HEAD "Content-Encoding: gzip\r\n\r\n");
    head[1] = (size_t)sprintf((char *)packed[1], OK_HEAD "Transfer-Encoding: gzip\r\n\r\n");
    for (size_t i = 0; i < 2; i++) {
        packed[i][head[i]] = 0;
        bytes[i] = make_bomb(packed[i] + head[i], 28000); /* 7 MB */
        scripts[i].bytes = (const char *)packed[i];
        scripts[i].length = head[i] + bytes[i];
        scripts[i].then_close = true;
    }
    bench.server.scripts = scripts;
    bench.server.script_count = 2;
    struct result *result = exchange(&bench, "/content", true, false);
    assert_int_equal(result->reply.failure, HTTP_REPLIED);
    assert_int_equal(result->reply.body_length, bytes[0]);
    assert_memory_equal(result->body, "\x1f\x8b\x08", 4);
    assert_null(strstr(bench.server.last, "Accept-Encoding"));
    result = exchange(&bench, "/transfer", true, false);
    assert_int_equal(result->reply.failure, HTTP_TOO_LARGE);
    assert_true(result->reply.body_length <= HTTP_REPLY_BYTES);
    tear_down(&bench);
}

/* In the middle of a TLS handshake no request has left yet. */
static void a_broken_handshake_is_not_sent(void **state)
{
    (void)state;
    static const struct server_script scripts[] = {
        {.path = "/",
         .bytes = "\x16\x03\x03\x40",
         .repeat = "\x02",
         DEAD},                                                     /* a record that never ends */
        {.path = "/", .bytes = "\x16\x03\x03\x40", .repeat = PAD},  /* one of nonsense */
        {.path = "/", .bytes = "HTTP/1.1 400 Bad Request\r\n\r\n"}, /* no TLS */
        {.path = "/", .bytes = "\x15\x03\x01\x00\x02\x02\x28", .length = 7}, /* an alert */
        {.path = "/",
         .bytes = "\x16\x03\x03\x00\x05\x02",
         .then_close = true}, /* half of a hello */
    };
    struct bench bench;
    struct server servers[COUNT_OF(scripts)];
    set_up(&bench);
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        char url[60];
        server_start(&servers[i], bench.loop);
        servers[i].scripts = &scripts[i];
        servers[i].script_count = 1;
        servers[i].plays_at_once = true;
        snprintf(url, sizeof url, "https://127.0.0.1:%d/", servers[i].port);
        send_url(&bench, &bench.results[i], url, true, true, TIMEOUT_US);
    }
    send_url(&bench, &bench.results[COUNT_OF(scripts)], url_of(&bench, "/ok"), true, true,
             PATIENCE_US);
    wait_for(&bench, &bench.results[COUNT_OF(scripts)], 1);
    assert_int_equal(bench.results[0].told, 0);
    wait_all(&bench);
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        assert_int_equal(bench.results[i].reply.failure, HTTP_NOT_SENT);
        assert_string_not_equal(bench.results[i].reply.failure_text, "");
        server_stop(&servers[i]);
    }
    assert_int_equal(bench.results[COUNT_OF(scripts)].reply.status, 200);
    tear_down(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_gets_its_verdict_and_delays_no_other),
        cmocka_unit_test(bytes_after_a_reply_are_no_reply),
        cmocka_unit_test(a_reset_at_once_is_never_told_as_a_reply),
        cmocka_unit_test(another_host_is_not_followed_to),
        cmocka_unit_test(a_bomb_does_not_go_off),
        cmocka_unit_test(a_broken_handshake_is_not_sent),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
