/* Host names to addresses, on the event loop: nothing blocks.
 *
 * A name is looked for in /etc/hosts, then asked of the name servers of /etc/resolv.conf, for IPv4
 * and IPv6 at once. When one family has its answer, the other is waited for RESOLVER_GRACE_US
 * longer (RFC 8305, section 3): some servers never answer for IPv6. Several askers of one host
 * share one question. IPv4 addresses come first: a caller that tries both families loses little.
 *
 * An answer is used as long as its TTL says, but at least RESOLVER_LEAST_US and at most
 * RESOLVER_MOST_US. That a host isn't there, or that its servers fail, is believed for
 * RESOLVER_FAILED_US. When servers fail or take longer than RESOLVER_PATIENCE_US, the last answer
 * is used for up to RESOLVER_STALE_US after its end (RFC 8767), and asked for again every
 * RESOLVER_FAILED_US: an outage of DNS stops no message to a host that was known. A server that
 * says "no such host" is believed at once.
 *
 * RESOLVER_HOSTS_MOST hosts are remembered; the one not asked for longest makes room.
 */
#ifndef DUBAN_RESOLVER_H
#define DUBAN_RESOLVER_H

#include "duban/instant.h"

#include <ev.h>
#include <stdbool.h>
#include <sys/queue.h>

#define RESOLVER_GRACE_US    (50 * US_PER_MS)
#define RESOLVER_LEAST_US    (5 * US_PER_S)
#define RESOLVER_MOST_US     (600 * US_PER_S)
#define RESOLVER_FAILED_US   (5 * US_PER_S)
#define RESOLVER_PATIENCE_US (1 * US_PER_S)
#define RESOLVER_STALE_US    (3600 * US_PER_S)
#define RESOLVER_HOSTS_MOST  512

struct resolver;

struct resolver_settings {
    const char *servers;     /* "192.0.2.1,127.0.0.1:5353,[2001:db8::1]:53"; NULL: resolv.conf's */
    const char *resolv_conf; /* NULL: /etc/resolv.conf */
    /* Spans in place of the constants above; 0: the constant. */
    span_us least_us, most_us, failed_us, patience_us, stale_us;
};

/* Copies the settings. Aborts when out of memory or when the servers can't be read. */
struct resolver *resolver_create(struct ev_loop *loop, const struct resolver_settings *settings);
/* Askers are forgotten; their callbacks don't come any more. Not from within a callback. NULL is
 * fine. */
void resolver_destroy(struct resolver *resolver);

/* One of the two: `addresses` ("192.0.2.1,2001:db8::1"), or why there are none, for people. Both
 * are valid until the callback returns or asks again. */
typedef void (*resolver_done)(void *context, const char *addresses, const char *failure);

/* The caller's, in place until `done` or resolver_cancel. */
struct resolver_asker {
    TAILQ_ENTRY(resolver_asker) link;
    struct resolver *resolver;
    struct resolver_host *host;
    struct ev_timer patience;
    bool is_ready;       /* to be told */
    const char *failure; /* then: NULL for the host's addresses */
    resolver_done done;
    void *context;
};

/* Starts a look-up; `done` comes after at most `timeout_us`, and never from inside. */
void resolver_ask(struct resolver *resolver, struct resolver_asker *asker, const char *name,
                  span_us timeout_us, resolver_done done, void *context);
/* Forgets an asker whose `done` hasn't come. */
void resolver_cancel(struct resolver_asker *asker);

#endif
