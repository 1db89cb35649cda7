/* A time zone of the IANA database, by name; nothing looks at TZ in the environment.
 *
 * "Second of day" is what a wall clock shows: 0 … 86400 (24:00, the next day's midnight).
 */
#ifndef DUBAN_ZONE_H
#define DUBAN_ZONE_H

#include "duban/error.h"
#include "duban/instant.h"

struct zone; /* immutable; may be used from several threads */

/* Opens a zone such as "Asia/Shanghai" or "UTC". NULL: unknown, or not a name. */
struct zone *zone_open(const char *name, struct error *error) MUST_USE;
void zone_close(struct zone *zone); /* NULL is fine */

const char *zone_name(const struct zone *zone);

/* Seconds east of UTC at an instant. */
int32_t zone_offset_s(const struct zone *zone, wall_us at);

/* The local date of an instant. */
day_number zone_day(const struct zone *zone, wall_us at);

/* The instant at which the wall clock shows `second` of `day`. A time that is skipped gives the
 * end of the gap; one that happens twice gives its first or its last occurrence. */
wall_us zone_first(const struct zone *zone, day_number day, int32_t second);
wall_us zone_last(const struct zone *zone, day_number day, int32_t second);

#endif
