/* Host names to addresses, on the event loop: the hosts that are known, and who asks for them.
 *
 * An answer makes its askers ready (conclude); they are told in a turn of the loop of its own
 * (on_wake), so that no caller's function runs inside c-ares or inside resolver_ask. */
#include "duban/resolver.h"

#include "dns_link.h"

#include "duban/mem.h"
#include "duban/steady.h"

#include <strings.h>

/* What is known of a host in one family. */
struct half {
    struct resolver_host *host;
    bool pending;
    struct dns_result result; /* the last one */
    span_us until_us;         /* when its TTL ends */
};

struct resolver_host {
    TAILQ_ENTRY(resolver_host) link;
    struct resolver *resolver;
    char *name;
    size_t askers; /* that point at it */
    struct half halves[2];
    struct ev_timer grace;
    span_us begun_us; /* when a family was asked for last */
    char *addresses;  /* the last that were found; NULL: none */
    span_us fresh_until_us, stale_until_us;
    const char *failure; /* the last question's; NULL: none */
    span_us failed_until_us;
};

TAILQ_HEAD(askers, resolver_asker);
TAILQ_HEAD(hosts, resolver_host);

struct resolver {
    struct ev_loop *loop;
    struct resolver_settings settings; /* its texts are the link's */
    struct dns_link *dns;
    struct hosts hosts; /* the one asked for last comes first */
    size_t host_count;
    struct askers waiting, ready;
    size_t ready_count;
    struct ev_timer wake; /* runs while any is ready */
};

static const int families[] = {AF_INET, AF_INET6};

static bool is_pending(const struct resolver_host *host)
{
    return host->halves[0].pending || host->halves[1].pending;
}

static bool has_stale(const struct resolver_host *host, span_us now)
{
    return host->addresses && now < host->stale_until_us;
}

/* --- telling --- */

/* In a turn of the loop of its own. */
static void wake(struct resolver *resolver)
{
    if (ev_is_active(&resolver->wake))
        return;
    ev_timer_set(&resolver->wake, 0.0, 0.0);
    ev_timer_start(resolver->loop, &resolver->wake);
}

static void make_ready(struct resolver_asker *asker, const char *failure)
{
    struct resolver *resolver = asker->resolver;
    ev_timer_stop(resolver->loop, &asker->patience);
    TAILQ_REMOVE(&resolver->waiting, asker, link);
    TAILQ_INSERT_TAIL(&resolver->ready, asker, link);
    resolver->ready_count++;
    asker->is_ready = true;
    asker->failure = failure;
    wake(resolver);
}

static void detach(struct resolver_asker *asker)
{
    struct resolver *resolver = asker->resolver;
    ev_timer_stop(resolver->loop, &asker->patience);
    TAILQ_REMOVE(asker->is_ready ? &resolver->ready : &resolver->waiting, asker, link);
    if (asker->is_ready)
        resolver->ready_count--;
    asker->host->askers--;
}

/* Tells who was ready when it began; those whom that makes ready come in the next turn. */
static void on_wake(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    struct resolver *resolver = (void *)((char *)timer - offsetof(struct resolver, wake));
    for (size_t count = resolver->ready_count; count && resolver->ready_count; count--) {
        struct resolver_asker *asker = TAILQ_FIRST(&resolver->ready);
        const char *addresses = asker->failure ? NULL : asker->host->addresses;
        const char *failure = asker->failure ? asker->failure : asker->host->failure;
        detach(asker);
        asker->done(asker->context, addresses, addresses ? NULL : failure);
    }
    if (resolver->ready_count)
        wake(resolver);
}

/* As long as it may: then the last answer, or none. */
static void on_patience(struct ev_loop *loop, struct ev_timer *patience, int events)
{
    (void)loop;
    (void)events;
    struct resolver_asker *asker =
        (void *)((char *)patience - offsetof(struct resolver_asker, patience));
    make_ready(asker, has_stale(asker->host, steady_us())
                          ? NULL
                          : "the name servers don't answer in time");
}

/* --- answers --- */

static void keep_addresses(struct resolver_host *host)
{
    const struct resolver_settings *settings = &host->resolver->settings;
    char *addresses = NULL;
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        const struct half *half = &host->halves[i];
        if (half->pending || half->result.failure)
            continue;
        char *longer = addresses ? mem_format("%s,%s", addresses, half->result.addresses)
                                 : mem_text(half->result.addresses);
        if (addresses == NULL || half->until_us < host->fresh_until_us)
            host->fresh_until_us = half->until_us;
        free(addresses);
        addresses = longer;
    }
    free(host->addresses);
    host->addresses = addresses;
    host->stale_until_us = host->fresh_until_us + settings->stale_us;
    host->failure = NULL;
    host->failed_until_us = 0;
}

