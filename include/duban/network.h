/* Network addresses, networks of them, and where to listen. No I/O. */
#ifndef DUBAN_NETWORK_H
#define DUBAN_NETWORK_H

#include "duban/error.h"

#include <stdbool.h>
#include <stdint.h>

/* IPv6; an IPv4 address as ::ffff:a.b.c.d, so that it is the same however it came. */
struct address {
    unsigned char bytes[16];
};

struct address address_from_ipv4(const void *four_bytes);
struct address address_from_ipv6(const void *sixteen_bytes);

#define ADDRESS_TEXT_BYTES 46

/* "192.0.2.1", "2001:db8::1". */
const char *address_text(const struct address *address, char text[ADDRESS_TEXT_BYTES]);

struct network {
    struct address address;
    unsigned bits; /* of the 128 that count */
};

/* Reads an address or a network: "127.0.0.1", "10.0.0.0/8", "2001:db8::/32". Bits beyond the
 * prefix must be 0. */
bool network_parse(const char *text, struct network *network, struct error *error) MUST_USE;
bool network_holds(const struct network *network, const struct address *address);

/* Where a server listens. */
struct listen_place {
    char path[108]; /* of a Unix socket; "" for an address: */
    struct address address;
    bool is_ipv6; /* listens on an IPv6 socket; [::] takes IPv4 too */
    uint16_t port;
};

/* Reads "127.0.0.1:8091", "[::1]:8091" or an absolute path. */
bool listen_parse(const char *text, struct listen_place *place, struct error *error) MUST_USE;

#endif
