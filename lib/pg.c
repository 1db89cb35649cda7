/* The connection to PostgreSQL as a machine on the event loop: rest → connect → check → up, and
 * back to rest whenever the connection is lost.
 *
 * A result is kept until the sync after it has been answered: only then is the statement
 * committed. User callbacks run from the loop only. What goes wrong inside pg_query is noted
 * (lose, refuse) and dealt with in the next turn. */
#include "duban/pg.h"

#include "duban/mem.h"
#include "duban/pg_wire.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#define PING_AFTER_US    (5 * US_PER_S)
#define PING_TIMEOUT_US  (5 * US_PER_S)
#define BACKOFF_LEAST_US (100 * US_PER_MS)
#define BACKOFF_MOST_US  (10 * US_PER_S)
#define TIMEOUT_LEAST_US (10 * US_PER_MS)

enum state { STATE_REST, STATE_CONNECT, STATE_CHECK, STATE_UP };

struct query {
    STAILQ_ENTRY(query) link;
    pg_done done;
    void *context;
    bool own; /* the machine's, not the user's */
    span_us timeout_us;
    PGresult *result;  /* waits for its sync */
    struct error *why; /* refused: never sent */
};

STAILQ_HEAD(query_list, query);

struct pg {
    struct ev_loop *loop;
    struct pg_settings settings; /* with texts of its own */
    pg_changed changed;
    void *context;

    enum state state;
    PGconn *conn; /* NULL at rest */
    struct ev_io socket;
    struct ev_timer timer; /* how long the state, or the query at the head, may last */
    struct ev_timer turn;  /* the next turn of the loop: refused queries, a loss to deal with */

    struct query_list waiting; /* sent, in order */
    struct query_list refused; /* to be failed in the next turn */
    size_t users;              /* queries in both lists that are not our own */
    uint64_t finished;         /* queries ever, to see progress */

    bool checked;     /* the session query was answered well */
    bool lost;        /* the connection is to be dropped … */
    struct error why; /* … for this reason */
    bool down_told;
    unsigned attempts; /* since it was up */
    unsigned calling;  /* user callbacks under way */
};

static enum state rest_enter(struct pg *pg);
static enum state rest_timer(struct pg *pg);
static enum state connect_enter(struct pg *pg);
static enum state connect_socket(struct pg *pg, int events);
static enum state connect_timer(struct pg *pg);
static enum state check_enter(struct pg *pg);
static enum state check_socket(struct pg *pg, int events);
static enum state check_timer(struct pg *pg);
static enum state up_enter(struct pg *pg);
static enum state up_socket(struct pg *pg, int events);
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
    [STATE_UP] = {"waiting for a query", up_enter, up_socket, up_timer},
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

/* Notes that the connection is of no use any more; the first reason stays. */
static void lose(struct pg *pg, const char *why)
{
    if (pg->lost)
        return;
    pg->lost = true;
    pg_error_line(&pg->why, why);
}

static void lose_late(struct pg *pg, span_us us)
{
    char why[128];
    snprintf(why, sizeof why, "no answer within %g s while %s", (double)us / US_PER_S,
             steps[pg->state].name);
    lose(pg, why);
}

static void watch(struct pg *pg, int events)
{
    int fd = PQsocket(pg->conn);
    if (fd < 0) {
        lose(pg, PQerrorMessage(pg->conn));
        next_turn(pg);
        return;
    }
    if (ev_is_active(&pg->socket) && pg->socket.fd == fd &&
        (pg->socket.events & (EV_READ | EV_WRITE)) == events)
        return;
    ev_io_stop(pg->loop, &pg->socket);
    ev_io_set(&pg->socket, fd, events);
    ev_io_start(pg->loop, &pg->socket);
}

/* ---- queries ---- */

static struct query *query_create(pg_done done, void *context, span_us timeout_us, bool own)
{
    struct query *query = mem_zero(1, sizeof *query);
    query->done = done;
    query->context = context;
    query->timeout_us = timeout_us;
    query->own = own;
    return query;
}

static void query_destroy(struct query *query)
{
    PQclear(query->result);
    free(query->why);
    free(query);
}

/* `query` is in no list any more. `failure` is what to tell if its own result doesn't say. */
static void finish(struct pg *pg, struct query *query, const struct pg_failure *failure)
{
    struct pg_failure own;
    const PGresult *result = failure ? NULL : query->result;
    if (query->result && pg_result_failed(query->result)) {
        pg_failure_read(&own, query->result);
        failure = &own;
        result = NULL;
        if (pg->settings.read_write && strcmp(own.sqlstate, "25006") == 0)
            lose(pg, "the server takes no writes any more");
    }
    pg->users -= !query->own;
    pg->finished++;
    pg->calling += !query->own;
    query->done(query->context, result, failure);
    pg->calling -= !query->own;
    query_destroy(query);
}

