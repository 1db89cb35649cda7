/* What is said to a mail server that is ready for mail: MAIL, RCPT, DATA, the message, QUIT.
 *
 * libcurl makes the connection, with TLS and login, and carries the bytes; what is said on it is
 * ours. libcurl's own SMTP would stop the whole loop while it waits for the reply to the end of a
 * message, and wouldn't tell which command a reply belongs to. */
#ifndef DUBAN_SMTP_TALK_H
#define DUBAN_SMTP_TALK_H

#include "duban/channel.h"
#include "duban/smtp_reply.h"

#include <curl/curl.h>
#include <ev.h>

/* What is said, in this order. */
enum smtp_part { PART_SENDER, PART_RECIPIENT, PART_DATA, PART_BODY, PART_END, PART_QUIT };

#define SMTP_PARTS 6

struct smtp_talk {
    struct ev_loop *loop;
    struct ev_io ready;
    struct ev_timer timer;
    CURL *easy;
    void (*done)(struct smtp_talk *talk);
    struct buf said; /* all parts, one after the other */
    size_t ends[SMTP_PARTS];
    size_t sent; /* bytes of `said` */
    enum smtp_part part;
    struct buf heard; /* a line that has begun */
    struct smtp_reply reply;
    /* What has come of it. */
    bool settled;
    enum http_failure failure;
    enum smtp_step step;
    int status;
    char text[512]; /* of the reply, or why there is none */
};

void smtp_talk_init(struct smtp_talk *talk);
void smtp_talk_finish(struct smtp_talk *talk);

/* Puts down what will be said; the request isn't needed afterwards. */
void smtp_talk_prepare(struct smtp_talk *talk, const struct http_request *request);

/* Says it on a connection that `easy`, still with its multi handle, has made as CONNECT_ONLY.
 * `done` is called once, within `timeout_us`, perhaps from inside; it may close the connection. */
void smtp_talk_start(struct smtp_talk *talk, struct ev_loop *loop, CURL *easy, span_us timeout_us,
                     void (*done)(struct smtp_talk *talk));

/* Ends it without `done`, and forgets all; harmless when it isn't under way. */
void smtp_talk_clear(struct smtp_talk *talk);

#endif
