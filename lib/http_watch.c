/* libcurl's descriptors on the loop. */
#include "http_watch.h"

#include "duban/mem.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

struct http_watch {
    struct ev_io ready;
    struct http_watches *all;
    bool same_file; /* the kernel has seen this descriptor's present file in an earlier wait */
    bool ours;      /* opened by on_open, so that its closing will be told */
    bool resting;   /* on behalf of nobody; doesn't keep the loop alive */
};

void watches_run(struct http_watches *watches, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(watches->multi, fd, events, &running);
}

static void stop(struct http_watch *watch)
{
    if (watch->resting)
        ev_ref(watch->all->loop);
    watch->resting = false;
    ev_io_stop(watch->all->loop, &watch->ready);
}

/* A descriptor's number may stand for another file than last time: libev must then be told, which
 * costs a system call. */
static void start(struct http_watch *watch, int events)
{
    if (watch->same_file)
        ev_io_modify(&watch->ready, events);
    else
        ev_io_set(&watch->ready, watch->ready.fd, events);
    watch->same_file = watch->ours;
    ev_io_start(watch->all->loop, &watch->ready);
}

static void on_ready(struct ev_loop *loop, struct ev_io *ready, int events)
{
    (void)loop;
    struct http_watch *watch = (void *)((char *)ready - offsetof(struct http_watch, ready));
    if (watch->resting) {
        stop(watch);
        shutdown(ready->fd, SHUT_RDWR);
        return;
    }
    watches_run(watch->all, ready->fd,
                (events & EV_READ ? CURL_CSELECT_IN : 0) |
                    (events & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static struct http_watch *watch_at(struct http_watches *watches, int fd)
{
    size_t index = (size_t)fd;
    if (index >= watches->count) {
        size_t count = index + 32;
        watches->items = mem_grow(watches->items, count, sizeof *watches->items);
        while (watches->count < count)
            watches->items[watches->count++] = NULL;
    }
    if (watches->items[index] == NULL) {
        struct http_watch *watch = mem_zero(1, sizeof *watch);
        watch->all = watches;
        ev_io_init(&watch->ready, on_ready, fd, 0);
        watches->items[index] = watch;
    }
    return watches->items[index];
}

/* libcurl waits for these events of a descriptor. */
static int on_watch(CURL *easy, curl_socket_t fd, int what, void *context, void *unused)
{
    (void)easy;
    (void)unused;
    struct http_watch *watch = watch_at(context, fd);
    stop(watch);
    if (what != CURL_POLL_REMOVE)
        start(watch, (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
    return 0;
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    int type = address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK;
    int fd = socket(address->family, type, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    struct http_watch *watch = watch_at(context, fd);
    watch->ours = true;
    watch->same_file = false;
    return fd;
}

static int on_close(void *context, curl_socket_t fd)
{
    struct http_watch *watch = watch_at(context, fd);
    stop(watch);
    watch->ours = watch->same_file = false;
    return close(fd);
}

void watches_rest(struct http_watches *watches, curl_socket_t fd)
{
    if (fd == CURL_SOCKET_BAD)
        return;
    struct http_watch *watch = watch_at(watches, fd);
    if (!watch->ours || ev_is_active(&watch->ready)) /* another transfer has it already */
        return;
    start(watch, EV_READ);
    watch->resting = true;
    ev_unref(watches->loop);
}

void watches_init(struct http_watches *watches, struct ev_loop *loop, CURLM *multi)
{
    *watches = (struct http_watches){.loop = loop, .multi = multi};
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_watch);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, watches);
}

void watches_attach(struct http_watches *watches, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, watches);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, watches);
}

void watches_finish(struct http_watches *watches)
{
    for (size_t i = 0; i < watches->count; i++) {
        if (watches->items[i])
            stop(watches->items[i]);
        free(watches->items[i]);
    }
    free(watches->items);
}
