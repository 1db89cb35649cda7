/* How a session with PostgreSQL is opened: what libpq is given, and the first query, which sets
 * what must hold and asks whether the server is a primary. Set by a query, so that `options` stays
 * free for the DSN. */
#include "duban/pg_wire.h"

#include "duban/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define DEAD_PEER_MOST_MS 10000

/* No compiling of plans: it takes longer than any statement of ours. */
const char pg_session_sql[] = "SELECT pg_is_in_recovery(),"
                              " set_config('statement_timeout', $1, false),"
                              " set_config('TimeZone', 'UTC', false),"
                              " set_config('jit', 'off', false),"
                              " CASE WHEN $2"
                              " THEN set_config('default_transaction_read_only', 'on', false) END";

const char pg_ping_sql[] = "SELECT pg_is_in_recovery()";

/* A dead host must be given up early enough that the next of a multi-host DSN has its turn. */
static int dead_peer_ms(const struct pg_settings *settings)
{
    int64_t third = settings->query_timeout_us / US_PER_MS / 3;
    if (third <= 0 || third > DEAD_PEER_MOST_MS)
        return DEAD_PEER_MOST_MS;
    return third < 1000 ? 1000 : (int)third;
}

PGconn *pg_session_start(const struct pg_settings *settings)
{
    char dead_peer[16];
    snprintf(dead_peer, sizeof dead_peer, "%d", dead_peer_ms(settings));
    const struct {
        const char *keyword, *value; /* empty: libpq's default */
    } table[] = {
        {"application_name", settings->name},
        {"target_session_attrs", settings->read_write ? "primary" : NULL},
        {"keepalives", "1"},
        {"keepalives_idle", "10"},
        {"keepalives_interval", "5"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", dead_peer},
        {"dbname", settings->dsn}, /* overrules what stands above, not below */
        {"password", settings->password},
        {"client_encoding", "UTF8"},
    };
    enum { ROWS = sizeof table / sizeof *table };
    const char *keywords[ROWS + 1] = {0}, *values[ROWS + 1] = {0};
    for (int i = 0; i < ROWS; i++) {
        keywords[i] = table[i].keyword;
        values[i] = table[i].value;
    }
    return PQconnectStartParams(keywords, values, 1);
}

void pg_session_params(struct pg_params *params, const struct pg_settings *settings)
{
    char limit[24];
    snprintf(limit, sizeof limit, "%lld",
             (long long)(settings->query_timeout_us / US_PER_MS * 9 / 10));
    pg_params_clear(params);
    pg_param_text(params, limit);
    pg_param_bool(params, settings->read_only);
}

bool pg_session_check(const PGresult *result, const struct pg_settings *settings,
                      struct error *error)
{
    if (settings->read_write && pg_bool(result, 0, 0))
        return error_set(error, "the server is in recovery: it is a standby, not the primary");
    return true;
}

void pg_settings_copy(struct pg_settings *copy, const struct pg_settings *settings)
{
    *copy = *settings;
    copy->name = mem_text(settings->name);
    copy->dsn = mem_text(settings->dsn);
    copy->password = mem_text(settings->password);
}

static void wipe(const char *text)
{
    char *own = (char *)(uintptr_t)text; /* pg_settings_copy made it */
    if (own)
        explicit_bzero(own, strlen(own));
    free(own);
}

void pg_settings_finish(struct pg_settings *copy)
{
    wipe(copy->name);
    wipe(copy->dsn);
    wipe(copy->password);
}
