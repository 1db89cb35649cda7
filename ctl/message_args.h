/* What `dubanctl dead` and `dubanctl message` have in common: the options that say which messages
 * are meant, and how the database is asked. */
#ifndef CTL_MESSAGE_ARGS_H
#define CTL_MESSAGE_ARGS_H

#include "command.h"

#include "duban/config.h"
#include "duban/pg_block.h"

#include <jansson.h>

struct message_args {
    json_t *filter;     /* for the functions of sql/functions/dead.sql; owned */
    int64_t limit;      /* --limit; else the default that was given */
    const char *reason; /* --reason; or NULL */
    bool yes, even_unknown, unmask;
    char **words; /* what isn't an option */
    int word_count;
};

/* Reads the options of a subcommand: `allowed` names those that it takes, ended by NULL, besides
 * those that all commands have. False after telling on stderr what is wrong; nothing is owned
 * then. Release with message_args_finish. */
bool message_args_read(struct context *context, int argc, char **argv, const char *const *allowed,
                       int64_t limit, const char *usage, struct message_args *args);
void message_args_finish(struct message_args *args);

/* What a subcommand does, and its exit status. `config` is NULL with --dsn. */
typedef int (*message_work)(const struct context *context, const struct config *config,
                            struct pg_block *pg, const struct message_args *args);

/* Opens the configuration (unless there is --dsn) and the state database, makes instants of
 * --since and --until, which are in the time of the default calendar or have an offset (with --dsn
 * always), and does the work. Finishes `args`. The exit status. */
int message_run(const struct context *context, struct message_args *args, bool read_only,
                message_work work);

/* An instant that an option gives: with an offset, or in the time of the default calendar. `config`
 * may be NULL: then an offset is needed. */
bool when_read(const struct config *config, const char *option, const char *text, wall_us *at,
               struct error *error);

/* All about the message with the number "17" or, as receivers see it, "install-17": what
 * duban.message_show tells, its address masked unless --unmask was given. The caller releases it.
 * NULL when there is none, or on failure. */
json_t *query_message(struct pg_block *pg, const char *id, const struct message_args *args,
                      struct error *error);

/* The JSON that a statement's only value is; the caller releases it. NULL on failure. */
json_t *query_json(struct pg_block *pg, const char *sql, const struct pg_params *params,
                   struct error *error);

/* Appends the filter as the parameter of a statement. */
void param_filter(struct pg_params *params, const struct message_args *args);

#endif
