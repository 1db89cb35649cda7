/* One libpq connection with its watcher. */
#include "duban/pg_link.h"

#include "duban/pg_wire.h"

#include <stdlib.h>
#include <string.h>

void pg_link_init(struct pg_link *link, struct ev_loop *loop,
                  void (*on_socket)(struct ev_loop *, struct ev_io *, int), void *data)
{
    *link = (struct pg_link){.loop = loop};
    ev_init(&link->socket, on_socket);
    link->socket.data = data;
}

void pg_link_lose(struct pg_link *link, const char *why)
{
    if (link->lost)
        return;
    /* libpq may have closed the descriptor by itself, as when a second query finds the server gone
     * within one turn of the loop; libev must not be left with it. */
    ev_io_stop(link->loop, &link->socket);
    link->lost = true;
    pg_error_line(&link->why, why);
}

/* False, for libpq's own reason. */
static bool lose(struct pg_link *link)
{
    pg_link_lose(link, PQerrorMessage(link->conn));
    return false;
}

static bool watch(struct pg_link *link, int events)
{
    int fd = PQsocket(link->conn);
    if (fd < 0)
        return lose(link);
    if (ev_is_active(&link->socket) && link->socket.fd == fd &&
        (link->socket.events & (EV_READ | EV_WRITE)) == events)
        return true;
    ev_io_stop(link->loop, &link->socket);
    ev_io_set(&link->socket, fd, events);
    ev_io_start(link->loop, &link->socket);
    return true;
}

/* libpq would print a notice. One matters: the reason why the server ends an idle session. */
static void on_notice(void *context, const PGresult *notice)
{
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    struct pg_failure failure;
    if (severity == NULL || strcmp(severity, "FATAL") != 0)
        return;
    pg_failure_read(&failure, notice);
    pg_link_lose(context, failure.error.text);
}

bool pg_link_open(struct pg_link *link, const struct pg_settings *settings)
{
    link->lost = link->hung_up = false;
    link->conn = pg_session_start(settings);
    if (link->conn == NULL)
        abort(); /* out of memory */
    PQsetNoticeReceiver(link->conn, on_notice, link);
    if (PQstatus(link->conn) == CONNECTION_BAD)
        return lose(link);
    return watch(link, EV_WRITE);
}

bool pg_link_connect(struct pg_link *link, bool *connected)
{
    ev_io_stop(link->loop, &link->socket); /* the poll may close it and open another */
    PostgresPollingStatusType status = PQconnectPoll(link->conn);
    if (status != PGRES_POLLING_OK && status != PGRES_POLLING_READING &&
        status != PGRES_POLLING_WRITING)
        return lose(link);
    *connected = status == PGRES_POLLING_OK;
    return *connected || watch(link, status == PGRES_POLLING_READING ? EV_READ : EV_WRITE);
}

bool pg_link_pipeline(struct pg_link *link)
{
    return (PQsetnonblocking(link->conn, 1) == 0 && PQenterPipelineMode(link->conn)) || lose(link);
}

bool pg_link_send(struct pg_link *link, const char *sql, const struct pg_wire *wire)
{
    if (!PQsendQueryParams(link->conn, sql, wire->count, wire->types, wire->values, wire->lengths,
                           wire->formats, 1) ||
        !PQpipelineSync(link->conn))
        return lose(link);
    /* To write also when all is sent: libpq may have read answers meanwhile, of which no event
     * tells. */
    return watch(link, EV_READ | EV_WRITE);
}

void pg_link_exchange(struct pg_link *link, int events)
{
    link->hung_up = (events & EV_READ) && !PQconsumeInput(link->conn);
    if (!link->hung_up)
        watch(link, PQflush(link->conn) == 1 ? EV_READ | EV_WRITE : EV_READ);
}

/* True if `result` is for the query; else the session is over, and it is the reason. */
static bool check_farewell(struct pg_link *link, PGresult *result)
{
    if (!pg_result_is_farewell(result))
        return true;
    struct pg_failure failure;
    pg_failure_read(&failure, result);
    PQclear(result);
    pg_link_lose(link, failure.error.text);
    return false;
}

PGresult *pg_link_next(struct pg_link *link)
{
    /* A query's results end with one NULL, before the sync; two say that nothing is left.
     * PQisBusy parses, and may thereby come upon the farewell of an idle session. */
    for (int ends = 0; ends < 2 && !PQisBusy(link->conn) && !link->lost;) {
        PGresult *result = PQgetResult(link->conn);
        if (result)
            return check_farewell(link, result) ? result : NULL;
        ends++;
    }
    if (link->hung_up)
        lose(link);
    return NULL;
}

void pg_link_close(struct pg_link *link)
{
    ev_io_stop(link->loop, &link->socket);
    PQfinish(link->conn);
    link->conn = NULL;
}
