/* The connection to PostgreSQL as a machine on the event loop: rest → connect → check → up, and
 * back to rest whenever the connection is lost.
 *
 * A result is kept until the sync after it has been answered: only then is the statement
 * committed. User callbacks run from the loop only. What goes wrong inside pg_query is noted
 * (lost, refuse) and dealt with in the next turn. */
#include "duban/pg.h"

#include "duban/backoff.h"
#include "duban/mem.h"
#include "duban/pg_link.h"
#include "duban/pg_queue.h"
#include "duban/pg_wire.h"
#include "duban/steady.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/random.h>

#define PING_AFTER_US    (5 * US_PER_S)
#define PING_TIMEOUT_US  (5 * US_PER_S)
#define BACKOFF_LEAST_US (100 * US_PER_MS)
#define BACKOFF_MOST_US  (10 * US_PER_S)
#define TIMEOUT_LEAST_US (10 * US_PER_MS)

enum state { STATE_REST, STATE_CONNECT, STATE_CHECK, STATE_UP };

struct pg {
    struct ev_loop *loop;
    struct pg_settings settings; /* with texts of its own */
    pg_changed changed;
    void *context;

    enum state state;
    struct pg_link link;   /* closed at rest */
    struct ev_timer timer; /* how long the state, or the query at the head, may last */
    struct ev_timer turn;  /* the next turn of the loop: refused queries, a loss to deal with */

    struct query_list waiting; /* sent, in order */
    struct query_list refused; /* to be failed in the next turn */
    size_t users;              /* queries in both lists that are not our own */
    uint64_t finished;         /* queries ever, to see progress */

    bool checked;     /* the session query was answered well */
    double looked_at; /* when the server was last asked what it is */
    bool down_told;
    unsigned attempts; /* since it was up */
    unsigned calling;  /* user callbacks under way */
};

static enum state exchange(struct pg *pg, int events);
static enum state rest_enter(struct pg *pg);
static enum state rest_timer(struct pg *pg);
static enum state connect_enter(struct pg *pg);
static enum state connect_socket(struct pg *pg, int events);
static enum state connect_timer(struct pg *pg);
static enum state check_enter(struct pg *pg);
static enum state check_socket(struct pg *pg, int events);
static enum state check_timer(struct pg *pg);
static enum state up_enter(struct pg *pg);
static enum state up_timer(struct pg *pg);

static const struct step {
    const char *name; /* "no answer within 5 s while NAME" */
    enum state (*enter)(struct pg *);
    enum state (*socket)(struct pg *, int events);
    enum state (*timer)(struct pg *);
} steps[] = {
    [STATE_REST] = {"resting", rest_enter, NULL, rest_timer},
    [STATE_CONNECT] = {"connecting", connect_enter, connect_socket, connect_timer},
    [STATE_CHECK] = {"checking the server", check_enter, check_socket, check_timer},
    [STATE_UP] = {"running a query", up_enter, exchange, up_timer},
};

static void set_state(struct pg *pg, enum state next)
{
    while (next != pg->state) {
        pg->state = next;
        next = steps[next].enter(pg);
    }
}

/* ---- tools of the steps ---- */

static void arm(struct pg *pg, span_us us)
{
    ev_now_update(pg->loop); /* long work may have gone before */
    pg->timer.repeat = (double)us / US_PER_S;
    ev_timer_again(pg->loop, &pg->timer);
}

static void next_turn(struct pg *pg)
{
    ev_timer_start(pg->loop, &pg->turn);
}

/* For a reason that another host may not have. */
static void leave(struct pg *pg, const char *why)
{
    pg->settings.first_host++;
    pg_link_lose(&pg->link, why);
}

static void lose_late(struct pg *pg, span_us us)
{
    char why[128];
    snprintf(why, sizeof why, "no answer within %g s while %s", (double)us / US_PER_S,
             steps[pg->state].name);
    leave(pg, why);
}

static void tell(struct pg *pg, enum pg_event event, const struct error *error)
{
    pg->calling++;
    pg->changed(pg->context, event, error);
    pg->calling--;
}

/* ---- queries ---- */

/* `query` is in no list any more. `failure`: what to tell if the server did not refuse it. */
static void finish(struct pg *pg, struct query *query, const struct pg_failure *failure)
{
    bool own = query->own;
    pg->users -= !own;
    pg->finished++;
    pg->calling += !own;
    if (query_tell(query, failure) == QUERY_READ_ONLY && pg->settings.read_write)
        leave(pg, "the server takes no writes any more");
    pg->calling -= !own;
}

static void finish_head(struct pg *pg)
{
    struct query *head = query_list_take(&pg->waiting);
    struct query *next = STAILQ_FIRST(&pg->waiting);
    arm(pg, next ? next->timeout_us : PING_AFTER_US);
    finish(pg, head, NULL);
}

