/* Migrations: one transaction around the files of sql/. */
#include "migration.h"

#include "embedded_sql.h"

#include "duban/schema.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA_FOLDER "schema/"
#define FORMER_FOLDER "former/"
#define CONTRACT      "_contract_"
/* Between two tries the daemons catch up. */
#define TRIES_MOST 10
#define PAUSE_SQL  "SELECT pg_sleep(0.5)"

/* The daemon makes further ones as days go by; it alone drops them, since it knows how long they
 * are kept. */
#define PARTITIONS_SQL "SELECT duban.maintain_partitions(duban.now(), 14, 36500)"

/* The number of a file whose name begins with `folder`; 0 for any other. */
static int64_t number_in(const struct embedded_sql *file, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(file->name, folder, length) == 0 ? strtol(file->name + length, NULL, 10) : 0;
}

/* 0 for a file that is no migration. */
static int64_t version_of(const struct embedded_sql *file)
{
    return number_in(file, SCHEMA_FOLDER);
}

static bool is_contract(const struct embedded_sql *file)
{
    return strncmp(file->name + strcspn(file->name, "_"), CONTRACT, strlen(CONTRACT)) == 0;
}

static const struct embedded_sql *find_version(int64_t version)
{
    for (size_t i = 0; i < embedded_sql_count; i++)
        if (version_of(&embedded_sql[i]) == version)
            return &embedded_sql[i];
    return NULL;
}

const char *migration_name(int64_t version, int *length)
{
    const struct embedded_sql *file = find_version(version);
    assert(version > 0);
    if (file == NULL)
        return NULL;
    const char *name = file->name + strlen(SCHEMA_FOLDER);
    *length = (int)strcspn(name, ".");
    return name;
}

static bool check_version(int64_t version, const char *checksum, struct error *error)
{
    const struct embedded_sql *file = find_version(version);
    if (version > schema_range.known)
        return error_set(error,
                         "the database has schema version %lld, this program knows only up to "
                         "%lld: use the newer dubanctl",
                         (long long)version, (long long)schema_range.known);
    if (file == NULL)
        return error_set(error, "the database has a schema version %lld that was never released",
                         (long long)version);
    if (strcmp(file->checksum, checksum) != 0)
        return error_set(error,
                         "%s is not the one that was applied to this database (its checksum "
                         "differs): use the dubanctl of that release",
                         file->name);
    return true;
}

/* The version the database has, once all that was applied is known to be ours. */
static bool read_version(struct pg_block *pg, int64_t *version, struct error *error)
{
    PGresult *result = pg_block_query(
        pg, "SELECT version, checksum FROM duban.migration ORDER BY version", NULL, error);
    if (result == NULL)
        return false;
    bool good = true;
    int64_t newest = 0;
    /* The newest first: a database from the future is told as such. */
    for (int row = PQntuples(result) - 1; good && row >= 0; row--) {
        good = check_version(pg_int(result, row, 0), pg_text(result, row, 1), error);
        if (newest == 0)
            newest = pg_int(result, row, 0);
    }
    PQclear(result);
    if (good)
        *version = newest;
    return good;
}

static bool query_only(struct pg_block *pg, const char *sql, const struct pg_params *params,
                       struct error *error)
{
    PGresult *result = pg_block_query(pg, sql, params, error);
    PQclear(result);
    return result != NULL;
}

static bool record_version(struct pg_block *pg, const struct embedded_sql *file,
                           struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_int(params, version_of(file));
    pg_param_text(params, file->name);
    pg_param_text(params, file->checksum);
    pg_param_bool(params, is_contract(file));
    bool good = query_only(pg,
                           "INSERT INTO duban.migration (version, name, checksum, contract,"
                           " applied_at) VALUES ($1, $2, $3, $4, clock_timestamp())",
                           params, error);
    pg_params_destroy(params);
    return good;
}

