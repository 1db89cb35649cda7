/* Where commands get the configuration and the state database from. */
#ifndef CTL_DATABASE_H
#define CTL_DATABASE_H

#include "command.h"

#include "duban/config.h"
#include "duban/pg_block.h"
#include "duban/source.h"

/* The configuration of the context; NULL after telling on stderr what is wrong with it. */
struct config *open_config(const struct context *context);

/* The state database: --dsn, or else the configuration's. `config` may be NULL: then it is loaded
 * when it is needed. NULL after telling on stderr why not. */
struct pg_block *open_state(const struct context *context, const struct config *config,
                            bool read_only);

/* The schema's version, and the last contract step of it that was applied (schema.h). */
bool read_schema(struct pg_block *pg, int64_t *version, int64_t *served,
                 struct error *error) MUST_USE;

/* Which columns the view of the source has; false with the first thing that is wrong with it. */
bool check_view(struct pg_block *pg, const char *relation, struct source_columns *columns,
                struct error *error) MUST_USE;

#endif