/* The failure that says most: that there is no such host, else the one that isn't certain. */
static void keep_failure(struct resolver_host *host)
{
    const struct half *four = &host->halves[0], *six = &host->halves[1];
    const struct half *telling = four;
    if (four->pending || (!six->pending && (six->result.is_unknown_host ||
                                            (!six->result.is_certain && four->result.is_certain &&
                                             !four->result.is_unknown_host))))
        telling = six;
    host->failure = telling->result.failure;
    host->failed_until_us = steady_us() + host->resolver->settings.failed_us;
    if (!telling->result.is_certain)
        return;
    free(host->addresses);
    host->addresses = NULL;
}

static bool is_found(const struct half *half)
{
    return !half->pending && half->result.failure == NULL;
}

/* Enough is known: all who wait for the host have their answer. */
static void conclude(struct resolver_host *host)
{
    ev_timer_stop(host->resolver->loop, &host->grace);
    if (is_found(&host->halves[0]) || is_found(&host->halves[1]))
        keep_addresses(host);
    else
        keep_failure(host);
    const char *failure = host->failure && !has_stale(host, steady_us()) ? host->failure : NULL;
    struct resolver_asker *asker = TAILQ_FIRST(&host->resolver->waiting), *next;
    for (; asker; asker = next) {
        next = TAILQ_NEXT(asker, link);
        if (asker->host == host)
            make_ready(asker, failure);
    }
}

static void on_grace(struct ev_loop *loop, struct ev_timer *grace, int events)
{
    (void)loop;
    (void)events;
    conclude((void *)((char *)grace - offsetof(struct resolver_host, grace)));
}

static void keep_result(struct half *half, const struct dns_result *result)
{
    const struct resolver_settings *settings = &half->host->resolver->settings;
    span_us ttl = result->ttl_us;
    ttl = ttl < settings->least_us ? settings->least_us : ttl;
    ttl = ttl > settings->most_us ? settings->most_us : ttl;
    half->pending = false;
    half->result = *result;
    half->until_us = steady_us() + ttl;
}

static void on_result(void *context, const struct dns_result *result)
{
    struct half *half = context;
    struct resolver_host *host = half->host;
    keep_result(half, result);
    if (!is_pending(host)) {
        conclude(host);
    } else if (result->failure == NULL || result->is_unknown_host) {
        ev_timer_stop(host->resolver->loop, &host->grace);
        ev_timer_set(&host->grace, (double)RESOLVER_GRACE_US / 1e6, 0.0);
        ev_timer_start(host->resolver->loop, &host->grace);
    }
}

/* --- questions --- */

/* Asks what isn't being asked already. */
static void begin(struct resolver_host *host)
{
    if (ev_is_active(&host->grace)) /* one family has its answer, which will do in a moment */
        return;
    struct dns_link *dns = host->resolver->dns;
    struct dns_result result;
    dns_link_refresh(dns);
    if (!is_pending(host) && dns_link_find_in_hosts(dns, host->name, &result)) {
        keep_result(&host->halves[0], &result);
        host->halves[1].result = (struct dns_result){.failure = "the hosts file has it"};
        conclude(host);
        return;
    }
    if (!host->halves[0].pending || !host->halves[1].pending)
        host->begun_us = steady_us();
    bool asks[COUNT_OF(families)];
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        asks[i] = !host->halves[i].pending;
        host->halves[i].pending = true; /* both, before the first answer can come */
    }
    for (size_t i = 0; i < COUNT_OF(families); i++)
        if (asks[i])
            dns_link_ask(dns, host->name, families[i], on_result, &host->halves[i]);
}

static void host_destroy(struct resolver_host *host)
{
    ev_timer_stop(host->resolver->loop, &host->grace);
    free(host->addresses);
    free(host->name);
    free(host);
}

/* Makes room for one more; those in use stay, however many they are. */
static void make_room(struct resolver *resolver)
{
    struct resolver_host *host = TAILQ_LAST(&resolver->hosts, hosts), *next;
    for (; host && resolver->host_count >= RESOLVER_HOSTS_MOST; host = next) {
        next = TAILQ_PREV(host, hosts, link);
        if (host->askers > 0 || is_pending(host))
            continue;
        TAILQ_REMOVE(&resolver->hosts, host, link);
        resolver->host_count--;
        host_destroy(host);
    }
}

