/* Routes of the configuration as parameters of statements, for daemon and tools alike. */
#ifndef DUBAN_CONFIG_PARAMS_H
#define DUBAN_CONFIG_PARAMS_H

#include "duban/config.h"
#include "duban/pg.h"

/* How long what goes there is gathered; 0: not at all. */
span_us config_gather_us(const struct channel *channel);

/* Adds the routes as parallel arrays: kinds, roles, channels, and how long each is gathered (µs).
 */
void config_add_routes(const struct config *config, struct pg_params *params);

#endif
