/* A tiny HTTP server on loopback for tests, on the same event loop as what is tested.
 *
 * The path tells how it behaves: /ok, /STATUS (a number), /retry, /huge, /empty (closes without a
 * reply), /reset (RST after the request), /cut (closes in the middle of the reply), /slow (never
 * replies), /redirect, /once (replies, keeps the connection, and resets it at its next request),
 * /rubbish (speaks no HTTP). Scripts add further paths. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <arpa/inet.h>
#include <ev.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVER_CONNECTIONS_MOST 256

/* What is sent for a path: the bytes, so many at a time with a pause in between, then others over
 * and over, until the client has had enough. */
struct server_script {
    const char *path;
    const char *bytes;
    size_t length;      /* 0: up to the NUL */
    const char *repeat; /* NULL: nothing */
    size_t chunk;       /* 0: as many as go */
    double pause_s;     /* 0: as little as can be */
    bool then_close;    /* after the bytes; else the connection stays open */
};

struct server_connection {
    struct ev_io io;
    struct ev_timer drip;
    const struct server_script *script;
    size_t sent;
    struct server *server;
    char request[16384];
    size_t length;
    bool doomed;
};

struct server {
    struct ev_loop *loop;
    struct ev_io listener;
    int port;
    int accepted, requests;
    bool resets;        /* every connection, as soon as it is made */
    bool plays_at_once; /* the first script, without waiting for a request */
    const struct server_script *scripts;
    size_t script_count;
    char last[16384]; /* the last request, whole */
    struct server_connection *open[SERVER_CONNECTIONS_MOST];
};

static void server_drop(struct server_connection *connection, bool reset)
{
    struct server *server = connection->server;
    if (reset)
        setsockopt(connection->io.fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
                   sizeof(struct linger));
    ev_io_stop(server->loop, &connection->io);
    ev_timer_stop(server->loop, &connection->drip);
    close(connection->io.fd);
    for (int i = 0; i < SERVER_CONNECTIONS_MOST; i++)
        if (server->open[i] == connection)
            server->open[i] = NULL;
    free(connection);
}

static void server_write(struct server_connection *connection, const char *bytes, size_t length)
{
    while (length) {
        ssize_t written = send(connection->io.fd, bytes, length, MSG_NOSIGNAL);
        if (written <= 0)
            return; /* the other side has had enough */
        bytes += written;
        length -= (size_t)written;
    }
}

static void server_reply(struct server_connection *connection, int status, const char *headers,
                         const char *body)
{
    char reply[1024];
    int length =
        snprintf(reply, sizeof reply, "HTTP/1.1 %d Said\r\nContent-Length: %zu\r\n%s\r\n%s", status,
                 strlen(body), headers, body);
    server_write(connection, reply, (size_t)length);
}

static void server_huge(struct server_connection *connection)
{
    static char lots[70000];
    char head[100];
    memset(lots, 'x', sizeof lots);
    int length =
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", sizeof lots);
    server_write(connection, head, (size_t)length);
    server_write(connection, lots, sizeof lots);
}

/* The next part of the script, at most 16 KB; its length. */
static size_t server_next_part(const struct server_connection *connection, char part[16384])
{
    const struct server_script *script = connection->script;
    size_t length = script->length ? script->length : strlen(script->bytes), count = 0;
    size_t most = script->chunk ? script->chunk : 16384;
    size_t period = script->repeat ? strlen(script->repeat) : 0;
    for (size_t at = connection->sent; count < most && (at < length || period); at++)
        part[count++] = at < length ? script->bytes[at] : script->repeat[(at - length) % period];
    return count;
}

