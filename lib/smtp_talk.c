/* The talk with a mail server: parts that are sent one after the other, each after the reply to
 * the one before it. */
#include "duban/smtp_talk.h"

#include "duban/mem.h"
#include "duban/utf8.h"

#include <stdio.h>
#include <string.h>

#define SAID_BYTES_MOST ((size_t)1 << 20)
#define QUIT_US         (2 * US_PER_S) /* then the server's goodbye isn't waited for any more */

static const struct {
    enum smtp_step step;
    int expects; /* first digit of the reply; 0: there is none */
    const char *name;
} parts[SMTP_PARTS] = {
    [PART_SENDER] = {SMTP_SENDER, 2, "MAIL"},
    [PART_RECIPIENT] = {SMTP_RECIPIENT, 2, "RCPT"},
    [PART_DATA] = {SMTP_CONTENT, 3, "DATA"},
    [PART_BODY] = {SMTP_CONTENT, 0, "the message"},
    [PART_END] = {SMTP_END, 2, "the end of the message"},
    [PART_QUIT] = {SMTP_END, 2, "QUIT"},
};

void smtp_talk_init(struct smtp_talk *talk)
{
    *talk = (struct smtp_talk){0};
    buf_init(&talk->said, SAID_BYTES_MOST);
    buf_init(&talk->heard, SMTP_REPLY_BYTES);
    smtp_reply_init(&talk->reply);
}

void smtp_talk_finish(struct smtp_talk *talk)
{
    smtp_talk_clear(talk);
    buf_finish(&talk->said);
    buf_finish(&talk->heard);
    smtp_reply_finish(&talk->reply);
}

void smtp_talk_prepare(struct smtp_talk *talk, const struct http_request *request)
{
    struct buf *said = &talk->said;
    buf_format(said, "MAIL FROM:<%s>\r\n", request->mail_from);
    talk->ends[PART_SENDER] = said->length;
    buf_format(said, "RCPT TO:<%s>\r\n", request->mail_to);
    talk->ends[PART_RECIPIENT] = said->length;
    buf_text(said, "DATA\r\n");
    talk->ends[PART_DATA] = said->length;
    buf_add(said, request->body, request->body_length);
    talk->ends[PART_BODY] = said->length;
    buf_text(said, ".\r\n");
    talk->ends[PART_END] = said->length;
    buf_text(said, "QUIT\r\n");
    talk->ends[PART_QUIT] = said->length;
}

/* --- what comes of it --- */

static void stop(struct smtp_talk *talk)
{
    if (talk->loop == NULL)
        return;
    ev_io_stop(talk->loop, &talk->ready);
    ev_timer_stop(talk->loop, &talk->timer);
    talk->loop = NULL;
}

static void end(struct smtp_talk *talk)
{
    stop(talk);
    talk->done(talk);
}

static void settle(struct smtp_talk *talk, enum http_failure failure, int status, const char *text)
{
    talk->settled = true;
    talk->failure = failure;
    talk->step = parts[talk->part].step;
    talk->status = status;
    size_t length = utf8_cut(text, sizeof talk->text - 1);
    memcpy(talk->text, text, length);
    talk->text[length] = '\0';
}

/* No reply will come. What has been settled stays: then it is only the goodbye that is missing. */
static void fail(struct smtp_talk *talk, enum http_failure failure, const char *why)
{
    char text[sizeof((struct http_reply *)0)->failure_text];
    bool taken = parts[talk->part].step == SMTP_END; /* or not: nobody knows */
    snprintf(text, sizeof text, "%s after %s", why, parts[talk->part].name);
    if (!talk->settled)
        settle(talk, taken ? failure : HTTP_NOT_SENT, 0, text);
    end(talk);
}

static void say_goodbye(struct smtp_talk *talk)
{
    talk->part = PART_QUIT;
    talk->sent = talk->ends[PART_END];
    if (ev_timer_remaining(talk->loop, &talk->timer) <= (double)QUIT_US / 1e6)
        return;
    ev_timer_stop(talk->loop, &talk->timer);
    ev_timer_set(&talk->timer, (double)QUIT_US / 1e6, 0.0);
    ev_timer_start(talk->loop, &talk->timer);
}

/* The reply to a part is there. False at the end of the talk. */
static bool go_on(struct smtp_talk *talk)
{
    const struct smtp_reply *reply = &talk->reply;
    if (talk->part == PART_QUIT) {
        end(talk);
        return false;
    }
    bool expected = reply->code / 100 == parts[talk->part].expects;
    if (expected && talk->part != PART_END) {
        talk->part++;
        return true;
    }
    settle(talk, HTTP_REPLIED, reply->code, smtp_reply_text(reply));
    say_goodbye(talk);
    return true;
}

