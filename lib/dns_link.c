/* Questions to name servers: c-ares driven by libev. */
#include "dns_link.h"

#include "duban/mem.h"

#include <ares.h>
#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>

#define TRY_MS 1000
#define TRIES  3

/* A socket that c-ares waits for. Kept for its next one: there are never more than two a server. */
struct watch {
    struct ev_io ready;
    struct dns_link *link;
    bool used;
};

struct question {
    LIST_ENTRY(question) link;
    struct dns_link *owner;
    char *host;
    int family;
    dns_answered answered;
    void *context;
};

LIST_HEAD(questions, question);

struct dns_link {
    struct ev_loop *loop;
    ares_channel ares;
    char *servers, *resolv_conf;
    struct stat seen; /* resolv.conf when it was read */
    struct ev_timer timer;
    struct watch **watches;
    size_t watch_count;
    struct questions dropped; /* with the channel that they were asked on */
};

/* --- the loop --- */

/* c-ares wants to be called after so long. It counts in whole milliseconds, rounded down. */
static void arm_timer(struct dns_link *link)
{
    struct timeval wait;
    ev_timer_stop(link->loop, &link->timer);
    if (ares_timeout(link->ares, NULL, &wait) == NULL)
        return;
    ev_now_update(link->loop); /* the wait counts from now, not from when the loop woke up */
    ev_timer_set(&link->timer, (double)wait.tv_sec + (double)wait.tv_usec / 1e6 + 0.001, 0.0);
    ev_timer_start(link->loop, &link->timer);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    struct dns_link *link = (void *)((char *)timer - offsetof(struct dns_link, timer));
    ares_process_fd(link->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm_timer(link);
}

static void on_ready(struct ev_loop *loop, struct ev_io *ready, int events)
{
    (void)loop;
    struct dns_link *link = ((struct watch *)(void *)ready)->link;
    int fd = ready->fd;
    ares_process_fd(link->ares, events & EV_READ ? fd : ARES_SOCKET_BAD,
                    events & EV_WRITE ? fd : ARES_SOCKET_BAD);
    arm_timer(link);
}

/* The watch of a socket; else one that is free. */
static struct watch *watch_of(struct dns_link *link, int fd)
{
    struct watch *unused = NULL;
    for (size_t i = 0; i < link->watch_count; i++) {
        struct watch *watch = link->watches[i];
        if (watch->used && watch->ready.fd == fd)
            return watch;
        if (!watch->used)
            unused = watch;
    }
    if (unused)
        return unused;
    struct watch *watch = mem_zero(1, sizeof *watch);
    watch->link = link;
    ev_init(&watch->ready, on_ready);
    link->watches = mem_grow(link->watches, link->watch_count + 1, sizeof *link->watches);
    link->watches[link->watch_count++] = watch;
    return watch;
}

/* c-ares waits for these events of a socket; for none when it is about to close it. */
static void on_socket(void *context, ares_socket_t fd, int readable, int writable)
{
    struct dns_link *link = context;
    struct watch *watch = watch_of(link, fd);
    ev_io_stop(link->loop, &watch->ready);
    watch->used = readable || writable;
    if (!watch->used)
        return;
    ev_io_set(&watch->ready, fd, (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));
    ev_io_start(link->loop, &watch->ready);
}

/* --- the channel --- */

static void open_channel(struct dns_link *link)
{
    struct ares_options options = {
        .timeout = TRY_MS,
        .tries = TRIES,
        .lookups = (char[]){"fb"}, /* hosts file, then name servers */
        .sock_state_cb = on_socket,
        .sock_state_cb_data = link,
        .resolvconf_path = link->resolv_conf,
    };
    int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB |
               ARES_OPT_RESOLVCONF;
    memset(&link->seen, 0, sizeof link->seen);
    if (stat(link->resolv_conf, &link->seen) != 0)
        memset(&link->seen, 0, sizeof link->seen);
    /* A file that is missing or can't be read isn't an error: the machine's own server is asked. */
    if (ares_init_options(&link->ares, &options, mask) != ARES_SUCCESS)
        abort();
    if (link->servers && ares_set_servers_ports_csv(link->ares, link->servers) != ARES_SUCCESS)
        abort(); /* the configuration has checked them */
}

struct dns_link *dns_link_create(struct ev_loop *loop, const char *servers, const char *resolv_conf)
{
    struct dns_link *link = mem_zero(1, sizeof *link);
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) /* counted by c-ares */
        abort();
    link->loop = loop;
    link->servers = mem_text(servers && *servers ? servers : NULL);
    link->resolv_conf = mem_text(resolv_conf ? resolv_conf : "/etc/resolv.conf");
    ev_timer_init(&link->timer, on_timer, 0.0, 0.0);
    LIST_INIT(&link->dropped);
    open_channel(link);
    return link;
}

static void question_destroy(struct question *question)
{
    free(question->host);
    free(question);
}

