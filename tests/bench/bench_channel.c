/* How fast requests are made and exchanged: signing, building, verdicts, and POSTs to a local
 * receiver over kept connections, each signed. Prints one JSON object.
 *
 * usage: bench_channel [REQUESTS [CONCURRENCY]] */
#include "duban/channel_webhook.h"
#include "duban/http.h"
#include "duban/mem.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUILDS 200000

static double now_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A receiver that answers whatever comes with 204; its bodies come in one piece with the head. */
static void serve(int listener)
{
    static const char reply[] = "HTTP/1.1 204 No Content\r\n\r\n";
    int poll = epoll_create1(0);
    epoll_ctl(poll, EPOLL_CTL_ADD, listener,
              &(struct epoll_event){.events = EPOLLIN, .data.fd = listener});
    for (;;) {
        struct epoll_event events[64];
        int count = epoll_wait(poll, events, 64, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            char bytes[16384];
            if (fd == listener) {
                fd = accept(listener, NULL, NULL);
                epoll_ctl(poll, EPOLL_CTL_ADD, fd,
                          &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
            } else if (recv(fd, bytes, sizeof bytes, 0) <= 0) {
                close(fd);
            } else {
                send(fd, reply, sizeof reply - 1, MSG_NOSIGNAL);
            }
        }
    }
}

static pid_t start_receiver(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) < 0 ||
        listen(listener, 512) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        abort();
    *port = ntohs(address.sin_port);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener);
    }
    close(listener);
    return pid;
}

struct bench {
    struct ev_loop *loop;
    struct http_client *client;
    struct channel channel;
    struct message message;
    long left, delivered;
};

static void send_one(struct bench *bench);

static void on_done(void *context, const struct http_reply *reply)
{
    struct bench *bench = context;
    struct outcome outcome;
    bench->channel.type->verdict(&bench->channel, reply, &outcome);
    bench->delivered += outcome.verdict == VERDICT_DELIVERED;
    if (bench->left)
        send_one(bench);
    else if (http_in_flight(bench->client) == 0)
        ev_break(bench->loop, EVBREAK_ALL);
}

static void send_one(struct bench *bench)
{
    struct http_request request;
    wall_us now = (wall_us)(ev_now(bench->loop) * 1e6);
    bench->left--;
    if (!bench->channel.type->request(&bench->channel, &bench->message, now, &request, NULL))
        abort();
    http_send(bench->client, &request, 10 * US_PER_S, on_done, bench);
    http_request_finish(&request);
}

/* Microseconds for one signed request. */
static double measure_building(const struct bench *bench)
{
    double from = now_s(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < BUILDS; i++) {
        struct http_request request;
        if (!bench->channel.type->request(&bench->channel, &bench->message, i, &request, NULL))
            abort();
        http_request_finish(&request);
    }
    return (now_s(CLOCK_PROCESS_CPUTIME_ID) - from) / BUILDS * 1e6;
}

int main(int argc, char **argv)
{
    long requests = argc > 1 ? atol(argv[1]) : 200000;
    long concurrency = argc > 2 ? atol(argv[2]) : 64;
    int port;
    pid_t receiver = start_receiver(&port);
    static char url[64], body[900];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/hook", port);
    memset(body, 'x', sizeof body);
    struct bench bench = {
        .loop = ev_default_loop(0),
        .channel = {.type = &channel_webhook,
                    .options =
                        &(struct webhook_options){
                            .secret = (char[]){"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}},
        .message = {.id = "0198f1c2-77aa-7c31-9d5e-3f1f4b1c2a10",
                    .address = url,
                    .body = body,
                    .body_length = sizeof body},
        .left = requests};
    double building_us = measure_building(&bench);
    bench.client =
        http_create(bench.loop, &(struct http_settings){.user_agent = "duban/bench",
                                                        .connections_most = concurrency});
    double from = now_s(CLOCK_MONOTONIC), cpu = now_s(CLOCK_PROCESS_CPUTIME_ID);
    for (long i = 0; i < concurrency && bench.left; i++)
        send_one(&bench);
    ev_run(bench.loop, 0);
    double seconds = now_s(CLOCK_MONOTONIC) - from;
    cpu = now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf(
        "{\"bench\":\"channel\",\"signed_request_us\": %.2f, \"posts\": %ld, \"delivered\": %ld, "
        "\"posts_per_s\": %.0f, \"posts_per_cpu_s\": %.0f, \"resident_mib\": %.1f}\n",
        building_us, requests, bench.delivered, (double)requests / seconds, (double)requests / cpu,
        (double)usage.ru_maxrss / 1024);
    http_destroy(bench.client);
    kill(receiver, SIGKILL);
    return bench.delivered == requests ? 0 : 1;
}
