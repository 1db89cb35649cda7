/* An HTTP server on the event loop.
 *
 * libmicrohttpd has an epoll descriptor of its own, which libev watches; MHD_run does what is due.
 * A request lives from its first line (on_uri) until MHD is through with it (on_completed). One
 * that isn't answered in its handler is suspended, and resumed with its answer. */
#include "duban/http_listener.h"

#include "duban/buf.h"
#include "duban/listen_socket.h"
#include "duban/mem.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#define MEMORY_BYTES    (16u * 1024) /* of a connection: a request's first line and headers */
#define SWEEPS_A_PERIOD 4

/* A connection, to cut it off when it is too slow. */
struct peer {
    LIST_ENTRY(peer) link;
    struct http_listener *listener;
    int fd;
    bool heard; /* its request is whole: it is for us to answer */
    ev_tstamp since;
    char address[ADDRESS_TEXT_BYTES];
};

enum progress { READING, HANDLED, WAITING, ANSWERED };

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
};

struct http_listener {
    struct ev_loop *loop;
    struct http_listener_settings settings;
    struct MHD_Daemon *daemon;
    struct ev_io epoll;
    struct ev_timer due, sweep;
    struct network *allowed;
    size_t allowed_count, route_count;
    struct http_route routes[HTTP_ROUTES_MOST];
    LIST_HEAD(peer_list, peer) peers;
    LIST_HEAD(request_list, http_incoming) requests;
};

/* --- the loop --- */

static void run_within(struct http_listener *listener, double seconds)
{
    ev_timer_stop(listener->loop, &listener->due);
    ev_timer_set(&listener->due, seconds, 0.);
    ev_timer_start(listener->loop, &listener->due);
}

/* MHD says how soon it wants to run again, without an epoll event. */
static void run(struct http_listener *listener)
{
    MHD_UNSIGNED_LONG_LONG ms;
    MHD_run(listener->daemon);
    if (MHD_get_timeout(listener->daemon, &ms) == MHD_YES)
        run_within(listener, (double)ms / 1e3);
    else
        ev_timer_stop(listener->loop, &listener->due);
}

static void on_epoll(struct ev_loop *loop, struct ev_io *io, int events)
{
    (void)loop, (void)events;
    run(io->data);
}

static void on_due(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop, (void)events;
    run(timer->data);
}

/* MHD's own time-out counts from the last byte; a client that sends one now and then would stay
 * for ever. Here the time until a request is whole counts. MHD sees the end of the connection. */
static void on_sweep(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)events;
    struct http_listener *listener = timer->data;
    ev_tstamp oldest = ev_now(loop) - (double)listener->settings.timeout_us / 1e6;
    struct peer *peer;
    LIST_FOREACH(peer, &listener->peers, link)
    if (!peer->heard && peer->since < oldest)
        shutdown(peer->fd, SHUT_RDWR);
    if (LIST_EMPTY(&listener->peers))
        ev_timer_stop(loop, timer);
}

/* --- connections --- */

/* False for an address of another kind: a Unix socket's. */
static bool read_address(const struct sockaddr *from, struct address *address)
{
    if (from->sa_family == AF_INET)
        *address = address_from_ipv4(&((const struct sockaddr_in *)(const void *)from)->sin_addr);
    else if (from->sa_family == AF_INET6)
        *address = address_from_ipv6(&((const struct sockaddr_in6 *)(const void *)from)->sin6_addr);
    else
        return false;
    return true;
}

static enum MHD_Result on_accept(void *context, const struct sockaddr *from, socklen_t length)
{
    struct http_listener *listener = context;
    struct address address;
    char text[ADDRESS_TEXT_BYTES];
    (void)length;
    if (listener->settings.place.path[0] || from == NULL || !read_address(from, &address))
        return MHD_YES;
    for (size_t i = 0; i < listener->allowed_count; i++)
        if (network_holds(&listener->allowed[i], &address))
            return MHD_YES;
    if (listener->settings.refused)
        listener->settings.refused(listener->settings.context, address_text(&address, text));
    return MHD_NO;
}

