/* How a session with PostgreSQL is opened: what libpq is given, and the first query, which sets
 * what must hold and asks what the server is. Set by a query, so that `options` stays
 * free for the DSN. */
#include "duban/pg_wire.h"

#include "duban/mem.h"
#include "duban/pg_lineage.h"
#include "duban/schema.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With which a silent host is noticed within 15 s, well before: the kernel counts from the first
 * data that is not acknowledged, and a quiet connection sends some every five seconds. */
#define DEAD_PEER_MOST_MS 6000

/* Of calling a function that isn't there. */
#define SQLSTATE_NO_SCHEMA   "3F000"
#define SQLSTATE_NO_FUNCTION "42883"

/* The columns of both queries: what the server is (a standby has no timeline of its own) and, of
 * duban's own database, what its schema is; the session query's also whether another process
 * answers than libpq was told of. */
enum { RECOVERY, READ_ONLY, SYSTEM, TIMELINE, VERSION, SERVED, POOLER };

#define SERVER                                                                                     \
    "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::boolean,"               \
    " (SELECT system_identifier FROM pg_control_system()), CASE WHEN NOT pg_is_in_recovery() THEN" \
    " ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint END"

#define NO_SCHEMA  ", 0, 0"
#define OWN_SCHEMA ", v.version, v.served"

/* No compiling of plans: it takes longer than any statement of ours. */
#define SESSION                                                                                     \
    ", pg_backend_pid() <> $3, set_config('statement_timeout', $1, false),"                         \
    " set_config('TimeZone', 'UTC', false), set_config('jit', 'off', false),"                       \
    " CASE WHEN $2 THEN set_config('default_transaction_read_only', 'on', false) END," /* the       \
                                                                                          session's \
                                                                                          locks     \
                                                                                          shall     \
                                                                                          not       \
                                                                                          outlive   \
                                                                                          a host    \
                                                                                          that      \
                                                                                          went      \
                                                                                          without   \
                                                                                          a word    \
                                                                                        */          \
    " set_config('tcp_keepalives_idle', '3', false),"                                               \
    " set_config('tcp_keepalives_interval', '2', false),"                                           \
    " set_config('tcp_keepalives_count', '3', false),"                                              \
    " set_config('tcp_user_timeout', '6000', false)"

const char *pg_session_sql(const struct pg_settings *settings)
{
    return settings->schema ? SERVER OWN_SCHEMA SESSION " FROM duban.session_begin($4, $3) v"
                            : SERVER NO_SCHEMA SESSION;
}

const char *pg_ping_sql(const struct pg_settings *settings)
{
    return settings->schema ? SERVER OWN_SCHEMA " FROM duban.schema_version() v" : SERVER NO_SCHEMA;
}

/* A dead host must be given up early enough that the next of a multi-host DSN has its turn. */
static int dead_peer_ms(const struct pg_settings *settings)
{
    int64_t third = settings->query_timeout_us / US_PER_MS / 3;
    if (third <= 0 || third > DEAD_PEER_MOST_MS)
        return DEAD_PEER_MOST_MS;
    return third < 1000 ? 1000 : (int)third;
}

/* The DSN's lists of hosts, their addresses and ports, in the order in which they are to be tried;
 * NULL where it has none. */
static void order_hosts(const struct pg_settings *settings, char *hosts[3])
{
    static const char *const keywords[] = {"host", "hostaddr", "port"};
    PQconninfoOption *options = PQconninfoParse(settings->dsn, NULL);
    for (const PQconninfoOption *o = options; o && o->keyword; o++)
        for (size_t i = 0; i < COUNT_OF(keywords); i++)
            if (strcmp(o->keyword, keywords[i]) == 0 && o->val)
                hosts[i] = pg_hosts_rotate(o->val, settings->first_host);
    PQconninfoFree(options);
}

PGconn *pg_session_start(const struct pg_settings *settings)
{
    char *hosts[3] = {0};
    order_hosts(settings, hosts);
    char dead_peer[16];
    snprintf(dead_peer, sizeof dead_peer, "%d", dead_peer_ms(settings));
    const struct {
        const char *keyword, *value; /* empty: libpq's default */
    } table[] = {
        {"application_name", settings->name},
        {"target_session_attrs", settings->read_write ? "read-write" : NULL},
        {"keepalives", "1"},
        {"keepalives_idle", "3"}, /* given up after tcp_user_timeout at the latest */
        {"keepalives_interval", "2"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", dead_peer},
        {"dbname", settings->dsn}, /* overrules what stands above, not below */
        {"host", hosts[0]},
        {"hostaddr", hosts[1]},
        {"port", hosts[2]},
        {"password", settings->password},
        {"client_encoding", "UTF8"},
    };
    enum { ROWS = sizeof table / sizeof *table };
    const char *keywords[ROWS + 1] = {0}, *values[ROWS + 1] = {0};
    for (int i = 0; i < ROWS; i++) {
        keywords[i] = table[i].keyword;
        values[i] = table[i].value;
    }
    PGconn *conn = PQconnectStartParams(keywords, values, 1);
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        free(hosts[i]);
    return conn;
}

void pg_session_params(struct pg_params *params, const struct pg_settings *settings,
                       const PGconn *conn)
{
    char limit[24];
    snprintf(limit, sizeof limit, "%lld",
             (long long)(settings->query_timeout_us / US_PER_MS * 9 / 10));
    pg_params_clear(params);
    pg_param_text(params, limit);
    pg_param_bool(params, settings->read_only);
    pg_param_int(params, PQbackendPID(conn));
    if (settings->schema)
        pg_param_int(params, settings->schema->known);
}

bool pg_session_check(const PGresult *result, const struct pg_settings *settings,
                      struct error *error)
{
    if (settings->read_write && pg_bool(result, 0, RECOVERY))
        return error_set(error, "the server is in recovery: it is a standby, not the primary");
    if (settings->read_write && pg_bool(result, 0, READ_ONLY))
        return error_set(error, "the server takes no writes (default_transaction_read_only)");
    if (settings->read_write && PQnfields(result) > POOLER && pg_bool(result, 0, POOLER))
        return error_set(error,
                         "a connection pooler stands in between (PgBouncer?), which may take "
                         "the session's locks away: connect to PostgreSQL itself");
    if (settings->lineage && !PQgetisnull(result, 0, TIMELINE) &&
        !pg_lineage_meet(settings->lineage, pg_int(result, 0, SYSTEM), pg_int(result, 0, TIMELINE),
                         error))
        return false;
    return settings->schema == NULL || schema_fits(settings->schema, pg_int(result, 0, VERSION),
                                                   pg_int(result, 0, SERVED), error);
}

void pg_session_explain(const struct pg_failure *failure, const struct pg_settings *settings,
                        struct error *error)
{
    bool missing = strcmp(failure->sqlstate, SQLSTATE_NO_SCHEMA) == 0 ||
                   strcmp(failure->sqlstate, SQLSTATE_NO_FUNCTION) == 0;
    *error = failure->error;
    if (settings->schema && missing)
        error_set(error, "the database has no schema of duban yet: run dubanctl migrate");
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
    char *own; /* pg_settings_copy made it */
    memcpy(&own, &text, sizeof own);
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
