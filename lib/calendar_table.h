/* The compiled form of a calendar; private to calendar.c and calendar_compile.c. */
#ifndef DUBAN_CALENDAR_TABLE_H
#define DUBAN_CALENDAR_TABLE_H

#include "duban/calendar_plan.h"

struct day_row {
    wall_us begins;          /* local midnight */
    uint32_t first_span;     /* index of its first span */
    int32_t workdays_before; /* working days of the calendar before this day */
    const struct day_mark *mark;
};

struct calendar {
    char *name;
    char version[17];
    struct zone *zone;
    day_number first_day;
    int32_t day_count;
    struct day_row *days; /* day_count, and one that ends the last day */
    struct open_span *spans;
    size_t span_count; /* and one after the last, at the end of time */
    span_us open_total;
    day_number *workdays; /* every working day, in order */
    int32_t workday_count;
    /* For amounts of open time: spans[by_amount[amount / step]] is at or before the span sought,
     * and by_amount[amount / step + 1] at or after it. */
    uint32_t *by_amount;
    span_us step;
    struct day_mark *marks;
    void **owned;
    size_t owned_count;
};

#endif