void dns_link_destroy(struct dns_link *link)
{
    if (link == NULL)
        return;
    ares_destroy(link->ares); /* stops the watches, drops the questions */
    ev_timer_stop(link->loop, &link->timer);
    while (!LIST_EMPTY(&link->dropped)) {
        struct question *question = LIST_FIRST(&link->dropped);
        LIST_REMOVE(question, link);
        question_destroy(question);
    }
    for (size_t i = 0; i < link->watch_count; i++)
        free(link->watches[i]);
    free(link->watches);
    free(link->servers);
    free(link->resolv_conf);
    free(link);
    ares_library_cleanup();
}

/* --- questions --- */

static const char *failure_of(int status)
{
    switch (status) {
    case ARES_ENOTFOUND:
        return "there is no such host";
    case ARES_ENODATA:
        return "the host has no address";
    case ARES_EBADNAME:
        return "this is no host name";
    case ARES_ETIMEOUT:
        return "the name servers don't answer";
    default: /* refused, failed, answered nonsense: c-ares calls all of it a refused connection */
        return "no name server gave an answer";
    }
}

static void add_address(struct dns_result *result, int family, const void *address)
{
    size_t length = strlen(result->addresses), room = sizeof result->addresses - length;
    char text[INET6_ADDRSTRLEN];
    if (inet_ntop(family, address, text, sizeof text) && strlen(text) + 1 < room)
        snprintf(result->addresses + length, room, "%s%s", length ? "," : "", text);
}

static void read_addresses(const struct ares_addrinfo *info, struct dns_result *result)
{
    int64_t ttl_s = INT32_MAX;
    for (const struct ares_addrinfo_node *node = info->nodes; node; node = node->ai_next) {
        const void *raw = node->ai_addr;
        add_address(result, node->ai_family,
                    node->ai_family == AF_INET
                        ? (const void *)&((const struct sockaddr_in *)raw)->sin_addr
                        : (const void *)&((const struct sockaddr_in6 *)raw)->sin6_addr);
        if (node->ai_ttl < ttl_s)
            ttl_s = node->ai_ttl;
    }
    result->ttl_us = ttl_s * US_PER_S;
}

static void on_answer(void *context, int status, int timeouts, struct ares_addrinfo *info)
{
    (void)timeouts;
    struct question *question = context;
    if (status == ARES_EDESTRUCTION) {
        LIST_INSERT_HEAD(&question->owner->dropped, question, link);
        return;
    }
    struct dns_result result = {.addresses = ""};
    if (status == ARES_SUCCESS)
        read_addresses(info, &result);
    ares_freeaddrinfo(info);
    if (result.addresses[0] == '\0') {
        if (status == ARES_SUCCESS)
            status = ARES_ENODATA;
        result.failure = failure_of(status);
        result.is_unknown_host = status == ARES_ENOTFOUND || status == ARES_EBADNAME;
        result.is_certain = result.is_unknown_host || status == ARES_ENODATA;
    }
    question->answered(question->context, &result);
    question_destroy(question);
}

static void ask(struct dns_link *link, struct question *question)
{
    const struct ares_addrinfo_hints hints = {.ai_family = question->family,
                                              .ai_flags = ARES_AI_NOSORT};
    ares_getaddrinfo(link->ares, question->host, NULL, &hints, on_answer, question);
}

void dns_link_ask(struct dns_link *link, const char *host, int family, dns_answered answered,
                  void *context)
{
    struct question *question = mem_zero(1, sizeof *question);
    *question = (struct question){.owner = link,
                                  .host = mem_text(host),
                                  .family = family,
                                  .answered = answered,
                                  .context = context};
    ask(link, question);
    arm_timer(link);
}

void dns_link_refresh(struct dns_link *link)
{
    struct stat now;
    if (stat(link->resolv_conf, &now) != 0)
        memset(&now, 0, sizeof now);
    if (now.st_ino == link->seen.st_ino && now.st_size == link->seen.st_size &&
        now.st_mtim.tv_sec == link->seen.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == link->seen.st_mtim.tv_nsec)
        return;
    ares_destroy(link->ares);
    open_channel(link);
    while (!LIST_EMPTY(&link->dropped)) {
        struct question *question = LIST_FIRST(&link->dropped);
        LIST_REMOVE(question, link);
        ask(link, question);
    }
    arm_timer(link);
}

bool dns_link_find_in_hosts(struct dns_link *link, const char *host, struct dns_result *result)
{
    static const int families[] = {AF_INET, AF_INET6};
    *result = (struct dns_result){.addresses = ""};
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        struct hostent *found = NULL;
        if (ares_gethostbyname_file(link->ares, host, families[i], &found) != ARES_SUCCESS)
            continue;
        for (char **address = found->h_addr_list; *address; address++)
            add_address(result, families[i], *address);
        ares_free_hostent(found);
    }
    return result->addresses[0] != '\0';
}
