/* Network addresses, networks of them, and where to listen. */
#include "duban/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAPPED_BITS 96 /* before the bits of an IPv4 address */

static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};

struct address address_from_ipv4(const void *four_bytes)
{
    struct address address;
    memcpy(address.bytes, mapped, sizeof mapped);
    memcpy(address.bytes + sizeof mapped, four_bytes, 4);
    return address;
}

struct address address_from_ipv6(const void *sixteen_bytes)
{
    struct address address;
    memcpy(address.bytes, sixteen_bytes, sizeof address.bytes);
    return address;
}

static bool is_ipv4(const struct address *address)
{
    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

const char *address_text(const struct address *address, char text[ADDRESS_TEXT_BYTES])
{
    bool four = is_ipv4(address);
    inet_ntop(four ? AF_INET : AF_INET6, address->bytes + (four ? sizeof mapped : 0), text,
              ADDRESS_TEXT_BYTES);
    return text;
}

/* Reads an address of `length` characters. */
static bool read_address(const char *text, size_t length, struct address *address)
{
    char copy[ADDRESS_TEXT_BYTES];
    unsigned char bytes[16];
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (inet_pton(AF_INET, copy, bytes) == 1)
        *address = address_from_ipv4(bytes);
    else if (inet_pton(AF_INET6, copy, bytes) == 1)
        *address = address_from_ipv6(bytes);
    else
        return false;
    return true;
}

/* Reads a whole decimal number, `most` at most. */
static bool read_number(const char *text, unsigned most, unsigned *number)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits])
        return false;
    *number = (unsigned)strtoul(text, NULL, 10);
    return *number <= most;
}

/* Whether all bits from the `bits`-th on are 0. */
static bool ends_in_zeros(const struct address *address, unsigned bits)
{
    for (unsigned bit = bits; bit < 128; bit++)
        if (address->bytes[bit / 8] & (0x80 >> bit % 8))
            return false;
    return true;
}

bool network_parse(const char *text, struct network *network, struct error *error)
{
    size_t length = strcspn(text, "/");
    struct network made;
    if (!read_address(text, length, &made.address))
        return error_set(error,
                         "'%.60s' is no address; expected one, as 192.0.2.1, or a network, "
                         "as 10.0.0.0/8",
                         text);
    unsigned before = memchr(text, ':', length) ? 0 : MAPPED_BITS;
    made.bits = 128 - before;
    if (text[length] && !read_number(text + length + 1, made.bits, &made.bits))
        return error_set(error, "'%.60s': expected a number of bits from 0 to %u behind the /",
                         text, 128 - before);
    made.bits += before;
    if (!ends_in_zeros(&made.address, made.bits))
        return error_set(error,
                         "'%.60s' is an address within a network; expected the network's "
                         "first one before the /",
                         text);
    *network = made;
    return true;
}

bool network_holds(const struct network *network, const struct address *address)
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->address.bytes, address->bytes, whole) != 0)
        return false;
    unsigned mask = rest ? 0xFFu << (8 - rest) & 0xFFu : 0;
    return rest == 0 || ((network->address.bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}

static bool parse_path(const char *text, struct listen_place *place, struct error *error)
{
    struct listen_place made = {0};
    if (strlen(text) >= sizeof made.path)
        return error_set(error, "the path is longer than %zu bytes", sizeof made.path - 1);
    memcpy(made.path, text, strlen(text));
    *place = made;
    return true;
}

bool listen_parse(const char *text, struct listen_place *place, struct error *error)
{
    if (*text == '/')
        return parse_path(text, place, error);
    struct listen_place made = {.is_ipv6 = *text == '['};
    const char *host = text + made.is_ipv6, *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - host) : 0;
    unsigned port = 0;
    bool fine = colon && colon > host && read_number(colon + 1, 65535, &port) && port > 0;
    if (fine && made.is_ipv6)
        fine = host[--length] == ']';
    fine = fine && read_address(host, length, &made.address);
    if (!fine || (memchr(host, ':', length) != NULL) != made.is_ipv6)
        return error_set(error,
                         "'%.60s' is no place to listen; expected address:port, as 127.0.0.1:8091 "
                         "or [::1]:8091, or the path of a socket",
                         text);
    made.port = (uint16_t)port;
    *place = made;
    return true;
}
