/* A connection on a loop of its own, for tests. */
#include "pg_client.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TIMEOUT_S 30.0

struct asked {
    struct seen *seen;
    int number;
};

static void on_changed(void *context, enum pg_event event, const struct error *error)
{
    struct seen *seen = context;
    assert_int_equal(event == PG_UP, pg_is_up(seen->pg));
    assert_int_equal(event == PG_DOWN, error != NULL);
    seen->ups += event == PG_UP;
    seen->downs += event == PG_DOWN;
    buf_text(&seen->told, event == PG_UP ? "up " : "down ");
    if (error)
        seen->down = *error;
}

static void on_done(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct asked *asked = context;
    struct seen *seen = asked->seen;
    assert_true((result == NULL) == (failure != NULL));
    buf_format(&seen->told, "%d%s ", asked->number, result ? "" : failure->maybe_done ? "?" : "!");
    seen->done++;
    seen->failed += failure != NULL;
    if (failure)
        seen->failure = *failure;
    buf_clear(&seen->text);
    for (int row = 0; result && row < PQntuples(result); row++) {
        seen->bytes = pg_length(result, row, 0);
        if (seen->bytes < 1000 && PQftype(result, 0) == 25)
            buf_format(&seen->text, "%s%s", row ? "|" : "",
                       PQgetisnull(result, row, 0) ? "NULL" : pg_text(result, row, 0));
    }
    free(asked);
}

void ask(struct seen *seen, int number, const char *sql, const struct pg_params *params)
{
    struct asked *asked = mem_zero(1, sizeof *asked);
    *asked = (struct asked){seen, number};
    pg_query(seen->pg, sql, params, on_done, asked);
}

const char *dsn(void)
{
    const char *text = getenv("DUBAN_TEST_PG_DSN");
    if (text == NULL)
        fail_msg("run this through tests/with_postgres.sh");
    return text;
}

void control(const char *what)
{
    AUTO_FREE char *command = mem_format("\"$DUBAN_TEST_PG_CTL\" %s", what);
    assert_int_equal(system(command), 0);
}

void start(struct seen *seen, const struct pg_settings *settings)
{
    *seen = (struct seen){.loop = ev_loop_new(EVFLAG_AUTO)};
    buf_init(&seen->told, 1 << 20);
    buf_init(&seen->text, 1 << 20);
    seen->pg = pg_create(seen->loop, settings, on_changed, seen);
}

void start_anew(struct seen *seen, const struct pg_settings *settings)
{
    pg_destroy(seen->pg);
    seen->pg = pg_create(seen->loop, settings, on_changed, seen);
}

void stop(struct seen *seen)
{
    pg_destroy(seen->pg);
    buf_finish(&seen->told);
    buf_finish(&seen->text);
    ev_loop_destroy(seen->loop);
}

void turn_until(struct seen *seen, const int *counter, int goal)
{
    double deadline = ev_time() + TIMEOUT_S;
    while (*counter < goal) {
        if (ev_time() > deadline)
            fail_msg("waited %g s; told so far: %s (%s)", TIMEOUT_S, buf_string(&seen->told),
                     seen->down.text);
        ev_run(seen->loop, EVRUN_ONCE);
    }
}

void start_up(struct seen *seen, span_us timeout_us)
{
    start(seen, &(struct pg_settings){
                    .name = "duband test",
                    .dsn = dsn(),
                    .query_timeout_us = timeout_us,
                    .read_write = true,
                });
    turn_until(seen, &seen->ups, 1);
}
