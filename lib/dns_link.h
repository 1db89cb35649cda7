/* Questions to name servers: c-ares driven by libev.
 *
 * One link holds c-ares' sockets and its timer. A try waits one second for a server, then the next
 * is tried, three rounds with doubled waits, so a question ends after 7 s times the servers. A
 * changed resolv.conf is read again; what is under way is then asked anew. */
#ifndef DUBAN_DNS_LINK_H
#define DUBAN_DNS_LINK_H

#include "duban/instant.h"

#include <ev.h>
#include <netinet/in.h>
#include <stdbool.h>

#define DNS_ADDRESSES_MOST  8 /* of a family; further ones are left out */
#define DNS_ADDRESSES_BYTES (DNS_ADDRESSES_MOST * INET6_ADDRSTRLEN)

struct dns_link;

struct dns_result {
    char addresses[DNS_ADDRESSES_BYTES]; /* "192.0.2.1,192.0.2.2"; "": none */
    span_us ttl_us;                      /* the shortest on the way to them; 0 from /etc/hosts */
    const char *failure;                 /* without addresses: why, for people; lives for ever */
    bool is_certain;                     /* a server said that there are none */
    bool is_unknown_host;                /* … of any family */
};

/* `servers` as in resolver.h; NULL: those of resolv.conf. */
struct dns_link *dns_link_create(struct ev_loop *loop, const char *servers,
                                 const char *resolv_conf);
/* Questions under way are dropped without their callback. Not from within one. NULL is fine. */
void dns_link_destroy(struct dns_link *link);

/* Reads resolv.conf again if it has changed. Not from within a callback. */
void dns_link_refresh(struct dns_link *link);

/* Looks into /etc/hosts, for both families. */
bool dns_link_find_in_hosts(struct dns_link *link, const char *host, struct dns_result *result);

/* The callback may come from inside dns_link_ask, and must not call back into the link. */
typedef void (*dns_answered)(void *context, const struct dns_result *result);
void dns_link_ask(struct dns_link *link, const char *host, int family, dns_answered answered,
                  void *context);

#endif
