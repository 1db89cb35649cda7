/* When somebody works, and when they are away: the words of a directory for days.
 *
 * A roster says on which days a contact is on duty 值班, by any of
 *   workdays, restdays           by the working calendar: a make-up Saturday is a workday, a public
 *                                holiday a rest day
 *   mon tue wed thu fri sat sun
 *   2026-10-01                   a date
 *   2026-10-01..2026-10-03       from one through another
 * and is every day without any word. Absences are dates and ranges alone. Words are separated by
 * spaces or commas. */
#ifndef DUBAN_ROSTER_H
#define DUBAN_ROSTER_H

#include "duban/buf.h"
#include "duban/error.h"
#include "duban/instant.h"

#include <stdbool.h>
#include <stddef.h>

struct date_range {
    day_number first, last; /* both belong to it */
};

/* In the order in which they were given; they may overlap. Zeroed memory has none. */
struct date_ranges {
    size_t count;
    struct date_range *items; /* owned */
};

enum roster_days { ROSTER_ANY, ROSTER_WORKDAYS, ROSTER_RESTDAYS };

/* Zeroed memory is every day. */
struct roster {
    enum roster_days days;
    unsigned weekdays; /* bit 0: Monday … bit 6: Sunday */
    struct date_ranges dates;
};

/* "", "workdays", "restdays". */
extern const char *const roster_days_words[3];
extern const char *const roster_weekday_words[7];

/* Adds the words of a text. What was added before the first wrong one stays; a text without any
 * word is wrong. */
bool roster_add(struct roster *roster, const char *words, struct error *error) MUST_USE;
bool date_ranges_add(struct date_ranges *ranges, const char *words, struct error *error) MUST_USE;

/* Whether a day belongs to one of the ranges. */
bool date_ranges_hold(const struct date_ranges *ranges, day_number day);

/* Whether a day is one of the roster's. `working`: whether it is a working day of the calendar;
 * NULL when nobody knows, which speaks against no one. As duban.on_duty. */
bool roster_holds(const struct roster *roster, day_number day, const bool *working);

void roster_finish(struct roster *roster);
void date_ranges_finish(struct date_ranges *ranges);

/* As PostgreSQL reads a datemultirange: "{[2026-10-01,2026-10-03],[2026-12-24,2026-12-24]}". */
void date_ranges_sql(const struct date_ranges *ranges, struct buf *out);

#endif
