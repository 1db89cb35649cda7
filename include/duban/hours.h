/* Hours 时段 in which people may be told: opening hours, or times of the day. */
#ifndef DUBAN_HOURS_H
#define DUBAN_HOURS_H

#include "duban/calendar.h"

enum hours_kind {
    HOURS_ANY,      /* always */
    HOURS_OPEN,     /* while the calendar is open */
    HOURS_DAILY,    /* a time of every day */
    HOURS_WORKDAYS, /* a time of every working day */
};

struct hours_part {
    enum hours_kind kind;
    int32_t from, until; /* seconds of the day, `until` exclusive; when it isn't after `from`, it is
                            the next day's, and the day counts on which the part begins */
};

#define HOURS_PARTS_MOST 8

/* The union of its parts; any time without one, so zeroed memory is always. */
struct hours {
    size_t count;
    struct hours_part parts[HOURS_PARTS_MOST];
};

/* Adds what a text says, parts separated by commas: "any", "open", "08:00-21:00",
 * "workdays 08:30-17:30", "21:00-06:00". Nothing is added on failure. */
bool hours_add(struct hours *hours, const char *text, struct error *error) MUST_USE;

/* `now` itself when people may be told then, else the next instant at which they may. Never
 * WALL_NONE: a message must not wait for ever because a calendar ends. Times of the day are those
 * of the calendar's zone, which is known for ever; a day that the calendar doesn't know counts as a
 * working day; and when it knows no further opening, `open` is at once. A time that a change of the
 * clocks skips is the end of the gap; one that comes twice is the first. */
wall_us hours_next(const struct hours *hours, const struct calendar *calendar, wall_us now);

#endif
