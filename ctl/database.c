/* The configuration and the state database of a command. */
#include "database.h"

#include "terminal.h"

#define CONNECT_US (10 * US_PER_S)

struct config *open_config(const struct context *context)
{
    struct problems problems = {0};
    struct config *config = config_load(context->config, &problems);
    if (config == NULL)
        tell_problems(&problems);
    else
        problems_finish(&problems);
    return config;
}

static struct pg_block *open_database(const char *dsn, const char *password, bool read_only)
{
    struct error error;
    const struct pg_settings settings = {
        .name = "dubanctl",
        .dsn = dsn,
        .password = password,
        .query_timeout_us = CONNECT_US,
        .read_write = !read_only,
        .read_only = read_only,
    };
    struct pg_block *pg = pg_block_open(&settings, NULL, NULL, &error);
    if (pg == NULL)
        tell_failure(&error);
    return pg;
}

struct pg_block *open_state(const struct context *context, const struct config *config,
                            bool read_only)
{
    if (context->dsn)
        return open_database(context->dsn, NULL, read_only);
    if (config)
        return open_database(config->state.dsn, config->state.password, read_only);
    struct config *own = open_config(context);
    if (own == NULL)
        return NULL;
    struct pg_block *pg = open_database(own->state.dsn, own->state.password, read_only);
    config_destroy(own);
    return pg;
}

bool read_schema(struct pg_block *pg, int64_t *version, int64_t *served, struct error *error)
{
    PGresult *result =
        pg_block_query(pg, "SELECT version, served FROM duban.schema_version()", NULL, error);
    if (result == NULL)
        return false;
    *version = pg_int(result, 0, 0);
    *served = pg_int(result, 0, 1);
    PQclear(result);
    return true;
}

bool check_view(struct pg_block *pg, const char *relation, struct source_columns *columns,
                struct error *error)
{
    struct problems problems = {0};
    struct pg_params *params = pg_params_create();
    pg_param_text(params, relation);
    PGresult *result = pg_block_query(pg, source_check_sql, params, error);
    pg_params_destroy(params);
    if (result == NULL)
        return false;
    bool fine = source_check(result, relation, columns, &problems);
    if (!fine)
        error_set(error, "%s: %s", relation, problems.items[0].text);
    PQclear(result);
    problems_finish(&problems);
    return fine;
}
