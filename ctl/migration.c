/* Migrations: one transaction around the files of sql/. */
#include "migration.h"

#include "embedded_sql.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA_PREFIX "schema/"
/* The daemon makes further ones as days go by; it alone drops them, since it knows how long they
 * are kept. */
#define PARTITIONS_SQL "SELECT duban.maintain_partitions(duban.now(), 14, 36500)"

/* 0 for a file that is no migration. */
static int64_t version_of(const struct embedded_sql *file)
{
    size_t prefix = strlen(SCHEMA_PREFIX);
    return strncmp(file->name, SCHEMA_PREFIX, prefix) == 0 ? strtol(file->name + prefix, NULL, 10)
                                                           : 0;
}

static const struct embedded_sql *find_version(int64_t version)
{
    for (size_t i = 0; i < embedded_sql_count; i++)
        if (version_of(&embedded_sql[i]) == version)
            return &embedded_sql[i];
    return NULL;
}

int64_t migration_newest(void)
{
    int64_t newest = 0;
    for (size_t i = 0; i < embedded_sql_count; i++)
        if (version_of(&embedded_sql[i]) > newest)
            newest = version_of(&embedded_sql[i]);
    return newest;
}

const char *migration_name(int64_t version, int *length)
{
    const struct embedded_sql *file = find_version(version);
    assert(version > 0 && file);
    const char *name = file->name + strlen(SCHEMA_PREFIX);
    *length = (int)strcspn(name, ".");
    return name;
}

static bool check_version(int64_t version, const char *checksum, struct error *error)
{
    const struct embedded_sql *file = find_version(version);
    if (version > migration_newest())
        return error_set(error,
                         "the database has schema version %lld, this program knows only up to "
                         "%lld: use the newer dubanctl",
                         (long long)version, (long long)migration_newest());
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
    bool good = query_only(pg,
                           "INSERT INTO duban.migration (version, name, checksum, applied_at)"
                           " VALUES ($1, $2, $3, clock_timestamp())",
                           params, error);
    pg_params_destroy(params);
    return good;
}

/* The first file begins and is run by itself; it holds the lock under which the version is read. */
static bool run_files(struct pg_block *pg, struct migration_report *report, struct error *error)
{
    const struct embedded_sql *begin = &embedded_sql[0];
    if (!pg_block_script(pg, begin->name, begin->text, error) ||
        !read_version(pg, &report->from, error))
        return false;
    for (size_t i = 1; i < embedded_sql_count; i++) {
        const struct embedded_sql *file = &embedded_sql[i];
        int64_t version = version_of(file);
        if (version > 0 && version <= report->from)
            continue;
        if (!pg_block_script(pg, file->name, file->text, error))
            return false;
        if (version > 0 && !record_version(pg, file, error))
            return false;
    }
    report->to = migration_newest();
    return query_only(pg, PARTITIONS_SQL, NULL, error);
}

bool migration_run(struct pg_block *pg, bool dry_run, struct migration_report *report,
                   struct error *error)
{
    struct migration_report done = {0};
    if (!query_only(pg, "BEGIN", NULL, error))
        return false;
    if (!run_files(pg, &done, error)) {
        struct error ignored; /* a lost connection has rolled back already */
        (void)!query_only(pg, "ROLLBACK", NULL, &ignored);
        return false;
    }
    if (!query_only(pg, dry_run ? "ROLLBACK" : "COMMIT", NULL, error))
        return false;
    *report = done;
    return true;
}
