/* Events about calendars that end: soon, or too early for a deadline. */
#ifndef DUBAND_CALENDAR_ALARM_H
#define DUBAND_CALENDAR_ALARM_H

#include "context.h"

/* Records an event of this kind, once per calendar and last day. `done` gets one boolean: whether
 * it is new. */
void calendar_alarm(struct context *context, const struct config *config, wall_us now,
                    const char *kind, const struct config_calendar *calendar, pg_done done,
                    void *owner);

/* Until when the calendar goes, in a sentence; the caller's to free. */
char *calendar_words(const struct config *config, const struct config_calendar *calendar);

/* Whether its last day is no further away than daemon.calendar_warning. */
bool calendar_ends_soon(const struct config *config, const struct config_calendar *calendar,
                        wall_us now);

/* Records `calendar_ending` for every calendar that ends within daemon.calendar_warning. */
void calendar_alarm_look(struct context *context, wall_us now);

#endif
