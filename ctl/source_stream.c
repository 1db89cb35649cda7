/* A cursor in the source. */
#include "source_stream.h"

#include "database.h"

#include "duban/mem.h"

#define CONNECT_US (10 * US_PER_S)
#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

static const char fetch_sql[] = "FETCH " TEXT(STREAM_ROWS) " FROM streamed";

static bool query(struct pg_block *pg, const char *sql, const struct pg_params *params,
                  struct error *error)
{
    PGresult *result = pg_block_query(pg, sql, params, error);
    PQclear(result);
    return result != NULL;
}

static bool make_statements(struct source_stream *stream, const char *relation, struct error *error)
{
    struct source_columns columns;
    if (!check_view(stream->pg, relation, &columns, error))
        return false;
    source_sql_init(&stream->sql, relation, &columns);
    return true;
}

bool source_stream_open(struct source_stream *stream, const struct config *config,
                        const char *program, struct error *error)
{
    const struct pg_settings settings = {.name = program,
                                         .dsn = config->source_database.dsn,
                                         .password = config->source_database.password,
                                         .query_timeout_us = CONNECT_US,
                                         .read_only = true};
    *stream = (struct source_stream){.pg = pg_block_open(&settings, NULL, NULL, error)};
    return stream->pg && make_statements(stream, config->source.relation, error) &&
           query(stream->pg,
                 "SELECT set_config('statement_timeout', '0', false),"
                 " set_config('cursor_tuple_fraction', '1', false),"
                 " set_config('max_parallel_workers_per_gather', '0', false)",
                 NULL, error) &&
           query(stream->pg, "BEGIN READ ONLY", NULL, error);
}

void source_stream_close(struct source_stream *stream)
{
    pg_block_close(stream->pg);
    source_sql_finish(&stream->sql);
    *stream = (struct source_stream){0};
}

bool source_stream_read(struct source_stream *stream, const char *statement,
                        const struct pg_params *params, struct error *error)
{
    AUTO_FREE char *text = mem_format("DECLARE streamed NO SCROLL CURSOR FOR %s", statement);
    return query(stream->pg, text, params, error) &&
           pg_block_send(stream->pg, fetch_sql, NULL, error);
}

PGresult *source_stream_next(struct source_stream *stream, struct error *error)
{
    PGresult *result = pg_block_take(stream->pg, error);
    if (result == NULL || PQntuples(result) == 0)
        return result;
    if (pg_block_send(stream->pg, fetch_sql, NULL, error))
        return result;
    PQclear(result);
    return NULL;
}

void source_stream_feed(struct source_stream *stream)
{
    pg_block_feed(stream->pg);
}