static void server_on_drip(struct ev_loop *loop, struct ev_timer *drip, int events)
{
    (void)events;
    char part[16384];
    struct server_connection *connection = drip->data;
    size_t length = server_next_part(connection, part);
    if (length) {
        ssize_t sent = send(connection->io.fd, part, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        connection->sent += sent > 0 ? (size_t)sent : 0;
        return;
    }
    ev_timer_stop(loop, drip);
    if (connection->script->then_close)
        server_drop(connection, false);
}

static bool server_play(struct server_connection *connection, const char *path)
{
    const struct server *server = connection->server;
    for (size_t i = 0; i < server->script_count; i++) {
        if (strcmp(server->scripts[i].path, path) != 0)
            continue;
        connection->script = &server->scripts[i];
        connection->sent = 0;
        double pause_s = connection->script->pause_s;
        ev_timer_set(&connection->drip, 0.0, pause_s > 0 ? pause_s : 0.001);
        ev_timer_start(server->loop, &connection->drip);
        return true;
    }
    return false;
}

/* False when the connection is gone. */
static bool server_act(struct server_connection *connection, const char *path)
{
    if (connection->doomed || strcmp(path, "/reset") == 0)
        return server_drop(connection, true), false;
    if (strcmp(path, "/empty") == 0)
        return server_drop(connection, false), false;
    if (strcmp(path, "/cut") == 0) {
        const char *part = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
        server_write(connection, part, strlen(part));
        return server_drop(connection, false), false;
    }
    if (strcmp(path, "/rubbish") == 0) {
        server_write(connection, "220 mail.example ESMTP\r\n", 24);
        return server_drop(connection, false), false;
    }
    connection->doomed = strcmp(path, "/once") == 0;
    if (strcmp(path, "/huge") == 0)
        server_huge(connection);
    else if (strcmp(path, "/redirect") == 0)
        server_reply(connection, 302, "Location: /ok\r\n", "");
    else if (strcmp(path, "/retry") == 0)
        server_reply(connection, 503, "Retry-After: 120\r\n", "busy");
    else if (atoi(path + 1))
        server_reply(connection, atoi(path + 1), "", "");
    else if (strcmp(path, "/slow") != 0)
        server_reply(connection, 200, "", "fine");
    return true;
}

/* Bytes of the first whole request in the buffer, 0 if there is none yet. */
static size_t server_request_length(const struct server_connection *connection)
{
    const char *end = strstr(connection->request, "\r\n\r\n");
    const char *length = strcasestr(connection->request, "\r\nContent-Length:");
    if (end == NULL)
        return 0;
    size_t whole = (size_t)(end - connection->request) + 4 +
                   (length && length < end ? (size_t)atoi(length + 17) : 0);
    return whole <= connection->length ? whole : 0;
}

static void server_on_bytes(struct ev_loop *loop, struct ev_io *io, int events)
{
    (void)events;
    struct server_connection *connection = io->data;
    struct server *server = connection->server;
    ssize_t got = recv(io->fd, connection->request + connection->length,
                       sizeof connection->request - 1 - connection->length, 0);
    if (got <= 0) {
        server_drop(connection, false);
        return;
    }
    if (server->plays_at_once)
        return;
    connection->length += (size_t)got;
    connection->request[connection->length] = '\0';
    size_t whole = server_request_length(connection);
    if (whole == 0)
        return;
    char path[200];
    memcpy(server->last, connection->request, whole);
    server->last[whole] = '\0';
    sscanf(connection->request, "%*s %199[^ ?]", path);
    connection->length = 0;
    server->requests++;
    ev_timer_stop(loop, &connection->drip); /* of the request before */
    if (!server_play(connection, path))
        server_act(connection, path);
}

static void server_on_connection(struct ev_loop *loop, struct ev_io *io, int events)
{
    (void)events;
    struct server *server = io->data;
    int fd = accept(io->fd, NULL, NULL);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1},
               sizeof(int)); /* scripts' parts go at once */
    struct server_connection *connection = calloc(1, sizeof *connection);
    connection->server = server;
    for (int i = 0; i < SERVER_CONNECTIONS_MOST; i++)
        if (server->open[i] == NULL) {
            server->open[i] = connection;
            break;
        }
    server->accepted++;
    ev_io_init(&connection->io, server_on_bytes, fd, EV_READ);
    ev_init(&connection->drip, server_on_drip);
    connection->io.data = connection->drip.data = connection;
    ev_io_start(loop, &connection->io);
    if (server->plays_at_once)
        server_play(connection, server->scripts[0].path);
    if (server->resets)
        server_drop(connection, true);
}

/* On an address of this machine; a port of 0 lets the kernel choose. False when it can't. */
static bool server_start_on(struct server *server, struct ev_loop *loop, const char *address,
                            int port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    bool is_four = inet_pton(AF_INET, address, &four.sin_addr) == 1;
    inet_pton(AF_INET6, address, &six.sin6_addr);
    struct sockaddr *name = is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t length = is_four ? sizeof four : sizeof six;
    *server = (struct server){.loop = loop};
    int fd = socket(name->sa_family, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (fd < 0 || bind(fd, name, length) < 0 || listen(fd, 128) < 0 ||
        getsockname(fd, name, &length) < 0) {
        close(fd);
        return false;
    }
    server->port = ntohs(is_four ? four.sin_port : six.sin6_port);
    ev_io_init(&server->listener, server_on_connection, fd, EV_READ);
    server->listener.data = server;
    ev_io_start(loop, &server->listener);
    return true;
}

static void server_start(struct server *server, struct ev_loop *loop)
{
    if (!server_start_on(server, loop, "127.0.0.1", 0))
        abort();
}

static void server_stop(struct server *server)
{
    ev_io_stop(server->loop, &server->listener);
    close(server->listener.fd);
    for (int i = 0; i < SERVER_CONNECTIONS_MOST; i++)
        if (server->open[i])
            server_drop(server->open[i], false);
}

#endif
