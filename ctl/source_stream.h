/* Rows of the approval system's view, streamed out of it: the server reads the next ones while the
 * last ones are looked at. */
#ifndef CTL_SOURCE_STREAM_H
#define CTL_SOURCE_STREAM_H

#include "duban/config.h"
#include "duban/pg_block.h"
#include "duban/source.h"

#define STREAM_ROWS 5000
#define FEED_EACH   64 /* rows: then source_stream_feed */

struct source_stream {
    struct pg_block *pg;
    struct source_sql sql;
};

/* Connects and checks the view. One snapshot for the whole reading; nothing is asked of it yet.
 * Release with source_stream_close, after a failure too. */
bool source_stream_open(struct source_stream *stream, const struct config *config,
                        const char *program, struct error *error) MUST_USE;
void source_stream_close(struct source_stream *stream);

/* Begins to read a statement of `sql`. */
bool source_stream_read(struct source_stream *stream, const char *statement,
                        const struct pg_params *params, struct error *error) MUST_USE;

/* The next rows, at most STREAM_ROWS, none at the end; the caller releases them. NULL on failure.
 */
PGresult *source_stream_next(struct source_stream *stream, struct error *error) MUST_USE;

/* Lets the server go on: to be called now and then while rows are looked at. */
void source_stream_feed(struct source_stream *stream);

#endif
