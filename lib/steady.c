/* CLOCK_BOOTTIME, moved away from 0. */
#include "duban/steady.h"

#include <time.h>

#define LONG_AGO_US (10000 * US_PER_DAY)

span_us steady_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return LONG_AGO_US + now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

double steady_s(void)
{
    return (double)steady_us() / US_PER_S;
}
