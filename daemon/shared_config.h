/* The configuration in use, counted: a turn or a request that began under one configuration ends
 * under it, while a reload has already put another in its place. */
#ifndef DUBAND_SHARED_CONFIG_H
#define DUBAND_SHARED_CONFIG_H

#include "duban/config.h"
#include "duban/config_params.h"
#include "duban/pg.h"

struct shared_config {
    struct config *config;
    unsigned references;
};

/* Takes the configuration over; one reference is the caller's. */
struct shared_config *shared_config_create(struct config *config);
struct shared_config *shared_config_take(struct shared_config *shared);
void shared_config_drop(struct shared_config *shared); /* NULL is fine */

/* Adds the roles and channels of one event kind as two arrays. */
void config_add_routes_of(const struct config *config, const char *kind, struct pg_params *params);

/* Adds the local day of an instant in the default calendar's zone, as the text of a date. */
void config_add_day(const struct config *config, wall_us at, struct pg_params *params);

/* Adds the kinds of events that are repeated, as an array. */
void config_add_reminded(const struct config *config, struct pg_params *params);

/* Adds whom reminders tell as parallel arrays: keys, roles, channels, and how long each is gathered
 * (µs). Under the key that config_reminder_key makes stands everybody whom a reminder tells. */
void config_add_reminder_routes(const struct config *config, struct pg_params *params);

#define REMINDER_KEY_BYTES (LEVEL_NAME_BYTES + 24)

/* "red/2": the key of the number-th reminder. Returns `key`. */
const char *config_reminder_key(const struct config_reminder *reminder, int32_t number,
                                char key[REMINDER_KEY_BYTES]);
/* Adds the channels that have a fallback, and these, as two arrays; with `unsure` only those whose
 * fallback is also used when it can't be known whether a message arrived. */
void config_add_fallbacks(const struct config *config, bool unsure, struct pg_params *params);

#endif
