/* The connection to the approval system: whether its view satisfies the contract, and which
 * optional columns it has. */
#ifndef DUBAND_SOURCE_LINK_H
#define DUBAND_SOURCE_LINK_H

#include "context.h"
#include <ev.h>
#include <stdbool.h>

struct source_link {
    struct context *context;
    ev_timer timer; /* looks again: at a view that doesn't satisfy the contract, or has changed */
    char *relation; /* as configured at the start: it changes with a restart only */
    bool asked;
    struct source_columns columns; /* that the statements in use ask for */
};

void source_link_init(struct source_link *link, struct context *context);
void source_link_finish(struct source_link *link);

/* The source is up: look at its view, and make the statements that read it (context.source_sql).
 * Problems are logged, one line each. */
void source_link_check(struct source_link *link);
void source_link_lost(struct source_link *link);

#endif
