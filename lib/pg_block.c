/* PostgreSQL for commands that wait. */
#include "duban/pg_block.h"

#include "duban/mem.h"
#include "duban/pg_wire.h"
#include "duban/steady.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

struct pg_block {
    PGconn *conn;
    char sqlstate[6]; /* of the last failure */
    pg_noticed noticed;
    void *context;
};

static void on_notice(void *context, const PGresult *notice)
{
    const struct pg_block *pg = context;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY);
    const char *message = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    struct error line;
    if (pg->noticed == NULL || severity == NULL || message == NULL)
        return;
    pg_error_line(&line, message);
    pg->noticed(pg->context, severity, line.text);
}

/* Waits until the socket is ready for libpq. `until` 0: for ever. */
static bool wait_socket(PGconn *conn, short events, span_us until, struct error *error)
{
    struct pollfd socket = {.fd = PQsocket(conn), .events = events};
    int ready;
    do {
        span_us left_ms = until ? (until - steady_us()) / US_PER_MS + 1 : -1;
        if (until && left_ms <= 0)
            return error_set(error, "no answer in time while connecting");
        ready = poll(&socket, 1, left_ms > 60000 ? 60000 : (int)left_ms);
    } while (ready == 0 || (ready < 0 && errno == EINTR));
    return ready > 0 || error_set(error, "poll: %s", strerror(errno));
}

static bool connect_wait(PGconn *conn, span_us timeout_us, struct error *error)
{
    span_us until = timeout_us > 0 ? steady_us() + timeout_us : 0;
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    if (PQstatus(conn) == CONNECTION_BAD)
        status = PGRES_POLLING_FAILED;
    while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
        if (!wait_socket(conn, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, until, error))
            return false;
        status = PQconnectPoll(conn);
    }
    if (status == PGRES_POLLING_OK)
        return true;
    struct error why;
    pg_error_line(&why, PQerrorMessage(conn));
    return error_set(error, "%s", why.text);
}

static bool set_up(struct pg_block *pg, const struct pg_settings *settings, struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_session_params(params, settings, pg->conn);
    PGresult *result = pg_block_query(pg, pg_session_sql(settings), params, error);
    pg_params_destroy(params);
    if (result == NULL)
        return false;
    bool good = pg_session_check(result, settings, error);
    PQclear(result);
    return good;
}

struct pg_block *pg_block_open(const struct pg_settings *settings, pg_noticed noticed,
                               void *context, struct error *error)
{
    struct pg_block *pg = mem_zero(1, sizeof *pg);
    pg->noticed = noticed;
    pg->context = context;
    pg->conn = pg_session_start(settings);
    if (pg->conn == NULL)
        abort(); /* out of memory */
    PQsetNoticeReceiver(pg->conn, on_notice, pg);
    if (connect_wait(pg->conn, settings->query_timeout_us, error) && set_up(pg, settings, error))
        return pg;
    pg_block_close(pg);
    return NULL;
}

void pg_block_close(struct pg_block *pg)
{
    if (pg == NULL)
        return;
    PQfinish(pg->conn);
    free(pg);
}

/* Nobody answers a COPY: ends it, so that the connection stays usable. */
static void end_copy(PGconn *conn, ExecStatusType status)
{
    char *row;
    if (status == PGRES_COPY_IN)
        PQputCopyEnd(conn, "there is no client to COPY from");
    while (status == PGRES_COPY_OUT && PQgetCopyData(conn, &row, 0) > 0)
        PQfreemem(row);
}

/* The first failure if there is one (what follows it is only that the connection is gone), else
 * the result. */
static PGresult *take_result(PGconn *conn)
{
    PGresult *kept = NULL;
    for (PGresult *next; (next = PQgetResult(conn)) != NULL;) {
        end_copy(conn, PQresultStatus(next));
        if (kept && pg_result_failed(kept)) {
            PQclear(next);
        } else {
            PQclear(kept);
            kept = next;
        }
    }
    return kept;
}

bool pg_block_send(struct pg_block *pg, const char *sql, const struct pg_params *params,
                   struct error *error)
{
    struct pg_wire wire;
    if (!pg_params_wire(params, &wire, error))
        return false;
    if (PQsendQueryParams(pg->conn, sql, wire.count, wire.types, wire.values, wire.lengths,
                          wire.formats, 1))
        return true;
    struct error why;
    pg_error_line(&why, PQerrorMessage(pg->conn));
    return error_set(error, "%s", why.text);
}

void pg_block_feed(struct pg_block *pg)
{
    PQconsumeInput(pg->conn); /* a failure shows when the result is taken */
}

PGresult *pg_block_take(struct pg_block *pg, struct error *error)
{
    struct pg_failure failure = {.sqlstate = ""};
    PGresult *result = take_result(pg->conn);
    if (result && !pg_result_failed(result))
        return result;
    if (result)
        pg_failure_read(&failure, result);
    else
        pg_error_line(&failure.error, PQerrorMessage(pg->conn));
    PQclear(result);
    memcpy(pg->sqlstate, failure.sqlstate, sizeof pg->sqlstate);
    error_set(error, "%s", failure.error.text);
    return NULL;
}

const char *pg_block_sqlstate(const struct pg_block *pg)
{
    return pg->sqlstate;
}

PGresult *pg_block_query(struct pg_block *pg, const char *sql, const struct pg_params *params,
                         struct error *error)
{
    return pg_block_send(pg, sql, params, error) ? pg_block_take(pg, error) : NULL;
}

/* The line, from 1, of the character `position`, from 1. */
static int line_of(const char *text, long position)
{
    int line = 1;
    for (; *text && position > 0; text++) {
        bool is_start = ((unsigned char)*text & 0xC0) != 0x80;
        position -= is_start;
        line += position > 0 && *text == '\n';
    }
    return line;
}

static void place_error(struct pg_block *pg, struct error *error, const PGresult *result,
                        const char *file, const char *sql, int statement)
{
    struct pg_failure failure;
    pg_failure_read(&failure, result);
    memcpy(pg->sqlstate, failure.sqlstate, sizeof pg->sqlstate);
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    if (position)
        error_set(error, "%s:%d: %s", file, line_of(sql, strtol(position, NULL, 10)),
                  failure.error.text);
    else
        error_set(error, "%s: statement %d: %s", file, statement, failure.error.text);
}

bool pg_block_script(struct pg_block *pg, const char *file, const char *sql, struct error *error)
{
    bool good = true;
    int statement = 1;
    if (!PQsendQuery(pg->conn, sql)) {
        struct error why;
        pg_error_line(&why, PQerrorMessage(pg->conn));
        return error_set(error, "%s: %s", file, why.text);
    }
    for (PGresult *result; (result = PQgetResult(pg->conn)) != NULL; PQclear(result)) {
        ExecStatusType status = PQresultStatus(result);
        end_copy(pg->conn, status);
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT)
            continue;
        if (pg_result_failed(result) && status != PGRES_EMPTY_QUERY && good) {
            good = false; /* the first failure is the reason; results end with it */
            place_error(pg, error, result, file, sql, statement);
        } else {
            statement++;
        }
    }
    return good;
}

char *pg_block_verifier(struct pg_block *pg, const char *role, const char *password,
                        struct error *error)
{
    struct error why;
    char *made = PQencryptPasswordConn(pg->conn, password, role, "scram-sha-256");
    char *copy = mem_text(made);
    PQfreemem(made);
    if (copy == NULL) {
        pg_error_line(&why, PQerrorMessage(pg->conn));
        error_set(error, "%s", why.text);
    }
    return copy;
}
