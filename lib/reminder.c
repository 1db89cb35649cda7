/* When a level is told again. */
#include "duban/reminder.h"

/* The first opening of a working day strictly after an instant; a day later when the calendar can't
 * tell. */
static wall_us opening_after(const struct calendar *calendar, wall_us at)
{
    day_number day;
    struct calendar_day found;
    struct error error;
    if (!calendar_day_of(calendar, at, &day, &error) ||
        !calendar_roll_forward(calendar, day, &day, &error) ||
        !calendar_day(calendar, day, &found, &error))
        return at + US_PER_DAY;
    if (found.spans[0].opens > at)
        return found.spans[0].opens;
    if (!calendar_add_workdays(calendar, day, 1, &day, &error) ||
        !calendar_day(calendar, day, &found, &error))
        return at + US_PER_DAY;
    return found.spans[0].opens;
}

/* `now` itself while the centre is open, else when it opens. */
static wall_us open_from(const struct calendar *calendar, wall_us now)
{
    wall_us opening;
    struct error error;
    return calendar_next_opening(calendar, now, &opening, &error) ? opening : now + US_PER_DAY;
}

void reminder_decide(const struct reminder *reminder, const struct calendar *calendar, int32_t most,
                     wall_us now, struct reminder_plan *plan)
{
    *plan = (struct reminder_plan){.next_at = WALL_NONE};
    if (reminder->sent >= most)
        return;
    wall_us first = opening_after(calendar, reminder->told_at);
    wall_us open = open_from(calendar, now > first ? now : first);
    if (open > now) {
        plan->next_at = open;
        return;
    }
    if (reminder->may_tell)
        plan->number = reminder->sent + 1;
    if (plan->number < most)
        plan->next_at = opening_after(calendar, now);
}