/* All that were sent, when the connection is gone. */
static void fail_waiting(struct pg *pg)
{
    struct pg_failure failure = {.error = pg->link.why, .maybe_done = true};
    struct query_list lost = STAILQ_HEAD_INITIALIZER(lost);
    STAILQ_CONCAT(&lost, &pg->waiting);
    for (struct query *query; (query = query_list_take(&lost)) != NULL;)
        finish(pg, query, &failure);
}

static void fail_refused(struct pg *pg)
{
    struct query_list refused = STAILQ_HEAD_INITIALIZER(refused);
    STAILQ_CONCAT(&refused, &pg->refused); /* what callbacks add waits for another turn */
    for (struct query *query; (query = query_list_take(&refused)) != NULL;) {
        struct pg_failure failure = {.error = *query->why};
        finish(pg, query, &failure);
    }
}

static void refuse(struct pg *pg, struct query *query, const struct error *why)
{
    query->why = mem_zero(1, sizeof *why);
    *query->why = *why;
    STAILQ_INSERT_TAIL(&pg->refused, query, link);
    next_turn(pg);
}

static void send(struct pg *pg, struct query *query, const char *sql,
                 const struct pg_params *params)
{
    struct pg_wire wire;
    struct error error;
    if (!pg_params_wire(params, &wire, &error)) {
        refuse(pg, query, &error);
        return;
    }
    if (STAILQ_EMPTY(&pg->waiting))
        arm(pg, query->timeout_us);
    STAILQ_INSERT_TAIL(&pg->waiting, query, link);
    if (!pg_link_send(&pg->link, sql, &wire))
        next_turn(pg);
}

/* Hands out what has arrived. Callbacks may send more meanwhile. */
static enum state exchange(struct pg *pg, int events)
{
    pg_link_exchange(&pg->link, events);
    for (PGresult *result; (result = pg_link_next(&pg->link)) != NULL;) {
        struct query *head = STAILQ_FIRST(&pg->waiting);
        assert(head); /* libpq gives no result that nobody asked for */
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            finish_head(pg);
        } else {
            PQclear(head->result); /* it was done, and then refused at the commit */
            head->result = result;
        }
    }
    return pg->link.lost ? STATE_REST : pg->state;
}

/* Answers may have come while the loop was busy elsewhere: look before giving up. */
static enum state exchange_late(struct pg *pg)
{
    uint64_t finished = pg->finished;
    span_us timeout_us = STAILQ_FIRST(&pg->waiting)->timeout_us;
    enum state next = exchange(pg, EV_READ);
    if (next == STATE_REST || pg->finished != finished)
        return next;
    lose_late(pg, timeout_us);
    return STATE_REST;
}

/* ---- rest: no connection; the timer starts the next attempt ---- */

/* Between half of the step and the whole of it. */
static span_us pause_before(uint32_t attempt)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        random = 0;
    return backoff_span(BACKOFF_LEAST_US, BACKOFF_MOST_US, (int32_t)attempt, BACKOFF_EQUAL, random);
}

static enum state rest_enter(struct pg *pg)
{
    pg_link_close(&pg->link);
    fail_waiting(pg);
    if (!pg->down_told) {
        pg->down_told = true;
        tell(pg, PG_DOWN, &pg->link.why);
    }
    arm(pg, pause_before(++pg->attempts));
    return STATE_REST;
}

static enum state rest_timer(struct pg *pg)
{
    (void)pg;
    return STATE_CONNECT;
}

/* ---- connect ---- */

static enum state connect_enter(struct pg *pg)
{
    pg->checked = false;
    arm(pg, pg->settings.query_timeout_us);
    return pg_link_open(&pg->link, &pg->settings) ? STATE_CONNECT : STATE_REST;
}

static enum state connect_socket(struct pg *pg, int events)
{
    (void)events;
    bool connected;
    if (!pg_link_connect(&pg->link, &connected))
        return STATE_REST;
    return connected ? STATE_CHECK : STATE_CONNECT;
}

static enum state connect_timer(struct pg *pg)
{
    lose_late(pg, pg->settings.query_timeout_us);
    return STATE_REST;
}

/* ---- check: the session query ---- */

static bool answer_is_good(struct pg *pg, const PGresult *result, const struct pg_failure *failure)
{
    struct error error;
    if (failure)
        pg_session_explain(failure, &pg->settings, &error);
    else if (pg_session_check(result, &pg->settings, &error))
        return true;
    leave(pg, error.text);
    return false;
}

static void on_checked(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct pg *pg = context;
    pg->checked = answer_is_good(pg, result, failure);
}

