/* A webhook receiver for benchmarks: answers every POST with 204 on kept-alive connections, as
 * fast as one thread can, and verifies nothing.
 *
 * usage: bench_receiver [--port-file FILE] [--log-file FILE]
 *
 * Listens on a free port of the loopback and writes it to FILE (or stdout). With --log-file, each
 * request leaves a line there: when it came (microseconds since 1970) and its webhook-id. SIGTERM
 * or SIGINT ends it with one JSON line on stdout: requests, connections, bytes, and seconds between
 * the first and the last request. SIGUSR1 prints the line, completes the log and counts anew.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_BYTES_MOST 65536

static const char reply[] = "HTTP/1.1 204 No Content\r\n\r\n";

struct counts {
    uint64_t requests, connections, bytes;
    double first_at, last_at; /* seconds, loop time */
};

struct server {
    ev_io accept_watcher;
    ev_signal signals[3];
    FILE *log; /* NULL: none is kept */
    struct counts counts;
};

struct client {
    ev_io watcher;
    struct server *server;
    size_t length;
    char input[REQUEST_BYTES_MOST + 1];
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* The value of a header in a NUL-terminated head, or NULL. */
static const char *find_header(const char *head, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1;
    }
    return NULL;
}

static void log_request(FILE *log, const char *head)
{
    const char *id = find_header(head, "webhook-id");
    id += id ? strspn(id, " ") : 0;
    fprintf(log, "%lld %.*s\n", (long long)now_us(), id ? (int)strcspn(id, " \r") : 1,
            id ? id : "-");
}

static void count_request(struct server *server, struct ev_loop *loop, const char *head,
                          size_t bytes)
{
    struct counts *counts = &server->counts;
    counts->last_at = ev_now(loop);
    if (counts->requests++ == 0)
        counts->first_at = counts->last_at;
    counts->bytes += bytes;
    if (server->log)
        log_request(server->log, head);
}

/* Length of the first whole request in the input; 0 while it is incomplete. */
static size_t take_request(struct client *client, struct ev_loop *loop)
{
    char *end = strstr(client->input, "\r\n\r\n");
    if (!end)
        return 0;
    end[2] = '\0';
    const char *length = find_header(client->input, "content-length");
    size_t whole = (size_t)(end + 4 - client->input) + (length ? strtoul(length, NULL, 10) : 0);
    if (whole <= client->length)
        count_request(client->server, loop, client->input, whole);
    end[2] = '\r';
    return whole <= client->length ? whole : 0;
}

static void client_destroy(struct client *client, struct ev_loop *loop)
{
    ev_io_stop(loop, &client->watcher);
    close(client->watcher.fd);
    free(client);
}

/* False when the connection is of no more use. */
static bool answer_requests(struct client *client, struct ev_loop *loop)
{
    size_t taken;
    while ((taken = take_request(client, loop)) > 0) {
        client->length -= taken;
        memmove(client->input, client->input + taken, client->length + 1);
        if (write(client->watcher.fd, reply, sizeof reply - 1) != (ssize_t)sizeof reply - 1)
            return false;
    }
    return client->length < REQUEST_BYTES_MOST;
}

static void on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)events;
    struct client *client = (struct client *)((char *)watcher - offsetof(struct client, watcher));
    ssize_t got =
        read(watcher->fd, client->input + client->length, REQUEST_BYTES_MOST - client->length);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0) {
        client->length += (size_t)got;
        client->input[client->length] = '\0';
    }
    if (got <= 0 || !answer_requests(client, loop))
        client_destroy(client, loop);
}

static void on_connection(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)events;
    struct server *server =
        (struct server *)((char *)watcher - offsetof(struct server, accept_watcher));
    int descriptor = accept4(watcher->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0)
        return;
    struct client *client = malloc(sizeof *client);
    if (!client) {
        close(descriptor);
        return;
    }
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    client->server = server;
    client->length = 0;
    server->counts.connections++;
    ev_io_init(&client->watcher, on_readable, descriptor, EV_READ);
    ev_io_start(loop, &client->watcher);
}

static void print_counts(const struct counts *counts)
{
    printf("{\"requests\":%llu,\"connections\":%llu,\"bytes\":%llu,\"seconds\":%.6f}\n",
           (unsigned long long)counts->requests, (unsigned long long)counts->connections,
           (unsigned long long)counts->bytes, counts->last_at - counts->first_at);
    fflush(stdout);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
    (void)events;
    struct server *server = watcher->data;
    if (server->log)
        fflush(server->log);
    print_counts(&server->counts);
    if (watcher->signum != SIGUSR1)
        ev_break(loop, EVBREAK_ALL);
    server->counts = (struct counts){0};
}

/* A listening socket on a free loopback port; the port through `port`. -1 with errno. */
static int listen_loopback(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, length) != 0 ||
        listen(descriptor, 1024) != 0 ||
        getsockname(descriptor, (struct sockaddr *)&address, &length) != 0)
        return -1;
    *port = ntohs(address.sin_port);
    return descriptor;
}

static bool tell_port(uint16_t port, const char *path)
{
    FILE *file = path ? fopen(path, "w") : stdout;
    if (!file)
        return false;
    fprintf(file, "%u\n", port);
    return (path ? fclose(file) : fflush(file)) == 0;
}

static void start_watching(struct server *server, struct ev_loop *loop, int descriptor)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGUSR1};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        ev_signal_init(&server->signals[i], on_signal, numbers[i]);
        server->signals[i].data = server;
        ev_signal_start(loop, &server->signals[i]);
    }
    ev_io_init(&server->accept_watcher, on_connection, descriptor, EV_READ);
    ev_io_start(loop, &server->accept_watcher);
}

/* False when the log can't be written. */
static bool read_options(int count, char **arguments, struct server *server, const char **port_file)
{
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(arguments[i], "--port-file") == 0)
            *port_file = arguments[i + 1];
        else if (strcmp(arguments[i], "--log-file") == 0 &&
                 (server->log = fopen(arguments[i + 1], "w")) == NULL)
            return false;
    }
    return true;
}

int main(int count, char **arguments)
{
    struct server server = {0};
    const char *port_file = NULL;
    uint16_t port;
    int descriptor;
    signal(SIGPIPE, SIG_IGN);
    struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
    if (!read_options(count, arguments, &server, &port_file) ||
        (descriptor = listen_loopback(&port)) < 0) {
        perror("bench_receiver");
        return 1;
    }
    start_watching(&server, loop, descriptor);
    if (!tell_port(port, port_file)) {
        perror("bench_receiver");
        return 1;
    }
    ev_run(loop, 0);
    if (server.log)
        fclose(server.log);
    close(descriptor);
    return 0;
}
