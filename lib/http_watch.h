/* libcurl's descriptors on the loop: what it waits for, and the kept connections that it doesn't
 * wait for.
 *
 * A kept connection must stay silent. One that its receiver closes, or on which it says something
 * that no request has asked for (a late "408 Request Timeout", a second reply), is shut down, so
 * that libcurl finds it dead instead of taking those bytes for the reply to its next request. */
#ifndef DUBAN_HTTP_WATCH_H
#define DUBAN_HTTP_WATCH_H

#include <curl/curl.h>
#include <ev.h>
#include <stddef.h>

struct http_watches {
    struct ev_loop *loop;
    CURLM *multi;
    struct http_watch **items; /* by descriptor; NULL for those never seen */
    size_t count;
};

void watches_init(struct http_watches *watches, struct ev_loop *loop, CURLM *multi);
/* After libcurl has closed all. */
void watches_finish(struct http_watches *watches);

/* Lets a handle make its sockets here. */
void watches_attach(struct http_watches *watches, CURL *easy);

/* A transfer has ended, and its connection, unless it is CURL_SOCKET_BAD, is kept: it is watched
 * until libcurl wants it again. */
void watches_rest(struct http_watches *watches, curl_socket_t fd);

/* Lets libcurl run: for a descriptor and what it is ready for, or CURL_SOCKET_TIMEOUT. */
void watches_run(struct http_watches *watches, curl_socket_t fd, int events);

#endif
