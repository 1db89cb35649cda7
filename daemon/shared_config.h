/* The configuration in use, counted: a turn or a request that began under one configuration ends
 * under it, while a reload has already put another in its place. */
#ifndef DUBAND_SHARED_CONFIG_H
#define DUBAND_SHARED_CONFIG_H

#include "duban/config.h"
#include "duban/pg.h"

struct shared_config {
    struct config *config;
    unsigned references;
};

/* Takes the configuration over; one reference is the caller's. */
struct shared_config *shared_config_create(struct config *config);
struct shared_config *shared_config_take(struct shared_config *shared);
void shared_config_drop(struct shared_config *shared); /* NULL is fine */

/* Adds the routes as three parallel text arrays: kinds, roles, channels. */
void config_add_routes(const struct config *config, struct pg_params *params);

/* Adds the roles and channels of one event kind as two arrays. */
void config_add_routes_of(const struct config *config, const char *kind, struct pg_params *params);

/* Adds the channels that have a fallback, and these, as two arrays; with `unsure` only those whose
 * fallback is also used when it can't be known whether a message arrived. */
void config_add_fallbacks(const struct config *config, bool unsure, struct pg_params *params);

#endif