static void finish_head(struct pg *pg)
{
    struct query *head = STAILQ_FIRST(&pg->waiting);
    STAILQ_REMOVE_HEAD(&pg->waiting, link);
    struct query *next = STAILQ_FIRST(&pg->waiting);
    arm(pg, next ? next->timeout_us : PING_AFTER_US);
    finish(pg, head, NULL);
}

/* All that were sent, when the connection is gone. */
static void fail_waiting(struct pg *pg)
{
    struct pg_failure failure = {.error = pg->why, .maybe_done = true};
    struct query_list lost = STAILQ_HEAD_INITIALIZER(lost);
    STAILQ_CONCAT(&lost, &pg->waiting);
    while (!STAILQ_EMPTY(&lost)) {
        struct query *query = STAILQ_FIRST(&lost);
        STAILQ_REMOVE_HEAD(&lost, link);
        finish(pg, query, &failure);
    }
}

static void fail_refused(struct pg *pg)
{
    struct query_list refused = STAILQ_HEAD_INITIALIZER(refused);
    STAILQ_CONCAT(&refused, &pg->refused); /* what callbacks add waits for another turn */
    while (!STAILQ_EMPTY(&refused)) {
        struct query *query = STAILQ_FIRST(&refused);
        STAILQ_REMOVE_HEAD(&refused, link);
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
    if (!PQsendQueryParams(pg->conn, sql, wire.count, wire.types, wire.values, wire.lengths,
                           wire.formats, 1) ||
        !PQpipelineSync(pg->conn)) {
        lose(pg, PQerrorMessage(pg->conn));
        next_turn(pg);
        return;
    }
    /* Also when all was sent: libpq may have read answers meanwhile, that no event tells of. */
    watch(pg, EV_READ | EV_WRITE);
}

/* Hands out what has arrived. Callbacks may send more meanwhile. PQisBusy parses, which must also
 * happen when no query waits: the server's farewell comes as a notice. */
static void deliver(struct pg *pg)
{
    struct query *head;
    bool ended = false;
    while (!PQisBusy(pg->conn) && !pg->lost && (head = STAILQ_FIRST(&pg->waiting))) {
        PGresult *result = PQgetResult(pg->conn);
        if (result == NULL) { /* the end of a query's results, before its sync */
            if (ended)
                lose(pg, "libpq has no answer for a query that waits");
            ended = true;
            continue;
        }
        ended = false;
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            finish_head(pg);
        } else if (pg_result_is_farewell(result)) {
            struct pg_failure failure;
            pg_failure_read(&failure, result);
            PQclear(result);
            lose(pg, failure.error.text);
        } else {
            PQclear(head->result); /* done, then refused at the commit */
            head->result = result;
        }
    }
}

static enum state exchange(struct pg *pg, int events)
{
    bool alive = !(events & EV_READ) || PQconsumeInput(pg->conn);
    if (alive)
        watch(pg, PQflush(pg->conn) == 1 ? EV_READ | EV_WRITE : EV_READ);
    deliver(pg); /* even then: what arrived before the end counts */
    if (!alive)
        lose(pg, PQerrorMessage(pg->conn));
    return pg->lost ? STATE_REST : pg->state;
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
static span_us backoff(unsigned attempts)
{
    span_us step = BACKOFF_LEAST_US;
    while (attempts-- > 0 && step < BACKOFF_MOST_US)
        step *= 2;
    if (step > BACKOFF_MOST_US)
        step = BACKOFF_MOST_US;
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        random = 0;
    return step / 2 + (span_us)random % (step / 2 + 1);
}

static enum state rest_enter(struct pg *pg)
{
    ev_io_stop(pg->loop, &pg->socket);
    PQfinish(pg->conn);
    pg->conn = NULL;
    fail_waiting(pg);
    if (!pg->down_told) {
        pg->down_told = true;
        pg->calling++;
        pg->changed(pg->context, PG_DOWN, &pg->why);
        pg->calling--;
    }
    arm(pg, backoff(pg->attempts++));
    return STATE_REST;
}

static enum state rest_timer(struct pg *pg)
{
    (void)pg;
    return STATE_CONNECT;
}

/* ---- connect ---- */

/* libpq would print a notice. One matters: the reason why the server ends an idle session. */
static void on_notice(void *context, const PGresult *notice)
{
    struct pg *pg = context;
    struct pg_failure failure;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity == NULL || strcmp(severity, "FATAL") != 0)
        return;
    pg_failure_read(&failure, notice);
    lose(pg, failure.error.text);
}

