/* `dubanctl status` as a person reads it. */
#ifndef CTL_STATUS_TEXT_H
#define CTL_STATUS_TEXT_H

#include "command.h"

#include "duban/config.h"

#include <jansson.h>

/* A calendar that ends within so many days is warned of. */
#define CALENDAR_WARNING_DAYS 60

/* Appends the report. `status` is the JSON object that --json prints (docs/dubanctl.md). Instants
 * are told in the default calendar's time; with a NULL configuration in UTC. */
void add_status(struct buf *out, const struct context *context, const struct config *config,
                const json_t *status);

#endif