/* No program that doesn't know the version is at work, or begins until the transaction's end. */
static bool shut_out_former(struct pg_block *pg, int64_t version, struct error *error)
{
    int length = 0;
    const char *name = migration_name(version, &length);
    struct pg_params *params = pg_params_create();
    pg_param_int(params, version);
    PGresult *result = pg_block_query(pg, "SELECT duban.shut_out_former($1)", params, error);
    pg_params_destroy(params);
    if (result == NULL)
        return false;
    bool alone = PQgetisnull(result, 0, 0);
    if (!alone)
        error_set(error,
                  "%.*s takes away what a former release still needs: %s: upgrade them first",
                  length, name, pg_text(result, 0, 0));
    PQclear(result);
    return alone;
}

/* A contract step at the end of this release waits until it is asked for; a new database has nobody
 * to wait for. One that another step follows belongs to a former release: it can't be left out. */
static bool is_wanted(int64_t version, const struct migration_wish *wish,
                      const struct migration_report *report)
{
    return version <= schema_range.needed || wish->contract || report->from == 0;
}

static bool run_version(struct pg_block *pg, const struct embedded_sql *file,
                        struct migration_report *report, struct error *error)
{
    int64_t version = version_of(file);
    if (is_contract(file) && report->from > 0 && !shut_out_former(pg, version, error))
        return false;
    if (!pg_block_script(pg, file->name, file->text, error) || !record_version(pg, file, error))
        return false;
    report->to = version;
    return true;
}

static bool run_file(struct pg_block *pg, const struct embedded_sql *file,
                     const struct migration_wish *wish, struct migration_report *report,
                     struct error *error)
{
    int64_t version = version_of(file), until = number_in(file, FORMER_FOLDER);
    if (version > 0)
        return version <= report->to || !is_wanted(version, wish, report) ||
               run_version(pg, file, report, error);
    if (until > 0 && until <= report->to)
        return true; /* whom it was for is gone */
    return pg_block_script(pg, file->name, file->text, error);
}

/* The first file begins and is run by itself; it holds the lock under which the version is read. */
static bool run_files(struct pg_block *pg, const struct migration_wish *wish,
                      struct migration_report *report, struct error *error)
{
    const struct embedded_sql *begin = &embedded_sql[0];
    if (!pg_block_script(pg, begin->name, begin->text, error) ||
        !read_version(pg, &report->from, error))
        return false;
    report->to = report->from;
    for (size_t i = 1; i < embedded_sql_count; i++)
        if (!run_file(pg, &embedded_sql[i], wish, report, error))
            return false;
    return query_only(pg, PARTITIONS_SQL, NULL, error);
}

static bool try_once(struct pg_block *pg, const struct migration_wish *wish,
                     struct migration_report *report, struct error *error)
{
    struct migration_report done = {0};
    if (!query_only(pg, "BEGIN", NULL, error))
        return false;
    if (!run_files(pg, wish, &done, error)) {
        struct error ignored; /* a lost connection has rolled back already */
        (void)!query_only(pg, "ROLLBACK", NULL, &ignored);
        return false;
    }
    if (!query_only(pg, wish->dry_run ? "ROLLBACK" : "COMMIT", NULL, error))
        return false;
    *report = done;
    return true;
}

/* Whether it failed because others were at work: they hold a table, or waited for one of ours. */
static bool was_in_the_way(const struct pg_block *pg)
{
    const char *sqlstate = pg_block_sqlstate(pg);
    return strcmp(sqlstate, "55P03") == 0 || strcmp(sqlstate, "40P01") == 0;
}

bool migration_run(struct pg_block *pg, const struct migration_wish *wish,
                   struct migration_report *report, struct error *error)
{
    for (int tries = 1; !try_once(pg, wish, report, error); tries++) {
        struct error ignored;
        if (!was_in_the_way(pg))
            return false;
        if (tries == TRIES_MOST)
            return error_prefix(error, "somebody holds a table for long (pg_stat_activity)");
        (void)!query_only(pg, PAUSE_SQL, NULL, &ignored);
    }
    return true;
}
