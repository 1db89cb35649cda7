/* What the connections to PostgreSQL, on the loop (pg.h) and blocking (pg_block.h), share below
 * their interfaces: parameters as libpq takes them, failures, and how a session is opened. */
#ifndef DUBAN_PG_WIRE_H
#define DUBAN_PG_WIRE_H

#include "duban/buf.h"
#include "duban/pg.h"

/* The bytes of all values stand one after another; `starts` finds them again. */
struct pg_params {
    int count;
    Oid types[PG_PARAMS_MOST];
    size_t starts[PG_PARAMS_MOST];
    int lengths[PG_PARAMS_MOST]; /* bytes; -1: null */
    struct buf bytes;
    bool in_array; /* between pg_array_begin and pg_array_end; then: */
    enum pg_type item_type;
    int32_t items;
    bool has_null;
};

/* A parameter list as PQsendQueryParams wants it. */
struct pg_wire {
    int count;
    const Oid *types;
    const int *lengths;
    int formats[PG_PARAMS_MOST];
    const char *values[PG_PARAMS_MOST];
};

/* Points into `params` (may be NULL: none). Fails when they passed their 256 MiB. */
bool pg_params_wire(const struct pg_params *params, struct pg_wire *wire,
                    struct error *error) MUST_USE;

/* Neither rows nor a completed command. */
bool pg_result_failed(const PGresult *result);

/* The server ended the session, or libpq lost it: this result is no word on the statement. */
bool pg_result_is_farewell(const PGresult *result);

/* "duplicate key value … (SQLSTATE 23505)": the primary message only, since the detail may hold
 * data. */
void pg_failure_read(struct pg_failure *failure, const PGresult *result);

/* libpq's message, of several lines, as one line. */
void pg_error_line(struct error *error, const char *message);

/* With texts of its own; finish wipes them, since the DSN may hold a password too. */
void pg_settings_copy(struct pg_settings *copy, const struct pg_settings *settings);
void pg_settings_finish(struct pg_settings *copy);

/* Starts a connection with what the settings say, as PQconnectStartParams does. The password
 * stands in an array of its own, never in a text. The DSN may overrule the keepalives, the name
 * and the kind of server, not the encoding. */
PGconn *pg_session_start(const struct pg_settings *settings);

/* The first query of a session, for its time zone, time limit and read-only mode. In duban's own
 * database it also keeps contract steps off that this program doesn't know. */
const char *pg_session_sql(const struct pg_settings *settings);
void pg_session_params(struct pg_params *params, const struct pg_settings *settings,
                       const PGconn *conn);

/* The first columns of the session query and of the ping tell whether the server takes writes, and
 * which it is, and whether the schema and this program go together. What is learned of its timeline
 * goes into the settings' lineage. */
const char *pg_ping_sql(const struct pg_settings *settings);
bool pg_session_check(const PGresult *result, const struct pg_settings *settings,
                      struct error *error) MUST_USE;

/* Why one of them failed: what is to be done, instead of which function is missing. */
void pg_session_explain(const struct pg_failure *failure, const struct pg_settings *settings,
                        struct error *error);

#endif
