/* A tiny name server on loopback for tests, over UDP and TCP, on the same event loop as what is
 * tested. Each name has a record for each family that says how it behaves; names that it doesn't
 * know are NXDOMAIN. */
#ifndef DNS_SERVER_H
#define DNS_SERVER_H

#include <arpa/inet.h>
#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum dns_manner {
    DNS_ANSWER,    /* the record's addresses; without any: there are none */
    DNS_NXDOMAIN,  /* no such host */
    DNS_SERVFAIL,  /* the server itself fails */
    DNS_SILENCE,   /* never answers */
    DNS_GARBAGE,   /* bytes that are no reply, then silence */
    DNS_TRUNCATED, /* over UDP too long, over TCP the answer */
    DNS_STRANGE,   /* replies to another question, then silence */
};

struct dns_record {
    const char *name;
    int family;
    enum dns_manner manner;
    unsigned ttl_s;
    const char *addresses[4]; /* of the family; NULL ends them */
    int asked;
};

#define DNS_RECORDS_MOST     40
#define DNS_CONNECTIONS_MOST 8

struct dns_server {
    struct ev_loop *loop;
    struct ev_io udp, tcp;
    struct ev_io connections[DNS_CONNECTIONS_MOST];
    char address[32]; /* "127.0.0.1:PORT", for settings */
    int questions, over_tcp;
    struct dns_record records[DNS_RECORDS_MOST];
};

/* The record of a name and family; a new one answers that there is no address. */
static struct dns_record *dns_record(struct dns_server *server, const char *name, int family)
{
    for (struct dns_record *record = server->records; record < server->records + DNS_RECORDS_MOST;
         record++) {
        if (record->name == NULL)
            *record = (struct dns_record){.name = name, .family = family, .ttl_s = 300};
        if (strcasecmp(record->name, name) == 0 && record->family == family)
            return record;
    }
    abort();
}

static struct dns_record *dns_find(struct dns_server *server, const char *name, int family)
{
    for (int i = 0; i < DNS_RECORDS_MOST && server->records[i].name; i++)
        if (strcasecmp(server->records[i].name, name) == 0 && server->records[i].family == family)
            return &server->records[i];
    return NULL;
}

/* A name with one IPv4 address. */
static struct dns_record *dns_say(struct dns_server *server, const char *name, const char *address)
{
    struct dns_record *record = dns_record(server, name, AF_INET);
    dns_record(server, name, AF_INET6);
    record->manner = DNS_ANSWER;
    record->addresses[0] = address;
    return record;
}

/* Both families of a name behave in one way. */
static void dns_behave(struct dns_server *server, const char *name, enum dns_manner manner)
{
    dns_record(server, name, AF_INET)->manner = manner;
    dns_record(server, name, AF_INET6)->manner = manner;
}

/* "\2gw\7example\0" → "gw.example"; bytes that it took. */
static size_t dns_read_name(const uint8_t *at, char *name)
{
    size_t length = 0, from = 0;
    for (; at[from]; from += at[from] + 1u) {
        memcpy(name + length, at + from + 1, at[from]);
        length += at[from];
        name[length++] = '.';
    }
    name[length ? length - 1 : 0] = '\0';
    return from + 1;
}

static size_t dns_put_address(uint8_t *out, const struct dns_record *record, const char *address)
{
    bool four = record->family == AF_INET;
    uint8_t length = four ? 4 : 16;
    const uint8_t head[] = {0xc0,
                            12,
                            0,
                            four ? 1 : 28,
                            0,
                            1,
                            0,
                            0,
                            (uint8_t)(record->ttl_s >> 8),
                            (uint8_t)record->ttl_s,
                            0,
                            length};
    memcpy(out, head, sizeof head);
    inet_pton(record->family, address, out + sizeof head);
    return sizeof head + length;
}

