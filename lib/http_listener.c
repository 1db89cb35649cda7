/* An HTTP server on the event loop.
 *
 * libmicrohttpd has an epoll descriptor of its own, which libev watches; MHD_run does what is due.
 * A request lives from its first line (on_uri) until MHD is through with it (on_completed). One
 * that isn't answered in its handler is suspended, and resumed with its answer. */
#include "http_listener_parts.h"

#include "duban/listen_socket.h"
#include "duban/mem.h"
#include "duban/steady.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MEMORY_BYTES    (16u * 1024) /* of a connection: a request's first line and headers */
#define SWEEPS_A_PERIOD 4

/* --- the loop --- */

void http_listener_run_within(struct http_listener *listener, double seconds)
{
    ev_timer_stop(listener->loop, &listener->due);
    ev_timer_set(&listener->due, seconds, 0.);
    ev_timer_start(listener->loop, &listener->due);
}

/* MHD says how soon it wants to run again, without an epoll event. After a connection has ended
 * that is at once, which it doesn't say: at its limit it has stopped listening, and only looks at
 * the beginning of a run whether it may listen again. */
static void run(struct http_listener *listener)
{
    MHD_UNSIGNED_LONG_LONG ms;
    listener->ended = false;
    MHD_run(listener->daemon);
    if (listener->ended)
        http_listener_run_within(listener, 0.);
    else if (MHD_get_timeout(listener->daemon, &ms) == MHD_YES)
        http_listener_run_within(listener, (double)ms / 1e3);
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

/* MHD's own time-out counts from the last byte; a client that sends or reads one now and then would
 * stay for ever. Here the time until a request is whole counts, and that until its answer is read.
 * MHD sees the end of the connection. */
static void on_sweep(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)events;
    struct http_listener *listener = timer->data;
    struct peer *peer;
    LIST_FOREACH(peer, &listener->peers, link)
    {
        /* cppcheck-suppress uninitvar ; LIST_FOREACH sets it */
        span_us most = peer->heard ? listener->settings.answer_us : listener->settings.timeout_us;
        if (most > 0 && steady_s() - peer->since > (double)most / 1e6)
            shutdown(peer->fd, SHUT_RDWR);
    }
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
    peer->since = steady_s();
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
    peer->listener->ended = true;
    LIST_REMOVE(peer, link);
    free(peer);
}

/* --- listening --- */

static struct MHD_Daemon *start(struct http_listener *listener, int fd)
{
    const struct http_listener_settings *settings = &listener->settings;
    unsigned timeout_s = (unsigned)((settings->timeout_us + US_PER_S - 1) / US_PER_S);
    bool tls = settings->certificate && settings->key;
    const struct MHD_OptionItem secure[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)settings->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)settings->key},
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : 0), 0, on_accept, listener,
        http_listener_on_request, listener, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, settings->connections_most, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        settings->per_address_most, MHD_OPTION_CONNECTION_TIMEOUT, timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES, MHD_OPTION_URI_LOG_CALLBACK,
        http_listener_on_uri, listener, MHD_OPTION_NOTIFY_COMPLETED, http_listener_on_completed,
        listener, MHD_OPTION_NOTIFY_CONNECTION, on_connection, listener, MHD_OPTION_ARRAY,
        tls ? secure : &secure[2], MHD_OPTION_END);
}

static double sweep_each_s(const struct http_listener_settings *settings)
{
    bool answers_first = settings->answer_us > 0 && settings->answer_us < settings->timeout_us;
    span_us shorter = answers_first ? settings->answer_us : settings->timeout_us;
    return (double)shorter / 1e6 / SWEEPS_A_PERIOD;
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
    double sweep_s = sweep_each_s(settings);
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
    {
        /* cppcheck-suppress uninitvar ; LIST_FOREACH sets it */
        if (incoming->progress == WAITING)
            http_incoming_answer_text(incoming, 503, "text/plain", "stopping\n");
        else if (incoming->stream)
            http_stream_end(incoming->stream); /* MHD wants no suspended connections in the end */
    }
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
