/* The Retry-After header of HTTP (RFC 9110, 10.2.3). */
#ifndef DUBAN_RETRY_AFTER_H
#define DUBAN_RETRY_AFTER_H

#include "duban/channel.h"
#include "duban/instant.h"

#include <stdint.h>

/* Seconds from `now`, from either form: "120" or "Wed, 25 Nov 2026 09:00:00 GMT" (and the two
 * obsolete forms of date). A date in the past is 0. -1 for NULL and for what is neither. */
int64_t retry_after_s(const char *value, wall_us now);

#endif
