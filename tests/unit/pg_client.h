/* What the tests of the connection machine share: a connection on a loop of its own, and what its
 * callbacks saw. Failures end the test. */
#ifndef DUBAN_TESTS_PG_CLIENT_H
#define DUBAN_TESTS_PG_CLIENT_H

#include "duban/buf.h"
#include "duban/pg.h"

/* What the callbacks saw. Query n writes "n" or "n!" (refused) or "n?" (maybe done) to `told`. */
struct seen {
    struct ev_loop *loop;
    struct pg *pg;
    struct buf told;
    int ups, downs, done, failed;
    struct pg_failure failure;
    struct error down;
    struct buf text; /* of the last result: its first column, rows divided by | */
    size_t bytes;
};

/* The private server of tests/with_postgres.sh: its superuser's DSN; pg_ctl with these words. */
const char *dsn(void);
void control(const char *what);

void start(struct seen *seen, const struct pg_settings *settings);
/* To the private server, for reading and writing; returns when it is up. */
void start_up(struct seen *seen, span_us timeout_us);
/* Destroys the connection and makes another on the same loop. */
void start_anew(struct seen *seen, const struct pg_settings *settings);
void stop(struct seen *seen);

/* Sends query `number`. */
void ask(struct seen *seen, int number, const char *sql, const struct pg_params *params);

/* Turns the loop until the counter has reached `goal`; fails after 30 s. */
void turn_until(struct seen *seen, const int *counter, int goal);

#endif
