/* PostgreSQL on the event loop: one connection in pipeline mode, never blocking.
 *
 * Every query is a transaction of its own (a sync follows each) and has its own deadline, counted
 * from when the queries before it are done. A query that fails leaves the connection usable; one
 * that passes its deadline, and every failure of the connection, drops it: all waiting queries
 * fail in their order, then PG_DOWN is told, and it reconnects with backoff and jitter (100 ms …
 * 10 s); after a silence, or a server that doesn't do, with the next host of its DSN. Every five
 * seconds the server is asked whether it is still the right one. Parameters and results are binary.
 *
 * libpq resolves host names itself and blocks meanwhile: a DSN names a socket directory, an
 * address (hostaddr), or a host that the hosts file knows.
 */
#ifndef DUBAN_PG_H
#define DUBAN_PG_H

#include "duban/buf.h"
#include "duban/error.h"
#include "duban/instant.h"

#include <ev.h>
#include <libpq-fe.h>

struct pg;
struct pg_lineage;
struct schema_range;

struct pg_settings {
    const char *name; /* for application_name and log lines: "duband state" */
    const char *dsn;
    const char *password;     /* NULL: none, or ~/.pgpass */
    span_us query_timeout_us; /* of a query, and of connecting; at least 10 ms. The server is told
                                 nine tenths of it, so that it gives up first and says so */
    bool read_write; /* refuse a server that takes no writes; with several hosts: seek another */
    bool read_only;  /* default_transaction_read_only=on */
    unsigned first_host; /* of the DSN's hosts: which is tried first, counted around */
    const struct schema_range *schema; /* refuse a schema that this program doesn't go with; NULL:
                                          not a database of duban's own. Outlives it */
    struct pg_lineage *lineage; /* refuse a former primary; outlives the connection. NULL: don't */
};

enum pg_event { PG_UP, PG_DOWN };

/* PG_UP: connected, checked and ready; PG_DOWN: lost, or could not be reached (`error` says why;
 * told once per outage). Queries may be sent from within. */
typedef void (*pg_changed)(void *context, enum pg_event event, const struct error *error);

/* Starts connecting in the next turn of the loop. Strings are copied. */
struct pg *pg_create(struct ev_loop *loop, const struct pg_settings *settings, pg_changed changed,
                     void *context);
/* Waiting queries are dropped without a callback. NULL is fine. Never from within a callback of
 * this very connection (asserted): end the loop first, or destroy from another watcher. */
void pg_destroy(struct pg *pg);
bool pg_is_up(const struct pg *pg);
/* What it is doing, for a person: resting, connecting, checking the server, idle, running a query.
 */
const char *pg_state_word(const struct pg *pg);
/* Queries whose callback is still to come. */
size_t pg_waiting(const struct pg *pg);

/* Parameters of one query, binary: at most PG_PARAMS_MOST, 256 MiB together (a query with more
 * bytes fails). The same list may be used again after pg_params_clear, which keeps its memory. */
#define PG_PARAMS_MOST 64
struct pg_params;
struct pg_params *pg_params_create(void);
void pg_params_destroy(struct pg_params *params);
void pg_params_clear(struct pg_params *params);
void pg_param_text(struct pg_params *params, const char *text); /* NULL: null */
void pg_param_int(struct pg_params *params, int64_t value);     /* bigint */
void pg_param_bool(struct pg_params *params, bool value);
void pg_param_instant(struct pg_params *params, wall_us at); /* timestamptz; WALL_NONE: null */

/* Array parameters: begin, add items, end. Items are of the array's type; NULL and WALL_NONE are
 * nulls. */
enum pg_type { PG_TEXT, PG_INT8, PG_BOOL, PG_TIMESTAMPTZ };
void pg_array_begin(struct pg_params *params, enum pg_type type);
void pg_array_text(struct pg_params *params, const char *text);
void pg_array_bytes(struct pg_params *params, const char *text, size_t length);
void pg_array_int(struct pg_params *params, int64_t value);
void pg_array_bool(struct pg_params *params, bool value);
void pg_array_instant(struct pg_params *params, wall_us at);
void pg_array_end(struct pg_params *params);

/* Why a query failed. */
struct pg_failure {
    struct error error; /* the server's message without any parameter, or what became of the
                           connection */
    char sqlstate[6];   /* "" unless the server refused the statement */
    bool maybe_done;    /* the connection was lost after it was sent: it may be committed or not;
                           false: it surely changed nothing */
};

/* On success `result` holds PGRES_TUPLES_OK or PGRES_COMMAND_OK of a statement that is committed,
 * and `failure` is NULL; on failure the other way round. Both are valid during the callback. It
 * may call pg_query. */
typedef void (*pg_done)(void *context, const PGresult *result, const struct pg_failure *failure);

/* Sends a query; `sql` is one statement; `params` (may be NULL) are copied. When the connection is
 * down, the query fails in the next turn of the loop: send it again at PG_UP, not at once. `done`
 * is called exactly once, never from within pg_query, unless the connection is destroyed first. */
void pg_query(struct pg *pg, const char *sql, const struct pg_params *params, pg_done done,
              void *context);

/* Readers of binary results. Nulls: "" , 0, false, WALL_NONE. */
const char *pg_text(const PGresult *result, int row, int column); /* text, and jsonb as text */
size_t pg_length(const PGresult *result, int row, int column);    /* bytes of what pg_text gives */
int64_t pg_int(const PGresult *result, int row, int column);      /* int2, int4 or int8 */
bool pg_bool(const PGresult *result, int row, int column);
/* -infinity and infinity are the earliest and the latest instant, never WALL_NONE. */
wall_us pg_instant(const PGresult *result, int row, int column);

#endif