static enum state check_enter(struct pg *pg)
{
    if (!pg_link_pipeline(&pg->link))
        return STATE_REST;
    struct pg_params *params = pg_params_create();
    pg_session_params(params, &pg->settings, pg->link.conn);
    send(pg, query_create(on_checked, pg, pg->settings.query_timeout_us, true),
         pg_session_sql(&pg->settings), params);
    pg_params_destroy(params);
    return STATE_CHECK;
}

static enum state checked(struct pg *pg, enum state next)
{
    return next == STATE_CHECK && pg->checked ? STATE_UP : next;
}

static enum state check_socket(struct pg *pg, int events)
{
    return checked(pg, exchange(pg, events));
}

static enum state check_timer(struct pg *pg)
{
    return checked(pg, exchange_late(pg));
}

/* ---- up ---- */

static enum state up_enter(struct pg *pg)
{
    pg->attempts = 0;
    pg->down_told = false;
    pg->looked_at = steady_s();
    tell(pg, PG_UP, NULL);
    return STATE_UP;
}

static void on_pong(void *context, const PGresult *result, const struct pg_failure *failure)
{
    (void)answer_is_good(context, result, failure);
}

static void ping(struct pg *pg)
{
    span_us timeout_us = pg->settings.query_timeout_us < PING_TIMEOUT_US
                             ? pg->settings.query_timeout_us
                             : PING_TIMEOUT_US;
    pg->looked_at = steady_s();
    send(pg, query_create(on_pong, pg, timeout_us, true), pg_ping_sql(&pg->settings), NULL);
}

static enum state up_timer(struct pg *pg)
{
    if (!STAILQ_EMPTY(&pg->waiting))
        return exchange_late(pg);
    ping(pg);
    return STATE_UP;
}

/* ---- events of the loop ---- */

static void on_socket(struct ev_loop *loop, struct ev_io *socket, int events)
{
    (void)loop;
    struct pg *pg = socket->data;
    set_state(pg, steps[pg->state].socket(pg, events));
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct pg *pg = timer->data;
    set_state(pg, steps[pg->state].timer(pg));
}

static void on_turn(struct ev_loop *loop, struct ev_timer *turn, int events)
{
    (void)loop, (void)events;
    struct pg *pg = turn->data;
    if (pg->link.lost)
        set_state(pg, STATE_REST);
    fail_refused(pg);
}

/* ---- interface ---- */

struct pg *pg_create(struct ev_loop *loop, const struct pg_settings *settings, pg_changed changed,
                     void *context)
{
    struct pg *pg = mem_zero(1, sizeof *pg);
    pg->loop = loop;
    pg->changed = changed;
    pg->context = context;
    pg_settings_copy(&pg->settings, settings);
    if (pg->settings.query_timeout_us < TIMEOUT_LEAST_US)
        pg->settings.query_timeout_us = TIMEOUT_LEAST_US;
    STAILQ_INIT(&pg->waiting);
    STAILQ_INIT(&pg->refused);
    pg_link_init(&pg->link, loop, on_socket, pg);
    ev_timer_init(&pg->timer, on_timer, 0, 0);
    ev_timer_init(&pg->turn, on_turn, 0, 0);
    pg->timer.data = pg->turn.data = pg;
    pg->state = STATE_REST;
    ev_timer_start(loop, &pg->timer);
    return pg;
}

void pg_destroy(struct pg *pg)
{
    if (pg == NULL)
        return;
    assert(pg->calling == 0);
    ev_timer_stop(pg->loop, &pg->timer);
    ev_timer_stop(pg->loop, &pg->turn);
    pg_link_close(&pg->link);
    query_list_drop(&pg->waiting);
    query_list_drop(&pg->refused);
    pg_settings_finish(&pg->settings);
    free(pg);
}

bool pg_is_up(const struct pg *pg)
{
    return pg->state == STATE_UP && !pg->link.lost;
}

const char *pg_state_word(const struct pg *pg)
{
    return pg->state == STATE_UP && STAILQ_EMPTY(&pg->waiting) ? "idle" : steps[pg->state].name;
}

size_t pg_waiting(const struct pg *pg)
{
    return pg->users;
}

void pg_query(struct pg *pg, const char *sql, const struct pg_params *params, pg_done done,
              void *context)
{
    struct query *query = query_create(done, context, pg->settings.query_timeout_us, false);
    pg->users++;
    if (pg_is_up(pg)) {
        send(pg, query, sql, params);
        if (pg_is_up(pg) && steady_s() - pg->looked_at > (double)PING_AFTER_US / US_PER_S)
            ping(pg); /* a busy connection is never quiet */
        return;
    }
    struct error error;
    error_set(&error, "not connected to PostgreSQL: %s",
              *pg->link.why.text ? pg->link.why.text : "the first attempt is under way");
    refuse(pg, query, &error);
}