static enum state connect_enter(struct pg *pg)
{
    pg->lost = false;
    pg->checked = false;
    pg->conn = pg_session_start(&pg->settings);
    if (pg->conn == NULL)
        abort(); /* out of memory */
    PQsetNoticeReceiver(pg->conn, on_notice, pg);
    arm(pg, pg->settings.query_timeout_us);
    if (PQstatus(pg->conn) == CONNECTION_BAD) {
        lose(pg, PQerrorMessage(pg->conn));
        return STATE_REST;
    }
    watch(pg, EV_WRITE);
    return STATE_CONNECT;
}

static enum state connect_socket(struct pg *pg, int events)
{
    (void)events;
    ev_io_stop(pg->loop, &pg->socket); /* the poll may close it and open another */
    switch (PQconnectPoll(pg->conn)) {
    case PGRES_POLLING_OK:
        return STATE_CHECK;
    case PGRES_POLLING_READING:
        watch(pg, EV_READ);
        return STATE_CONNECT;
    case PGRES_POLLING_WRITING:
        watch(pg, EV_WRITE);
        return STATE_CONNECT;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
    default:
        lose(pg, PQerrorMessage(pg->conn));
        return STATE_REST;
    }
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
        error = failure->error;
    else if (pg_session_check(result, &pg->settings, &error))
        return true;
    lose(pg, error.text);
    return false;
}

static void on_checked(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct pg *pg = context;
    pg->checked = answer_is_good(pg, result, failure);
}

static enum state check_enter(struct pg *pg)
{
    if (PQsetnonblocking(pg->conn, 1) != 0 || !PQenterPipelineMode(pg->conn)) {
        lose(pg, PQerrorMessage(pg->conn));
        return STATE_REST;
    }
    struct pg_params *params = pg_params_create();
    pg_session_params(params, &pg->settings);
    send(pg, query_create(on_checked, pg, pg->settings.query_timeout_us, true), pg_session_sql,
         params);
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
    pg->calling++;
    pg->changed(pg->context, PG_UP, NULL);
    pg->calling--;
    return STATE_UP;
}

static enum state up_socket(struct pg *pg, int events)
{
    return exchange(pg, events);
}

static void on_pong(void *context, const PGresult *result, const struct pg_failure *failure)
{
    (void)answer_is_good(context, result, failure);
}

static enum state up_timer(struct pg *pg)
{
    if (!STAILQ_EMPTY(&pg->waiting))
        return exchange_late(pg);
    span_us timeout_us = pg->settings.query_timeout_us < PING_TIMEOUT_US
                             ? pg->settings.query_timeout_us
                             : PING_TIMEOUT_US;
    send(pg, query_create(on_pong, pg, timeout_us, true), pg_ping_sql, NULL);
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
    if (pg->lost)
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
    pg->settings = *settings;
    pg->settings.name = mem_text(settings->name);
    pg->settings.dsn = mem_text(settings->dsn);
    pg->settings.password = mem_text(settings->password);
    if (pg->settings.query_timeout_us < TIMEOUT_LEAST_US)
        pg->settings.query_timeout_us = TIMEOUT_LEAST_US;
    STAILQ_INIT(&pg->waiting);
    STAILQ_INIT(&pg->refused);
    ev_init(&pg->socket, on_socket);
    ev_timer_init(&pg->timer, on_timer, 0, 0);
    ev_timer_init(&pg->turn, on_turn, 0, 0);
    pg->socket.data = pg->timer.data = pg->turn.data = pg;
    pg->state = STATE_REST;
    ev_timer_start(loop, &pg->timer);
    return pg;
}

static void drop_all(struct query_list *list)
{
    while (!STAILQ_EMPTY(list)) {
        struct query *query = STAILQ_FIRST(list);
        STAILQ_REMOVE_HEAD(list, link);
        query_destroy(query);
    }
}

static void free_text(const char *text)
{
    char *own = (char *)(uintptr_t)text;
    if (own)
        explicit_bzero(own, strlen(own)); /* the DSN may hold a password too */
    free(own);
}

void pg_destroy(struct pg *pg)
{
    if (pg == NULL)
        return;
    assert(pg->calling == 0);
    ev_io_stop(pg->loop, &pg->socket);
    ev_timer_stop(pg->loop, &pg->timer);
    ev_timer_stop(pg->loop, &pg->turn);
    PQfinish(pg->conn);
    drop_all(&pg->waiting);
    drop_all(&pg->refused);
    free_text(pg->settings.name);
    free_text(pg->settings.dsn);
    free_text(pg->settings.password);
    free(pg);
}

bool pg_is_up(const struct pg *pg)
{
    return pg->state == STATE_UP && !pg->lost;
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
        return;
    }
    struct error error;
    error_set(&error, "not connected to PostgreSQL: %s",
              *pg->why.text ? pg->why.text : "the first attempt is under way");
    refuse(pg, query, &error);
}