static struct peer *peer_create(struct http_listener *listener, struct MHD_Connection *connection)
{
    struct peer *peer = mem_zero(1, sizeof *peer);
    struct address address;
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *from =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    peer->listener = listener;
    peer->fd = fd->connect_fd;
    peer->since = ev_now(listener->loop);
    if (from && from->client_addr && read_address(from->client_addr, &address))
        address_text(&address, peer->address);
    else
        snprintf(peer->address, sizeof peer->address, "unix");
    LIST_INSERT_HEAD(&listener->peers, peer, link);
    if (!ev_is_active(&listener->sweep))
        ev_timer_again(listener->loop, &listener->sweep);
    return peer;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **peer_place,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *peer_place = peer_create(context, connection);
        return;
    }
    struct peer *peer = *peer_place;
    LIST_REMOVE(peer, link);
    free(peer);
}

/* --- requests --- */

static const struct http_route *find_route(const struct http_listener *listener, const char *path)
{
    for (size_t i = 0; i < listener->route_count; i++)
        if (strncmp(path, listener->routes[i].prefix, strlen(listener->routes[i].prefix)) == 0)
            return &listener->routes[i];
    return NULL;
}

/* A request begins: called with its whole target, before MHD takes it apart. */
static void *on_uri(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct http_listener *listener = context;
    struct http_incoming *incoming = mem_zero(1, sizeof *incoming);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    incoming->listener = listener;
    incoming->connection = connection;
    incoming->peer = info->socket_context;
    incoming->path = mem_text(uri);
    incoming->query = incoming->path + strcspn(incoming->path, "?");
    if (*incoming->query)
        *incoming->query++ = '\0';
    incoming->route = find_route(listener, incoming->path);
    buf_init(&incoming->body, listener->settings.body_bytes_most);
    LIST_INSERT_HEAD(&listener->requests, incoming, link);
    return incoming;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **place,
                         enum MHD_RequestTerminationCode why)
{
    (void)context, (void)connection, (void)why;
    struct http_incoming *incoming = *place;
    if (incoming == NULL)
        return;
    incoming->peer->heard = false;
    incoming->peer->since = ev_now(incoming->listener->loop);
    LIST_REMOVE(incoming, link);
    if (incoming->response)
        MHD_destroy_response(incoming->response);
    buf_finish(&incoming->body);
    free(incoming->path);
    free(incoming);
    *place = NULL;
}

static enum MHD_Result give_answer(struct http_incoming *incoming)
{
    enum MHD_Result given =
        MHD_queue_response(incoming->connection, incoming->status, incoming->response);
    MHD_destroy_response(incoming->response);
    incoming->response = NULL;
    return given;
}

/* The headers are there. */
static enum MHD_Result begin(struct http_incoming *incoming, const char *method)
{
    const char *length = http_incoming_header(incoming, MHD_HTTP_HEADER_CONTENT_LENGTH);
    incoming->begun = true;
    incoming->method = method;
    if (incoming->route == NULL)
        http_incoming_answer_text(incoming, 404, "text/plain", "not found\n");
    else if (length && strtoull(length, NULL, 10) > incoming->listener->settings.body_bytes_most)
        http_incoming_answer_text(incoming, 413, "text/plain", "too large\n");
    else if (incoming->route->admit)
        incoming->route->admit(incoming->route->context, incoming);
    return incoming->response ? give_answer(incoming) : MHD_YES;
}

/* The request is whole. */
static enum MHD_Result hand_over(struct http_incoming *incoming)
{
    incoming->peer->heard = true;
    incoming->progress = HANDLED;
    if (incoming->body.overflowed)
        http_incoming_answer_text(incoming, 413, "text/plain", "too large\n");
    else
        incoming->route->handle(incoming->route->context, incoming);
    if (incoming->response)
        return give_answer(incoming);
    incoming->progress = WAITING;
    MHD_suspend_connection(incoming->connection);
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_length, void **place)
{
    (void)context, (void)connection, (void)url, (void)version;
    struct http_incoming *incoming = *place;
    if (!incoming->begun)
        return begin(incoming, method);
    if (*upload_length) {
        buf_add(&incoming->body, upload, *upload_length); /* past the cap: 413 in the end */
        *upload_length = 0;
        return MHD_YES;
    }
    if (incoming->progress == READING)
        return hand_over(incoming);
    return incoming->response ? give_answer(incoming) : MHD_NO;
}

const char *http_incoming_method(const struct http_incoming *incoming)
{
    return incoming->method;
}

const char *http_incoming_rest(const struct http_incoming *incoming)
{
    return incoming->path + strlen(incoming->route->prefix);
}

const char *http_incoming_query(const struct http_incoming *incoming)
{
    return incoming->query;
}

const char *http_incoming_address(const struct http_incoming *incoming)
{
    return incoming->peer->address;
}

