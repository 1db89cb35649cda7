/* One HTTP request and its reply: an easy handle of libcurl with what belongs to it. */
#include "duban/http_exchange.h"

#include "duban/mem.h"
#include "duban/retry_after.h"
#include "duban/utf8.h"

#include <stdio.h>
#include <string.h>

/* libcurl allocates it anew for each request; replies are short. */
#define RECEIVE_BYTES 8192L

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    if (buf_add(&exchange->body, bytes, size * count))
        return size * count;
    exchange->too_large = true;
    return 0; /* libcurl gives up with CURLE_WRITE_ERROR */
}

/* A whole line of the head. A head that breaks off is no failure for libcurl. */
static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    size_t length = size * count;
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
        exchange->in_head = true;
    else if (length <= 2 && line[0] != ' ') /* CR LF or LF */
        exchange->in_head = false;
    return length;
}

static void set_fixed_options(struct http_exchange *exchange)
{
    CURL *easy = exchange->easy;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error_text);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BYTES);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    /* One request on a connection at a time: its fate is then the request's. */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    /* The default folder would be trusted besides the file; and with a folder libcurl reads the
     * file anew for every connection, which takes long. */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
}

void exchange_init(struct http_exchange *exchange, const char *ca_file, const char *user_agent)
{
    *exchange = (struct http_exchange){.easy = curl_easy_init()};
    if (exchange->easy == NULL)
        abort();
    buf_init(&exchange->body, HTTP_REPLY_BYTES);
    smtp_exchange_init(&exchange->smtp);
    set_fixed_options(exchange);
    curl_easy_setopt(exchange->easy, CURLOPT_USERAGENT, user_agent);
    if (ca_file)
        curl_easy_setopt(exchange->easy, CURLOPT_CAINFO, ca_file);
}

void exchange_finish(struct http_exchange *exchange)
{
    curl_easy_cleanup(exchange->easy);
    curl_slist_free_all(exchange->headers);
    smtp_exchange_finish(&exchange->smtp);
    buf_finish(&exchange->body);
}

static void add_header(struct http_exchange *exchange, const char *line)
{
    struct curl_slist *longer = curl_slist_append(exchange->headers, line);
    if (longer == NULL)
        abort();
    exchange->headers = longer;
}

static void set_headers(struct http_exchange *exchange, const struct http_request *request)
{
    AUTO_BUF line;
    buf_init(&line, HTTP_URL_BYTES);
    for (size_t i = 0; i < request->header_count; i++) {
        buf_clear(&line);
        buf_format(&line, "%s: %s", request->headers[i].name, request->headers[i].value);
        add_header(exchange, buf_string(&line));
    }
    add_header(exchange, "Expect:"); /* no "100-continue", which may send a body twice */
    curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers);
}

static void set_method(CURL *easy, const struct http_request *request)
{
    if (strcmp(request->method, "GET") == 0) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
    if (request->made_body)
        curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->made_body);
    else
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body ? request->body : "");
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
}

static void set_http(struct http_exchange *exchange, const struct http_request *request)
{
    set_method(exchange->easy, request);
    set_headers(exchange, request);
}

/* libcurl reads the files when it connects, and doesn't reuse a connection that was made with
 * another certificate. */
static void set_certificate(CURL *easy, const struct http_request *request)
{
    curl_easy_setopt(easy, CURLOPT_SSLCERT, request->certificate);
    curl_easy_setopt(easy, CURLOPT_SSLKEY, request->key);
    curl_easy_setopt(easy, CURLOPT_KEYPASSWD, ""); /* never asks at a terminal */
}

CURLcode exchange_prepare(struct http_exchange *exchange, const struct http_request *request,
                          span_us timeout_us)
{
    CURL *easy = exchange->easy;
    bool is_mail = strcmp(request->method, "SMTP") == 0;
    exchange_clear(exchange);
    if (is_mail)
        smtp_exchange_prepare(&exchange->smtp, easy, request, timeout_us);
    else
        set_http(exchange, request);
    set_certificate(easy, request);
    long fresh = request->fresh_connection && !is_mail; /* it ends with the talk, not before */
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, fresh);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, fresh);
    long timeout_ms = (long)((timeout_us + US_PER_MS - 1) / US_PER_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms > 0 ? timeout_ms : 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms > 0 ? timeout_ms : 1L);
    return curl_easy_setopt(easy, CURLOPT_URL, request->url);
}

void exchange_clear(struct http_exchange *exchange)
{
    curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(exchange->headers);
    exchange->headers = NULL;
    smtp_exchange_clear(&exchange->smtp, exchange->easy);
    buf_clear(&exchange->body);
    exchange->too_large = exchange->in_head = false;
    exchange->result = CURLE_OK;
    exchange->error_text[0] = '\0';
}

/* What matters is whether a byte of the request may have reached the receiver. */
static enum http_failure classify(const struct http_exchange *exchange)
{
    long sent_bytes = 0;
    if (exchange->result == CURLE_OK)
        return exchange->in_head ? HTTP_INTERRUPTED : HTTP_REPLIED;
    if (exchange->too_large)
        return HTTP_TOO_LARGE;
    curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
    if (sent_bytes == 0)
        return HTTP_NOT_SENT;
    return exchange->result == CURLE_OPERATION_TIMEDOUT ? HTTP_TIMED_OUT : HTTP_INTERRUPTED;
}

/* libcurl's own sentence says more ("… port 443: Connection refused") than the code's; one that
 * might quote the URL isn't taken. */
static void describe(const struct http_exchange *exchange, struct http_reply *reply)
{
    const char *text = exchange->error_text;
    if (exchange->too_large)
        snprintf(reply->failure_text, sizeof reply->failure_text,
                 "the reply is longer than %d bytes", HTTP_REPLY_BYTES);
    else if (exchange->result == CURLE_OK)
        snprintf(reply->failure_text, sizeof reply->failure_text,
                 "the reply breaks off in its headers");
    else if (*text && strchr(text, '?') == NULL && strstr(text, "://") == NULL)
        snprintf(reply->failure_text, sizeof reply->failure_text, "%.*s",
                 (int)utf8_cut(text, sizeof reply->failure_text - 1), text);
    else
        snprintf(reply->failure_text, sizeof reply->failure_text, "%s",
                 curl_easy_strerror(exchange->result));
}

static const char *header_value(const struct http_exchange *exchange, const char *name)
{
    struct curl_header *header;
    CURLHcode code = curl_easy_header(exchange->easy, name, 0, CURLH_HEADER, -1, &header);
    return code == CURLHE_OK ? header->value : NULL;
}

void exchange_reply(const struct http_exchange *exchange, wall_us now, struct http_reply *reply)
{
    long status = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    *reply = (struct http_reply){
        .failure = classify(exchange),
        .status = (int)status,
        .body = buf_string(&exchange->body),
        .body_length = exchange->body.length,
        .retry_after_s = -1,
    };
    if (exchange->smtp.used)
        smtp_exchange_reply(&exchange->smtp, exchange->result, reply);
    if (reply->failure != HTTP_REPLIED && reply->failure_text[0] == '\0')
        describe(exchange, reply);
    else if (status >= 400 && !exchange->smtp.used)
        reply->retry_after_s = retry_after_s(header_value(exchange, "Retry-After"), now);
}
