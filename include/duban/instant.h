/* Instants and lengths of time are different words.
 *
 * wall_us: an instant, microseconds since 1970-01-01T00:00:00Z (no leap seconds, as POSIX and
 * PostgreSQL count). span_us: a length of time in microseconds, may be negative.
 * Nothing here reads a clock: `now` is always a parameter.
 */
#ifndef DUBAN_INSTANT_H
#define DUBAN_INSTANT_H

#include "duban/error.h"

#include <stddef.h>
#include <stdint.h>

typedef int64_t wall_us;
typedef int64_t span_us;

#define WALL_NONE INT64_MIN /* "no such instant" (SQL null) */

#define US_PER_MS  INT64_C(1000)
#define US_PER_S   INT64_C(1000000)
#define US_PER_DAY (INT64_C(86400) * US_PER_S)

#define INSTANT_TEXT_BYTES 36

/* "2026-11-22T01:34:56Z", with ".123456" when there are microseconds. Writes at most
 * INSTANT_TEXT_BYTES bytes with the NUL and returns `text`. WALL_NONE gives "-". */
const char *instant_text(wall_us at, char text[INSTANT_TEXT_BYTES]);

/* The same instant as local time with an offset: "2026-11-22T09:34:56+08:00". */
const char *instant_text_offset(wall_us at, int32_t offset_s, char text[INSTANT_TEXT_BYTES]);

/* Reads RFC 3339 ("2026-11-22T09:34:56.5+08:00", "…Z", a space for the T is accepted). The
 * offset is required. */
bool instant_parse(const char *text, wall_us *at, struct error *error) MUST_USE;

#define SPAN_TEXT_BYTES 32

/* "90s", "10m", "1d": in the greatest unit that tells the length without a rest; less than a
 * millisecond is left out. Returns `text`. */
const char *span_text(span_us span, char text[SPAN_TEXT_BYTES]);

/* Civil dates. A day number counts days since 1970-01-01 in the proleptic Gregorian calendar. */
typedef int32_t day_number;

struct civil {
    int32_t year;
    int32_t month; /* 1–12 */
    int32_t day;   /* 1–31 */
};

day_number day_from_civil(int32_t year, int32_t month, int32_t day);
struct civil civil_from_day(day_number day);

/* 1 = Monday … 7 = Sunday (ISO 8601). */
int weekday_of(day_number day);

bool civil_is_valid(int32_t year, int32_t month, int32_t day);

#define DAY_TEXT_BYTES 16

/* "2026-11-22". */
const char *day_text(day_number day, char text[DAY_TEXT_BYTES]);
bool day_parse(const char *text, day_number *day, struct error *error) MUST_USE;

#endif
