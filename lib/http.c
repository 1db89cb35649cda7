/* HTTP requests on the event loop: libcurl's multi socket interface driven by libev.
 *
 * A request whose host is a name waits for its addresses (http_lookup.c), then it is libcurl's.
 * libcurl says which descriptors and which delay it waits for (http_watch.c, on_delay); libev tells
 * when they come, and only then libcurl runs. Before the loop sleeps (on_turn), what has finished
 * is collected and told. So no libcurl function is called inside a libcurl callback, and no
 * caller's function inside either. */
#include "duban/http.h"

#include "http_lookup.h"
#include "http_watch.h"

#include "duban/http_exchange.h"
#include "duban/mem.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>

/* A kept connection isn't reused after this: a host that has moved is found again. */
#define CONNECTION_S 300L

/* A request of a caller's; the exchange comes first and stays in place. */
struct job {
    struct http_exchange exchange;
    struct http_lookup lookup;
    struct http_client *client;
    struct job *next, *previous; /* of the ring that it is on */
    http_done done;
    void *context;
};

/* A ring with a head of its own. */
struct ring {
    struct job head;
    size_t count;
};

struct http_client {
    struct ev_loop *loop;
    struct resolver *resolver;
    CURLM *multi;
    char *ca_file, *user_agent;
    struct ev_timer timer;
    struct ev_prepare turn; /* runs while anything is busy or finished */
    struct ev_idle wake;    /* runs while something has finished outside of libcurl */
    struct http_watches watches;
    struct ring waiting; /* for their addresses */
    struct ring busy, finished;
    struct ring idle; /* kept for reuse: as many as were ever under way at once */
    bool telling;
};

static void ring_init(struct ring *ring)
{
    ring->head.next = ring->head.previous = &ring->head;
}

static void ring_put(struct ring *ring, struct job *job)
{
    job->next = &ring->head;
    job->previous = ring->head.previous;
    job->previous->next = job->next->previous = job;
    ring->count++;
}

static void ring_remove(struct ring *ring, struct job *job)
{
    job->next->previous = job->previous;
    job->previous->next = job->next;
    ring->count--;
}

static struct job *ring_take(struct ring *ring)
{
    struct job *first = ring->head.next;
    if (ring->count == 0)
        return NULL;
    ring_remove(ring, first);
    return first;
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    struct http_client *client = (void *)((char *)timer - offsetof(struct http_client, timer));
    watches_run(&client->watches, CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl wants to be called after so many milliseconds; -1: not at all. */
static int on_delay(CURLM *multi, long delay_ms, void *context)
{
    (void)multi;
    struct http_client *client = context;
    ev_timer_stop(client->loop, &client->timer);
    if (delay_ms < 0)
        return 0;
    if (delay_ms > 0)
        ev_now_update(client->loop); /* delays count from now, not from when the loop woke up */
    ev_timer_set(&client->timer, (double)delay_ms / 1000.0, 0.0);
    ev_timer_start(client->loop, &client->timer);
    return 0;
}

/* A job is over: libcurl lets go of it. Its connection rests, unless only it could use it. */
static void retire(struct http_client *client, struct job *job)
{
    curl_socket_t kept = CURL_SOCKET_BAD;
    if (!job->exchange.smtp.used)
        curl_easy_getinfo(job->exchange.easy, CURLINFO_ACTIVESOCKET, &kept);
    curl_multi_remove_handle(client->multi, job->exchange.easy);
    watches_rest(&client->watches, kept);
    ring_remove(&client->busy, job);
    ring_put(&client->finished, job);
}

static void on_mail(struct smtp_talk *talk)
{
    struct job *job = (void *)((char *)talk - offsetof(struct job, exchange.smtp.talk));
    retire(job->client, job);
}

/* Takes what libcurl is done with. Of mail, that is the first half. */
static void collect(struct http_client *client)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(client->multi, &left));) {
        struct job *job = NULL;
        CURLcode result = message->data.result; /* gone with the handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job);
        assert(job);
        job->exchange.result = result;
        if (job->exchange.smtp.used && result == CURLE_OK)
            smtp_exchange_start(&job->exchange.smtp, client->loop, job->exchange.easy, on_mail);
        else
            retire(client, job);
    }
}

static void read_reply(const struct job *job, wall_us now, struct http_reply *reply)
{
    if (job->lookup.failure[0] == '\0') {
        exchange_reply(&job->exchange, now, reply);
        return;
    }
    *reply = (struct http_reply){.failure = HTTP_NOT_SENT, .body = "", .retry_after_s = -1};
    snprintf(reply->failure_text, sizeof reply->failure_text, "%s", job->lookup.failure);
}

/* Tells what has finished up to now; what finishes meanwhile is told in the next turn. */
static void tell(struct http_client *client)
{
    wall_us now = (wall_us)(ev_now(client->loop) * (double)US_PER_S);
    client->telling = true;
    size_t count = client->finished.count;
    for (struct job *job; count && (job = ring_take(&client->finished)); count--) {
        struct http_reply reply;
        read_reply(job, now, &reply);
        job->done(job->context, &reply);
        exchange_clear(&job->exchange);
        lookup_clear(&job->lookup);
        ring_put(&client->idle, job);
    }
    client->telling = false;
}

static void on_turn(struct ev_loop *loop, struct ev_prepare *turn, int events)
{
    (void)events;
    struct http_client *client = (void *)((char *)turn - offsetof(struct http_client, turn));
    collect(client);
    tell(client);
    if (client->finished.count == 0)
        ev_idle_stop(loop, &client->wake);
    if (client->busy.count + client->finished.count == 0)
        ev_prepare_stop(loop, turn);
}

/* Its being active is its effect: the loop doesn't sleep. */
static void on_wake(struct ev_loop *loop, struct ev_idle *wake, int events)
{
    (void)loop;
    (void)wake;
    (void)events;
}

static void set_multi_options(struct http_client *client, long connections_most)
{
    CURLM *multi = client->multi;
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_delay);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections_most);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
}

