/* A working calendar 工作日历: when a service centre is open, and which days count.
 *
 * Immutable once loaded, so any number of threads may read it. It is known from the begin of
 * its first day to the end of its last day, local time. Whatever needs to look beyond fails with
 * an error that names the calendar and the date: nothing is guessed.
 *
 * A working day is a day with open time. Amounts of open time are real seconds, also over a
 * change of the clocks. All operations take constant time or a short binary search.
 */
#ifndef DUBAN_CALENDAR_H
#define DUBAN_CALENDAR_H

#include "duban/error.h"
#include "duban/instant.h"
#include "duban/zone.h"

#include <stddef.h>
#include <stdint.h>

struct calendar;

void calendar_destroy(struct calendar *calendar); /* NULL is fine */

const char *calendar_name(const struct calendar *calendar);
const struct zone *calendar_zone(const struct calendar *calendar); /* owned by the calendar */

/* 16 hex digits: changes with any byte of the files, and with the zone's rules. */
const char *calendar_version(const struct calendar *calendar);

day_number calendar_first_day(const struct calendar *calendar);
day_number calendar_last_day(const struct calendar *calendar);

/* Seconds east of UTC; known for any instant. */
int32_t calendar_offset_s(const struct calendar *calendar, wall_us at);

enum day_kind {
    DAY_REGULAR, /* its weekday's hours; a rest day 双休日 when it has none */
    DAY_HOLIDAY, /* 节假日 */
    DAY_MAKEUP,  /* 调休上班 */
    DAY_SPECIAL, /* hours of its own */
};

struct open_span {
    wall_us opens, closes; /* closes is exclusive */
    span_us before;        /* open time of the calendar before `opens` */
};

struct calendar_day {
    day_number day;
    enum day_kind kind;
    bool working;
    const char *name;              /* of the holiday, or why the day is special; "" if none */
    wall_us begins, ends;          /* local midnights */
    const struct open_span *spans; /* in order; owned by the calendar */
    size_t span_count;
};

/* What a day is like. */
bool calendar_day(const struct calendar *calendar, day_number day, struct calendar_day *result,
                  struct error *error) MUST_USE;

/* The local date of an instant. */
bool calendar_day_of(const struct calendar *calendar, wall_us at, day_number *day,
                     struct error *error) MUST_USE;

/* The first instant at which the wall clock shows `second` (0 … 86400) of `day`; the end of the
 * gap when that is skipped. */
bool calendar_at(const struct calendar *calendar, day_number day, int32_t second, wall_us *at,
                 struct error *error) MUST_USE;

/* The instant at which the wall clock shows the time of day of `like` on `day`; the end of the
 * gap when that is skipped, the last occurrence when it comes twice. */
bool calendar_same_time(const struct calendar *calendar, wall_us like, day_number day, wall_us *at,
                        struct error *error) MUST_USE;

bool calendar_is_open(const struct calendar *calendar, wall_us at, bool *open,
                      struct error *error) MUST_USE;

/* `at` itself when open then, else the next opening. */
bool calendar_next_opening(const struct calendar *calendar, wall_us at, wall_us *opening,
                           struct error *error) MUST_USE;

/* Open time in [from, to); negative when `to` is before `from`. */
bool calendar_open_between(const struct calendar *calendar, wall_us from, wall_us to,
                           span_us *amount, struct error *error) MUST_USE;

/* The earliest instant that lies `amount` of open time after `at` (before it when negative); an
 * amount that ends exactly at closing ends at that closing. 0 gives `at`. */
bool calendar_add_open(const struct calendar *calendar, wall_us at, span_us amount, wall_us *result,
                       struct error *error) MUST_USE;

/* The amount-th working day strictly after `day` (before it when negative). 0 gives `day`. For
 * the other convention, roll `day` forward first. */
bool calendar_add_workdays(const struct calendar *calendar, day_number day, int32_t amount,
                           day_number *result, struct error *error) MUST_USE;

/* The first working day that isn't before `day`, or the last one that isn't after it. */
bool calendar_roll_forward(const struct calendar *calendar, day_number day, day_number *result,
                           struct error *error) MUST_USE;
bool calendar_roll_back(const struct calendar *calendar, day_number day, day_number *result,
                        struct error *error) MUST_USE;

/* Working days in (from, to]; when `to` is before `from`, minus those in (to, from]. */
bool calendar_workdays_between(const struct calendar *calendar, day_number from, day_number to,
                               int32_t *amount, struct error *error) MUST_USE;

#endif
