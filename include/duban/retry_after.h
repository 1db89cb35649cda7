/* The Retry-After header of HTTP (RFC 9110, 10.2.3). */
#ifndef DUBAN_RETRY_AFTER_H
#define DUBAN_RETRY_AFTER_H

#include "duban/instant.h"

#include <stdint.h>

/* Longer waits than a day are taken as a day: a receiver doesn't decide that it is forgotten. */
#define RETRY_AFTER_MOST_S 86400

/* Seconds from `now`, from either form: "120" or "Wed, 25 Nov 2026 09:00:00 GMT" (and the two
 * obsolete forms of date). A date in the past is 0. -1 for NULL and for what is neither. */
int64_t retry_after_s(const char *value, wall_us now);

#endif