static struct resolver_host *add_host(struct resolver *resolver, const char *name)
{
    make_room(resolver);
    struct resolver_host *host = mem_zero(1, sizeof *host);
    host->resolver = resolver;
    host->name = mem_text(name);
    host->halves[0].host = host->halves[1].host = host;
    ev_timer_init(&host->grace, on_grace, 0.0, 0.0);
    resolver->host_count++;
    return host;
}

/* The host, now the first. */
static struct resolver_host *find_host(struct resolver *resolver, const char *name)
{
    struct resolver_host *host = TAILQ_FIRST(&resolver->hosts);
    while (host && strcasecmp(host->name, name) != 0)
        host = TAILQ_NEXT(host, link);
    if (host)
        TAILQ_REMOVE(&resolver->hosts, host, link);
    else
        host = add_host(resolver, name);
    TAILQ_INSERT_HEAD(&resolver->hosts, host, link);
    return host;
}

/* How long an asker waits: with an old answer at hand only until the question has had its time. */
static span_us patience_of(const struct resolver_host *host, span_us timeout_us, span_us now)
{
    if (!has_stale(host, now))
        return timeout_us;
    span_us left = host->begun_us + host->resolver->settings.patience_us - now;
    left = left < 0 ? 0 : left;
    return left < timeout_us ? left : timeout_us;
}

void resolver_ask(struct resolver *resolver, struct resolver_asker *asker, const char *name,
                  span_us timeout_us, resolver_done done, void *context)
{
    struct resolver_host *host = find_host(resolver, name);
    *asker = (struct resolver_asker){
        .resolver = resolver, .host = host, .done = done, .context = context};
    ev_timer_init(&asker->patience, on_patience, 0.0, 0.0);
    TAILQ_INSERT_TAIL(&resolver->waiting, asker, link);
    host->askers++;
    span_us now = steady_us();
    if (host->addresses && now < host->fresh_until_us) {
        make_ready(asker, NULL);
        return;
    }
    if (now < host->failed_until_us) {
        make_ready(asker, has_stale(host, now) ? NULL : host->failure);
        return;
    }
    begin(host);
    if (asker->is_ready) /* answered from the hosts file */
        return;
    ev_timer_set(&asker->patience, (double)patience_of(host, timeout_us, now) / 1e6, 0.0);
    ev_timer_start(resolver->loop, &asker->patience);
}

void resolver_cancel(struct resolver_asker *asker)
{
    detach(asker);
}

/* --- life --- */

static span_us or_standard(span_us span, span_us standard)
{
    return span ? span : standard;
}

struct resolver *resolver_create(struct ev_loop *loop, const struct resolver_settings *settings)
{
    struct resolver *resolver = mem_zero(1, sizeof *resolver);
    resolver->loop = loop;
    resolver->settings = (struct resolver_settings){
        .least_us = or_standard(settings->least_us, RESOLVER_LEAST_US),
        .most_us = or_standard(settings->most_us, RESOLVER_MOST_US),
        .failed_us = or_standard(settings->failed_us, RESOLVER_FAILED_US),
        .patience_us = or_standard(settings->patience_us, RESOLVER_PATIENCE_US),
        .stale_us = or_standard(settings->stale_us, RESOLVER_STALE_US),
    };
    resolver->dns = dns_link_create(loop, settings->servers, settings->resolv_conf);
    TAILQ_INIT(&resolver->hosts);
    TAILQ_INIT(&resolver->waiting);
    TAILQ_INIT(&resolver->ready);
    ev_timer_init(&resolver->wake, on_wake, 0.0, 0.0);
    return resolver;
}

void resolver_destroy(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    dns_link_destroy(resolver->dns);
    while (!TAILQ_EMPTY(&resolver->waiting))
        detach(TAILQ_FIRST(&resolver->waiting));
    while (!TAILQ_EMPTY(&resolver->ready))
        detach(TAILQ_FIRST(&resolver->ready));
    for (struct resolver_host *host = TAILQ_FIRST(&resolver->hosts), *next; host; host = next) {
        next = TAILQ_NEXT(host, link);
        host_destroy(host);
    }
    ev_timer_stop(resolver->loop, &resolver->wake);
    free(resolver);
}