const char *http_incoming_header(const struct http_incoming *incoming, const char *name)
{
    return MHD_lookup_connection_value(incoming->connection, MHD_HEADER_KIND, name);
}

const char *http_incoming_body(const struct http_incoming *incoming, size_t *length)
{
    *length = incoming->body.length;
    return buf_string(&incoming->body);
}

void http_incoming_answer(struct http_incoming *incoming, const struct http_answer *answer)
{
    assert(incoming->progress != ANSWERED);
    bool resume = incoming->progress == WAITING;
    char *copy = mem_text_n(answer->length ? answer->body : "", answer->length);
    incoming->progress = ANSWERED;
    incoming->status = (unsigned)answer->status;
    incoming->response =
        MHD_create_response_from_buffer(answer->length, copy, MHD_RESPMEM_MUST_FREE);
    if (incoming->response == NULL)
        abort(); /* out of memory */
    if (answer->content_type)
        MHD_add_response_header(incoming->response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                answer->content_type);
    for (size_t i = 0; i < answer->header_count; i++)
        MHD_add_response_header(incoming->response, answer->headers[i].name,
                                answer->headers[i].value);
    if (resume) { /* MHD asks for it in its next run, which nothing else brings about */
        MHD_resume_connection(incoming->connection);
        run_within(incoming->listener, 0.);
    }
}

void http_incoming_answer_text(struct http_incoming *incoming, int status, const char *content_type,
                               const char *text)
{
    http_incoming_answer(incoming, &(struct http_answer){.status = status,
                                                         .content_type = content_type,
                                                         .body = text,
                                                         .length = strlen(text)});
}

/* --- listening --- */

static struct MHD_Daemon *start(struct http_listener *listener, int fd)
{
    const struct http_listener_settings *settings = &listener->settings;
    unsigned timeout_s = (unsigned)((settings->timeout_us + US_PER_S - 1) / US_PER_S);
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, on_accept, listener, on_request, listener,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, settings->connections_most,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->per_address_most,
        MHD_OPTION_CONNECTION_TIMEOUT, timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)MEMORY_BYTES, MHD_OPTION_URI_LOG_CALLBACK, on_uri, listener,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, listener, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, listener, MHD_OPTION_END);
}

struct http_listener *http_listener_create(struct ev_loop *loop,
                                           const struct http_listener_settings *settings,
                                           struct error *error)
{
    int fd = listen_socket_open(&settings->place, error);
    if (fd < 0)
        return NULL;
    struct http_listener *listener = mem_zero(1, sizeof *listener);
    listener->loop = loop;
    listener->settings = *settings;
    listener->daemon = start(listener, fd);
    if (listener->daemon == NULL) {
        error_set(error, "libmicrohttpd doesn't start: %s", strerror(errno));
        close(fd);
        free(listener);
        return NULL;
    }
    double sweep_s = (double)settings->timeout_us / 1e6 / SWEEPS_A_PERIOD;
    ev_io_init(&listener->epoll, on_epoll,
               MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, EV_READ);
    ev_init(&listener->due, on_due);
    ev_timer_init(&listener->sweep, on_sweep, sweep_s, sweep_s);
    listener->epoll.data = listener->due.data = listener->sweep.data = listener;
    ev_io_start(loop, &listener->epoll);
    return listener;
}

void http_listener_destroy(struct http_listener *listener)
{
    if (listener == NULL)
        return;
    struct http_incoming *incoming;
    LIST_FOREACH(incoming, &listener->requests, link)
    if (incoming->progress == WAITING)
        http_incoming_answer_text(incoming, 503, "text/plain", "stopping\n");
    MHD_run(listener->daemon);
    ev_io_stop(listener->loop, &listener->epoll);
    ev_timer_stop(listener->loop, &listener->due);
    ev_timer_stop(listener->loop, &listener->sweep);
    MHD_stop_daemon(listener->daemon); /* closes what we listen at, too */
    listen_socket_remove(&listener->settings.place);
    free(listener->allowed);
    free(listener);
}

void http_listener_allow(struct http_listener *listener, const struct network *networks,
                         size_t count)
{
    listener->allowed = mem_grow(listener->allowed, count + 1, sizeof *listener->allowed);
    memcpy(listener->allowed, networks, count * sizeof *networks);
    listener->allowed_count = count;
}

void http_listener_route(struct http_listener *listener, const struct http_route *route)
{
    assert(listener->route_count < HTTP_ROUTES_MOST);
    listener->routes[listener->route_count++] = *route;
}
