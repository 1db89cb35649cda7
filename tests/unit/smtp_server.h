/* A tiny mail server on loopback for tests, on the same event loop as what is tested.
 *
 * It answers each command as its script says: a text, NULL for what is usual, "hang" for nothing
 * at all, "close" to end the connection instead. */
#ifndef SMTP_SERVER_H
#define SMTP_SERVER_H

#include <arpa/inet.h>
#include <ev.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum smtp_turn {
    TURN_GREETING,
    TURN_EHLO,
    TURN_AUTH,
    TURN_MAIL,
    TURN_RCPT,
    TURN_DATA,
    TURN_END,
    TURN_QUIT,
    TURNS
};

struct smtp_server {
    struct ev_loop *loop;
    struct ev_io listener, line;
    int port;
    const char *script[TURNS];
    bool in_data;
    char heard[200000]; /* of the last connection */
    size_t length, looked_at;
    char *message; /* where it begins in `heard` */
    int messages;  /* that were whole */
};

static void smtp_server_close(struct smtp_server *server)
{
    if (ev_is_active(&server->line)) {
        ev_io_stop(server->loop, &server->line);
        close(server->line.fd);
    }
}

/* False when the connection is gone. */
static bool smtp_server_say(struct smtp_server *server, enum smtp_turn turn)
{
    static const char *const usual[TURNS] = {"220 mail.example ESMTP\r\n",
                                             "250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n",
                                             "235 2.7.0 fine\r\n",
                                             "250 2.1.0 ok\r\n",
                                             "250 2.1.5 ok\r\n",
                                             "354 go on\r\n",
                                             "250 2.0.0 queued as 4X7\r\n",
                                             "221 bye\r\n"};
    const char *text = server->script[turn] ? server->script[turn] : usual[turn];
    if (strcmp(text, "close") == 0)
        smtp_server_close(server);
    else if (strcmp(text, "hang") != 0 && write(server->line.fd, text, strlen(text)) < 0)
        abort();
    if (turn == TURN_QUIT && server->script[turn] == NULL)
        smtp_server_close(server);
    return ev_is_active(&server->line);
}

static bool smtp_server_obey(struct smtp_server *server, char *line)
{
    static const struct {
        const char *verb;
        enum smtp_turn turn;
    } verbs[] = {{"EHLO", TURN_EHLO}, {"HELO", TURN_EHLO}, {"AUTH", TURN_AUTH}, {"MAIL", TURN_MAIL},
                 {"RCPT", TURN_RCPT}, {"DATA", TURN_DATA}, {"QUIT", TURN_QUIT}};
    enum smtp_turn turn = TURN_AUTH; /* what follows AUTH is no command */
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strncmp(line, verbs[i].verb, 4) == 0)
            turn = verbs[i].turn;
    if (turn == TURN_AUTH && strncmp(line, "AUTH", 4) == 0 && strchr(line + 5, ' ') == NULL) {
        return write(server->line.fd, "334 \r\n", 6) == 6;
    }
    bool open = smtp_server_say(server, turn);
    if (turn == TURN_DATA && server->script[TURN_DATA] == NULL) {
        server->in_data = true;
        server->message = server->heard + server->looked_at;
    }
    return open;
}

static bool smtp_server_take_line(struct smtp_server *server, char *line, size_t length)
{
    server->looked_at += length;
    if (!server->in_data)
        return smtp_server_obey(server, line);
    if (length != 3 || memcmp(line, ".\r\n", 3) != 0)
        return true;
    server->in_data = false;
    server->messages++;
    return smtp_server_say(server, TURN_END);
}

static void smtp_server_on_bytes(struct ev_loop *loop, struct ev_io *io, int events)
{
    (void)loop, (void)events;
    struct smtp_server *server = io->data;
    ssize_t got =
        recv(io->fd, server->heard + server->length, sizeof server->heard - 1 - server->length, 0);
    if (got <= 0) {
        smtp_server_close(server);
        return;
    }
    server->length += (size_t)got;
    server->heard[server->length] = '\0';
    for (char *end; (end = strchr(server->heard + server->looked_at, '\n'));) {
        char *line = server->heard + server->looked_at;
        if (!smtp_server_take_line(server, line, (size_t)(end - line) + 1))
            return;
    }
}

static void smtp_server_on_connection(struct ev_loop *loop, struct ev_io *io, int events)
{
    (void)events;
    struct smtp_server *server = io->data;
    smtp_server_close(server);
    ev_io_init(&server->line, smtp_server_on_bytes, accept(io->fd, NULL, NULL), EV_READ);
    server->line.data = server;
    ev_io_start(loop, &server->line);
    server->length = server->looked_at = 0;
    server->heard[0] = '\0';
    server->in_data = false;
    server->message = NULL;
    smtp_server_say(server, TURN_GREETING);
}

static void smtp_server_start(struct smtp_server *server, struct ev_loop *loop)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    *server = (struct smtp_server){.loop = loop};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, 8) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        abort();
    server->port = ntohs(address.sin_port);
    ev_io_init(&server->listener, smtp_server_on_connection, fd, EV_READ);
    server->listener.data = server;
    ev_io_start(loop, &server->listener);
}

static void smtp_server_stop(struct smtp_server *server)
{
    smtp_server_close(server);
    ev_io_stop(server->loop, &server->listener);
    close(server->listener.fd);
}

#endif
