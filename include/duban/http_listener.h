/* An HTTP server on the event loop: GNU libmicrohttpd driven by libev, in one thread.
 *
 * A request is handed over once it is whole, and may be answered at once or later. Slow clients
 * are cut off: from the connection, or the end of the last answer, `timeout_us` may pass until the
 * next request is whole, however it trickles in. Speaks HTTP/1.1, over TLS where a certificate is
 * given. The program must ignore SIGPIPE.
 */
#ifndef DUBAN_HTTP_LISTENER_H
#define DUBAN_HTTP_LISTENER_H

#include "duban/network.h"

#include "duban/error.h"
#include "duban/instant.h"

#include <ev.h>
#include <stddef.h>

struct http_listener;
struct http_incoming; /* a request */

struct http_listener_settings {
    struct listen_place place;
    unsigned connections_most;     /* further ones wait until one ends */
    unsigned per_address_most;     /* of one address; further ones are closed */
    span_us timeout_us;            /* at least a second */
    span_us answer_us;             /* who hasn't read its answer by then is cut off; 0: no limit,
                                      as streams need */
    size_t body_bytes_most;        /* more is answered with 413 */
    const char *certificate, *key; /* TLS: the texts of PEM files; NULL: none */
    /* A connection of an address that isn't allowed was closed; may be NULL. */
    void (*refused)(void *context, const char *address);
    void *context;
};

/* Binds and listens. A Unix socket that nobody listens at any more is replaced; it may be used by
 * its owner and group. NULL on failure. Nobody is allowed in yet. */
struct http_listener *http_listener_create(struct ev_loop *loop,
                                           const struct http_listener_settings *settings,
                                           struct error *error) MUST_USE;

/* Requests that wait for an answer get 503. Not from within a handler. NULL is fine. */
void http_listener_destroy(struct http_listener *listener);

/* Who may connect from now on, as a copy; over a Unix socket everybody may. */
void http_listener_allow(struct http_listener *listener, const struct network *networks,
                         size_t count);

/* Paths that begin with `prefix` (borrowed) go to `handle`; the first route that fits counts. Else
 * 404. `admit`, which may be NULL, sees a request before its body is read: it answers and returns
 * false, or returns true. */
struct http_route {
    const char *prefix;
    bool (*admit)(void *context, struct http_incoming *incoming);
    void (*handle)(void *context, struct http_incoming *incoming);
    void *context;
};
#define HTTP_ROUTES_MOST 16
void http_listener_route(struct http_listener *listener, const struct http_route *route);

/* A request's parts, valid until it is answered. The path and query are as sent, not decoded. */
const char *http_incoming_method(const struct http_incoming *incoming);
const char *http_incoming_rest(const struct http_incoming *incoming);    /* behind the prefix */
const char *http_incoming_query(const struct http_incoming *incoming);   /* "" when none */
const char *http_incoming_address(const struct http_incoming *incoming); /* "unix" for a socket */
const char *http_incoming_header(const struct http_incoming *incoming, const char *name); /* NULL */
const char *http_incoming_body(const struct http_incoming *incoming, size_t *length); /* with NUL */

struct http_answer_header {
    const char *name, *value;
};

struct http_answer {
    int status;
    const char *content_type; /* NULL: none */
    const char *body;
    size_t length;
    bool lasting;                             /* the body outlives all answers: it isn't copied */
    const struct http_answer_header *headers; /* further ones */
    size_t header_count;
};

/* Answers, exactly once: in admit, in handle, or at any time later. Everything is copied. The
 * request is gone afterwards. */
void http_incoming_answer(struct http_incoming *incoming, const struct http_answer *answer);

/* The same with a text. */
void http_incoming_answer_text(struct http_incoming *incoming, int status, const char *content_type,
                               const char *text);

/* An answer that goes on: its beginning is sent at once, and more as it is pushed. */
struct http_stream;

/* Begins it, in handle or later; `answer->body` is its beginning. `over` is called once, when
 * nothing can be pushed any more: the client has gone, was cut off, or the stream was ended; the
 * stream is no more afterwards. */
struct http_stream *http_incoming_stream(struct http_incoming *incoming,
                                         const struct http_answer *answer,
                                         void (*over)(void *context), void *context);

/* Pushes a copy. A client that has not read HTTP_STREAM_WAITING bytes of what came before is cut
 * off: false, and `over` follows from the loop. */
#define HTTP_STREAM_WAITING (64u * 1024)
bool http_stream_push(struct http_stream *stream, const char *bytes, size_t length);

/* Ends the answer once everything is sent. */
void http_stream_end(struct http_stream *stream);

#endif
