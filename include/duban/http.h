/* HTTP requests on the event loop: libcurl's multi socket interface driven by libev.
 *
 * Never blocks, never calls back from inside http_send or from inside a libcurl callback. Names are
 * looked up by resolver.h, within the request's timeout; one that isn't found is HTTP_NOT_SENT.
 * Proxies of the environment are ignored, redirects are not followed, only http and https are
 * spoken (for mail, smtp and smtps), TLS is verified, replies are capped at HTTP_REPLY_BYTES (the
 * headers by libcurl at 300 KB). The program must ignore SIGPIPE, which OpenSSL would raise.
 */
#ifndef DUBAN_HTTP_H
#define DUBAN_HTTP_H

#include "duban/channel.h"
#include "duban/resolver.h"

#include <ev.h>

struct http_client;

struct http_settings {
    const char *ca_file;    /* NULL: the system's */
    const char *user_agent; /* NULL: none */
    long connections_most;  /* kept open for reuse over all endpoints */
    struct resolver_settings resolver;
};

struct http_client *http_create(struct ev_loop *loop, const struct http_settings *settings);
/* Requests under way are dropped; their callbacks don't come any more. Not from within a callback
 * of this client. NULL is fine. */
void http_destroy(struct http_client *client);

/* `reply` is valid during the callback. */
typedef void (*http_done)(void *context, const struct http_reply *reply);

/* Starts a request; copies what it needs, but a borrowed `request->body` must live until `done`.
 * What fails at once is told through `done` as well, in a later turn of the loop. */
void http_send(struct http_client *client, const struct http_request *request, span_us timeout_us,
               http_done done, void *context);

/* Requests whose callback is still to come. */
size_t http_in_flight(const struct http_client *client);

#endif