/* Turns a question into its reply; bytes of the reply, 0 for silence. */
static size_t dns_reply(struct dns_server *server, uint8_t *packet, size_t length, bool tcp)
{
    char name[256];
    size_t end = 12 + dns_read_name(packet + 12, name) + 4;
    int family = packet[end - 3] == 28 ? AF_INET6 : AF_INET;
    struct dns_record *record = dns_find(server, name, family);
    enum dns_manner manner = record ? record->manner : DNS_NXDOMAIN;
    server->questions++;
    server->over_tcp += tcp;
    if (record)
        record->asked++;
    if (manner == DNS_SILENCE || length < end)
        return 0;
    if (manner == DNS_GARBAGE) {
        memset(packet + 2, 0xff, end - 2);
        return end;
    }
    packet[2] = 0x81; /* a reply */
    packet[3] = (uint8_t)(0x80 | (manner == DNS_NXDOMAIN ? 3 : manner == DNS_SERVFAIL ? 2 : 0));
    if (manner == DNS_TRUNCATED && !tcp)
        packet[2] |= 2;
    else if (manner == DNS_STRANGE)
        packet[13] ^= 1; /* the name's first letter */
    for (int i = 0; (manner == DNS_ANSWER || tcp) && record->addresses[i]; i++) {
        end += dns_put_address(packet + end, record, record->addresses[i]);
        packet[7]++;
    }
    memset(packet + 8, 0, 4);
    return end;
}

static void dns_on_packet(struct ev_loop *loop, struct ev_io *io, int events)
{
    (void)loop;
    (void)events;
    uint8_t packet[1024];
    struct sockaddr_in from;
    socklen_t from_length = sizeof from;
    ssize_t got = recvfrom(io->fd, packet, 512, 0, (struct sockaddr *)&from, &from_length);
    size_t length = got > 12 ? dns_reply(io->data, packet, (size_t)got, false) : 0;
    if (length)
        sendto(io->fd, packet, length, 0, (struct sockaddr *)&from, from_length);
}

static void dns_on_stream(struct ev_loop *loop, struct ev_io *io, int events)
{
    (void)events;
    uint8_t packet[1024];
    ssize_t got = recv(io->fd, packet, 512, 0); /* small enough to come whole */
    if (got <= 14) {
        ev_io_stop(loop, io);
        close(io->fd);
        return;
    }
    size_t length = dns_reply(io->data, packet + 2, (size_t)got - 2, true);
    packet[0] = (uint8_t)(length >> 8);
    packet[1] = (uint8_t)length;
    if (length)
        send(io->fd, packet, length + 2, MSG_NOSIGNAL);
}

static void dns_on_connection(struct ev_loop *loop, struct ev_io *io, int events)
{
    (void)events;
    struct dns_server *server = io->data;
    int fd = accept(io->fd, NULL, NULL);
    for (int i = 0; i < DNS_CONNECTIONS_MOST; i++) {
        struct ev_io *connection = &server->connections[i];
        if (ev_is_active(connection))
            continue;
        ev_io_init(connection, dns_on_stream, fd, EV_READ);
        connection->data = server;
        ev_io_start(loop, connection);
        return;
    }
    abort();
}

static void dns_server_start(struct dns_server *server, struct ev_loop *loop)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    *server = (struct dns_server){.loop = loop};
    int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(tcp, (struct sockaddr *)&address, length) < 0 || listen(tcp, 8) < 0 ||
        getsockname(tcp, (struct sockaddr *)&address, &length) < 0 ||
        bind(udp, (struct sockaddr *)&address, length) < 0)
        abort();
    snprintf(server->address, sizeof server->address, "127.0.0.1:%d", ntohs(address.sin_port));
    ev_io_init(&server->udp, dns_on_packet, udp, EV_READ);
    ev_io_init(&server->tcp, dns_on_connection, tcp, EV_READ);
    server->udp.data = server->tcp.data = server;
    ev_io_start(loop, &server->udp);
    ev_io_start(loop, &server->tcp);
}

static void dns_server_stop(struct dns_server *server)
{
    ev_io_stop(server->loop, &server->udp);
    ev_io_stop(server->loop, &server->tcp);
    close(server->udp.fd);
    close(server->tcp.fd);
    for (int i = 0; i < DNS_CONNECTIONS_MOST; i++) {
        if (!ev_is_active(&server->connections[i]))
            continue;
        ev_io_stop(server->loop, &server->connections[i]);
        close(server->connections[i].fd);
    }
}

#endif
