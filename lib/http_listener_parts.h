/* What the parts of http_listener share: connections, requests, and the listener itself. */
#ifndef DUBAN_HTTP_LISTENER_PARTS_H
#define DUBAN_HTTP_LISTENER_PARTS_H

#include "duban/http_listener.h"

#include "duban/buf.h"

#include <microhttpd.h>
#include <sys/queue.h>

/* A connection, to cut it off when it is too slow. */
struct peer {
    LIST_ENTRY(peer) link;
    struct http_listener *listener;
    int fd;
    bool heard;   /* its request is whole: it is for us to answer */
    double since; /* of waiting for a request, or of answering it */
    char address[ADDRESS_TEXT_BYTES];
};

enum progress { READING, HANDLED, WAITING, ANSWERED };

struct http_stream;

struct http_incoming {
    LIST_ENTRY(http_incoming) link;
    struct http_listener *listener;
    struct MHD_Connection *connection;
    struct peer *peer;
    const struct http_route *route; /* NULL: none fits */
    const char *method;
    char *path;  /* as sent, … */
    char *query; /* … within it; "" */
    struct buf body;
    bool begun; /* its headers were looked at */
    enum progress progress;
    struct MHD_Response *response; /* ANSWERED, until MHD has it */
    unsigned status;
    struct http_stream *stream; /* its answer goes on as long as this does; or NULL */
};

struct http_listener {
    struct ev_loop *loop;
    struct http_listener_settings settings;
    struct MHD_Daemon *daemon;
    struct ev_io epoll;
    struct ev_timer due, sweep;
    struct network *allowed;
    size_t allowed_count, route_count;
    bool ended; /* a connection has, in this run of MHD */
    struct http_route routes[HTTP_ROUTES_MOST];
    LIST_HEAD(peer_list, peer) peers;
    LIST_HEAD(request_list, http_incoming) requests;
};

/* Runs MHD within so many seconds, without an event. */
void http_listener_run_within(struct http_listener *listener, double seconds);

/* MHD's callbacks of a request: its first line, its headers and body, its end. */
void *http_listener_on_uri(void *context, const char *uri, struct MHD_Connection *connection);
enum MHD_Result http_listener_on_request(void *context, struct MHD_Connection *connection,
                                         const char *url, const char *method, const char *version,
                                         const char *upload, size_t *upload_length, void **place);
void http_listener_on_completed(void *context, struct MHD_Connection *connection, void **place,
                                enum MHD_RequestTerminationCode why);

/* Makes `response` the answer of a request. */
void http_incoming_give(struct http_incoming *incoming, const struct http_answer *answer,
                        struct MHD_Response *response);

/* The request is over; what is left of its stream is told so. */
void http_stream_over(struct http_stream *stream);

#endif