struct http_client *http_create(struct ev_loop *loop, const struct http_settings *settings)
{
    struct http_client *client = mem_zero(1, sizeof *client);
    curl_global_init(CURL_GLOBAL_DEFAULT); /* counted by libcurl */
    client->multi = curl_multi_init();
    if (client->multi == NULL)
        abort();
    client->loop = loop;
    client->resolver = resolver_create(loop, &settings->resolver);
    client->ca_file = mem_text(settings->ca_file);
    client->user_agent = mem_text(settings->user_agent);
    ev_timer_init(&client->timer, on_timer, 0.0, 0.0);
    ev_prepare_init(&client->turn, on_turn);
    ev_set_priority(&client->turn, EV_MAXPRI); /* callers' own prepare watchers see the results */
    ev_idle_init(&client->wake, on_wake);
    ring_init(&client->waiting);
    ring_init(&client->busy);
    ring_init(&client->finished);
    ring_init(&client->idle);
    watches_init(&client->watches, loop, client->multi);
    set_multi_options(client, settings->connections_most);
    return client;
}

static void destroy_all(struct ring *ring)
{
    for (struct job *job = ring->head.next, *next; job != &ring->head; job = next) {
        next = job->next;
        exchange_finish(&job->exchange);
        lookup_finish(&job->lookup);
        free(job);
    }
}

void http_destroy(struct http_client *client)
{
    if (client == NULL)
        return;
    assert(!client->telling);
    for (struct job *job = client->waiting.head.next; job != &client->waiting.head; job = job->next)
        lookup_cancel(&job->lookup);
    resolver_destroy(client->resolver);
    for (struct job *job = client->busy.head.next; job != &client->busy.head; job = job->next) {
        smtp_talk_clear(&job->exchange.smtp.talk);
        curl_multi_remove_handle(client->multi, job->exchange.easy);
    }
    curl_multi_cleanup(client->multi); /* closes the connections, through the watches */
    destroy_all(&client->waiting);
    destroy_all(&client->busy);
    destroy_all(&client->finished);
    destroy_all(&client->idle);
    ev_timer_stop(client->loop, &client->timer);
    ev_prepare_stop(client->loop, &client->turn);
    ev_idle_stop(client->loop, &client->wake);
    watches_finish(&client->watches);
    free(client->ca_file);
    free(client->user_agent);
    free(client);
    curl_global_cleanup();
}

static struct job *take_idle(struct http_client *client)
{
    struct job *job = ring_take(&client->idle);
    if (job)
        return job;
    job = mem_zero(1, sizeof *job);
    exchange_init(&job->exchange, client->ca_file, client->user_agent);
    CURL *easy = job->exchange.easy;
    job->client = client;
    lookup_init(&job->lookup, easy);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, job);
    curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, CONNECTION_S);
    watches_attach(&client->watches, easy);
    return job;
}

static void finish(struct job *job)
{
    ring_put(&job->client->finished, job);
    ev_idle_start(job->client->loop, &job->client->wake);
    ev_prepare_start(job->client->loop, &job->client->turn);
}

/* Hands the request over to libcurl. */
static void start(struct job *job)
{
    struct http_client *client = job->client;
    if (curl_multi_add_handle(client->multi, job->exchange.easy) != CURLM_OK) {
        job->exchange.result = CURLE_FAILED_INIT;
        finish(job);
        return;
    }
    ring_put(&client->busy, job);
    ev_prepare_start(client->loop, &client->turn);
}

static void on_addresses(void *context)
{
    struct job *job = context;
    ring_remove(&job->client->waiting, job);
    job->exchange.smtp.timeout_us = job->lookup.left_us;
    if (job->lookup.failure[0])
        finish(job);
    else
        start(job);
}

void http_send(struct http_client *client, const struct http_request *request, span_us timeout_us,
               http_done done, void *context)
{
    struct job *job = take_idle(client);
    job->done = done;
    job->context = context;
    job->exchange.result = exchange_prepare(&job->exchange, request, timeout_us);
    if (job->exchange.result != CURLE_OK)
        finish(job);
    else if (lookup_begin(&job->lookup, client->resolver, request->url, timeout_us, on_addresses,
                          job))
        ring_put(&client->waiting, job);
    else
        start(job);
}

size_t http_in_flight(const struct http_client *client)
{
    return client->waiting.count + client->busy.count + client->finished.count;
}
