/* A clock that nobody sets: for leases, pauses and how long something took, never for instants.
 *
 * It goes on while the machine sleeps (CLOCK_BOOTTIME), so that a lease is over when it wakes up,
 * and counts from long before the machine was started: 0 is a time that is long past.
 */
#ifndef DUBAN_STEADY_H
#define DUBAN_STEADY_H

#include "duban/instant.h"

span_us steady_us(void);
/* The same in seconds. */
double steady_s(void);

#endif