/* --- bytes --- */

static void wait_for(struct smtp_talk *talk, int events)
{
    int fd = talk->ready.fd;
    if (ev_is_active(&talk->ready) && (talk->ready.events & (EV_READ | EV_WRITE)) == events)
        return;
    ev_io_stop(talk->loop, &talk->ready);
    ev_io_set(&talk->ready, fd, events);
    ev_io_start(talk->loop, &talk->ready);
}

/* False when it must wait, or is over. */
static bool send_some(struct smtp_talk *talk)
{
    size_t sent = 0;
    CURLcode code = curl_easy_send(talk->easy, talk->said.data + talk->sent,
                                   talk->ends[talk->part] - talk->sent, &sent);
    talk->sent += sent;
    if (code == CURLE_OK)
        return true;
    if (code == CURLE_AGAIN)
        wait_for(talk, EV_WRITE);
    else
        fail(talk, HTTP_INTERRUPTED, "the connection broke");
    return false;
}

/* The first line of what was heard, once it is whole. False at the end of the talk. */
static bool take_line(struct smtp_talk *talk, bool *whole)
{
    struct buf *heard = &talk->heard;
    char *newline = heard->length ? memchr(heard->data, '\n', heard->length) : NULL;
    *whole = false;
    if (newline == NULL)
        return true;
    size_t length = (size_t)(newline - heard->data) + 1;
    bool fine = smtp_reply_add(&talk->reply, heard->data, length);
    memmove(heard->data, heard->data + length, heard->length - length);
    heard->length -= length;
    if (!fine) {
        fail(talk, HTTP_INTERRUPTED, "the server spoke no SMTP");
        return false;
    }
    *whole = true;
    return true;
}

/* False when it must wait, or is over. */
static bool receive_some(struct smtp_talk *talk)
{
    char bytes[1024];
    size_t got = 0;
    CURLcode code = curl_easy_recv(talk->easy, bytes, sizeof bytes, &got);
    if (code == CURLE_AGAIN) {
        wait_for(talk, EV_READ);
        return false;
    }
    if (code != CURLE_OK || got == 0) {
        fail(talk, HTTP_INTERRUPTED, "the connection broke");
        return false;
    }
    if (!buf_add(&talk->heard, bytes, got)) {
        fail(talk, HTTP_INTERRUPTED, "the server spoke no SMTP");
        return false;
    }
    return true;
}

/* The next step of a reply: a line of it, or more bytes. */
static bool hear(struct smtp_talk *talk)
{
    bool whole;
    if (!take_line(talk, &whole))
        return false;
    if (!whole)
        return receive_some(talk);
    return !talk->reply.whole || go_on(talk);
}

/* As far as it goes without waiting. */
static void go(struct smtp_talk *talk)
{
    bool goes = true;
    while (goes) {
        if (talk->sent < talk->ends[talk->part])
            goes = send_some(talk);
        else if (parts[talk->part].expects == 0)
            talk->part++;
        else
            goes = hear(talk);
    }
}

static void on_ready(struct ev_loop *loop, struct ev_io *ready, int events)
{
    (void)loop, (void)events;
    go((void *)((char *)ready - offsetof(struct smtp_talk, ready)));
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop, (void)events;
    fail((void *)((char *)timer - offsetof(struct smtp_talk, timer)), HTTP_TIMED_OUT,
         "no reply in time");
}

void smtp_talk_start(struct smtp_talk *talk, struct ev_loop *loop, CURL *easy, span_us timeout_us,
                     void (*done)(struct smtp_talk *talk))
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    talk->loop = loop;
    talk->easy = easy;
    talk->done = done;
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);
    ev_io_init(&talk->ready, on_ready, fd, EV_READ);
    ev_now_update(loop); /* the time left counts from now */
    ev_timer_init(&talk->timer, on_timer, timeout_us > 0 ? (double)timeout_us / 1e6 : 0.0, 0.0);
    ev_timer_start(loop, &talk->timer);
    go(talk);
}

void smtp_talk_clear(struct smtp_talk *talk)
{
    stop(talk);
    buf_clear(&talk->said);
    buf_clear(&talk->heard);
    smtp_reply_clear(&talk->reply);
    talk->sent = 0;
    talk->part = PART_SENDER;
    talk->settled = false;
}
