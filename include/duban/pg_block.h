/* PostgreSQL for commands that wait: one connection, one statement at a time. Parameters and
 * readers are those of pg.h. */
#ifndef DUBAN_PG_BLOCK_H
#define DUBAN_PG_BLOCK_H

#include "duban/error.h"
#include "duban/pg.h"

struct pg_block;

/* A NOTICE, WARNING, … of the server; `text` is one line. */
typedef void (*pg_noticed)(void *context, const char *severity, const char *text);

/* Connects, and sets the session up as pg_create does; query_timeout_us limits the connecting and
 * becomes the statement_timeout (0: no limit, as migrations want). `noticed` may be NULL: notices
 * are dropped. NULL on failure. Release with pg_block_close (NULL is fine). */
struct pg_block *pg_block_open(const struct pg_settings *settings, pg_noticed noticed,
                               void *context, struct error *error) MUST_USE;
void pg_block_close(struct pg_block *pg);

/* One statement, binary both ways. The caller releases the result with PQclear. NULL on failure:
 * the error says why, with the SQLSTATE. A transaction is the caller's: BEGIN … COMMIT. */
PGresult *pg_block_query(struct pg_block *pg, const char *sql, const struct pg_params *params,
                         struct error *error) MUST_USE;

/* Of the last statement or script that the server refused; "" when the connection failed. */
const char *pg_block_sqlstate(const struct pg_block *pg);

/* The same in two halves, so that the server works meanwhile: every statement that was sent is
 * taken before the next one is. Whoever takes its time calls pg_block_feed now and then, which
 * reads what has come without waiting: a server whose answer isn't read has to stop. */
bool pg_block_send(struct pg_block *pg, const char *sql, const struct pg_params *params,
                   struct error *error) MUST_USE;
void pg_block_feed(struct pg_block *pg);
PGresult *pg_block_take(struct pg_block *pg, struct error *error) MUST_USE;

/* A script of any number of statements, whose results are dropped. All or nothing, unless it says
 * BEGIN or COMMIT itself; within a transaction of the caller, it is part of that. The error begins
 * with "file:line: " where the server names a place, else with "file: statement N: ". `file` is
 * only a name. */
bool pg_block_script(struct pg_block *pg, const char *file, const char *sql,
                     struct error *error) MUST_USE;

/* What PostgreSQL keeps of a password (SCRAM-SHA-256), so that the password itself is in no
 * statement and no log of the server. The caller's to free(); NULL on failure. */
char *pg_block_verifier(struct pg_block *pg, const char *role, const char *password,
                        struct error *error) MUST_USE;

#endif
