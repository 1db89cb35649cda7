/* One message to a mail server: the handle's options, and what libcurl's half came to. */
#include "duban/smtp_exchange.h"

#include <stdio.h>
#include <string.h>

void smtp_exchange_init(struct smtp_exchange *exchange)
{
    *exchange = (struct smtp_exchange){0};
    smtp_reply_init(&exchange->greeting);
    smtp_talk_init(&exchange->talk);
}

void smtp_exchange_finish(struct smtp_exchange *exchange)
{
    smtp_reply_finish(&exchange->greeting);
    smtp_talk_finish(&exchange->talk);
}

/* libcurl hands over the server's lines one by one. */
static size_t on_line(char *line, size_t size, size_t count, void *context)
{
    struct smtp_exchange *exchange = context;
    if (!smtp_reply_add(&exchange->greeting, line, size * count))
        smtp_reply_clear(&exchange->greeting); /* libcurl judges it itself */
    return size * count;
}

void smtp_exchange_prepare(struct smtp_exchange *exchange, CURL *easy,
                           const struct http_request *request, span_us timeout_us)
{
    exchange->used = true;
    exchange->timeout_us = timeout_us;
    smtp_talk_prepare(&exchange->talk, request);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L); /* which never reuses a connection */
    curl_easy_setopt(easy, CURLOPT_USE_SSL,
                     request->mail_in_clear ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
    curl_easy_setopt(easy, CURLOPT_USERNAME, request->username);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, request->password);
    curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_line);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
}

void smtp_exchange_clear(struct smtp_exchange *exchange, CURL *easy)
{
    if (!exchange->used)
        return;
    exchange->used = false;
    smtp_reply_clear(&exchange->greeting);
    smtp_talk_clear(&exchange->talk);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 0L);
    curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_NONE);
    curl_easy_setopt(easy, CURLOPT_USERNAME, NULL);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, NULL);
    curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, NULL);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, NULL);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, NULL);
}

void smtp_exchange_start(struct smtp_exchange *exchange, struct ev_loop *loop, CURL *easy,
                         void (*done)(struct smtp_talk *talk))
{
    curl_off_t took_us = 0;
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &took_us);
    smtp_talk_start(&exchange->talk, loop, easy, exchange->timeout_us - took_us, done);
}

/* Where libcurl's half ended, and whether the server's last reply is why. */
static enum smtp_step step_of(CURLcode result, bool *said)
{
    *said = false;
    switch ((int)result) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return SMTP_TLS;
    case CURLE_USE_SSL_FAILED:
        *said = true;
        return SMTP_TLS;
    case CURLE_LOGIN_DENIED:
        *said = true;
        return SMTP_LOGIN;
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_WEIRD_SERVER_REPLY:
        *said = true;
        return SMTP_GREETING;
    default:
        return SMTP_GREETING;
    }
}

static void set_text(struct http_reply *reply, const char *text)
{
    reply->body = text;
    reply->body_length = strlen(text);
}

static void reply_of_connection(const struct smtp_exchange *exchange, CURLcode result,
                                struct http_reply *reply)
{
    const struct smtp_reply *greeting = &exchange->greeting;
    bool said;
    reply->step = step_of(result, &said);
    reply->failure = HTTP_NOT_SENT;
    reply->status = 0;
    if (said && greeting->whole && greeting->code >= 400) {
        reply->failure = HTTP_REPLIED;
        reply->status = greeting->code;
        set_text(reply, smtp_reply_text(greeting));
    }
}

static void reply_of_talk(const struct smtp_talk *talk, struct http_reply *reply)
{
    reply->step = talk->step;
    reply->failure = talk->failure;
    reply->status = talk->status;
    if (talk->failure == HTTP_REPLIED)
        set_text(reply, talk->text);
    else
        snprintf(reply->failure_text, sizeof reply->failure_text, "%.159s", talk->text);
}

void smtp_exchange_reply(const struct smtp_exchange *exchange, CURLcode result,
                         struct http_reply *reply)
{
    if (result == CURLE_OK)
        reply_of_talk(&exchange->talk, reply);
    else
        reply_of_connection(exchange, result, reply);
}
