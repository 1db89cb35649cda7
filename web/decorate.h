/* What the configuration adds to the database's answers: labels, and the time that is left by the
 * working calendar. */
#ifndef WEB_DECORATE_H
#define WEB_DECORATE_H

#include "duban/config.h"

#include <jansson.h>

/* The level's place among all; -1: there is none of that name. "normal" is 0. */
int level_severity(const struct config *config, const char *name);
/* As people call it; the name itself when it isn't configured. */
const char *level_label(const struct config *config, const char *name);
const char *clock_label(const struct config *config, const char *name);

/* [{name, label, colour, severity}], from the mildest, and [{name, label}]. */
json_t *levels_json(const struct config *config);
json_t *clocks_json(const struct config *config);

/* Adds workdays_left and open_left_s to a clock that has due_at, state and calendar_version, by the
 * calendar of that version; null while it stands still or has ended, or when that calendar isn't
 * loaded. */
void decorate_left(const struct config *config, json_t *clock, wall_us now);

/* Adds open_until, when today's present opening ends by the main calendar; null while it is closed:
 * pages count working hours down until then. */
void decorate_open(const struct config *config, json_t *root, wall_us now);

/* An instant of the database's JSON; WALL_NONE when it is null or missing. */
wall_us json_instant(const json_t *object, const char *key);

/* [{date, kind, name, opens, closes}] from the day of `from` to that of `to`, at most a year. */
json_t *days_json(const struct calendar *calendar, wall_us from, wall_us to);

#endif
