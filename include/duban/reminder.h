/* A reminder 催办: a level that nobody has acknowledged is told again at the opening of each
 * working day, for so many times.
 *
 * Pure: what is stored of it and the calendar in, what is to be done out. */
#ifndef DUBAN_REMINDER_H
#define DUBAN_REMINDER_H

#include "duban/calendar.h"

#include <stdbool.h>

struct reminder {
    wall_us told_at; /* when the level was told */
    int32_t sent;    /* reminders of it so far */
    bool may_tell;   /* false: the clock stands still, or a silence covers the case */
};

struct reminder_plan {
    int32_t number;  /* of the reminder that is to be sent now; 0: none */
    wall_us next_at; /* when to look at it again; WALL_NONE: never, that was all */
};

/* What to do with a reminder at `now`, of at most `most` in all.
 *
 * The first is due at the first opening of a working day after the level was told, every other one
 * at the first opening of a working day after the one before. What was missed isn't made up for:
 * however many openings have passed, one reminder is sent; and none while the centre is closed. One
 * that may not be told waits for the next working day, and isn't counted.
 *
 * Beyond the calendar's last day nothing is open as far as it knows: then it is looked at again a
 * day later. */
void reminder_decide(const struct reminder *reminder, const struct calendar *calendar, int32_t most,
                     wall_us now, struct reminder_plan *plan);

#endif
