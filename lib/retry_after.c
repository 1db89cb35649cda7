/* The Retry-After header of HTTP. */
#include "duban/retry_after.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define SPACES " \t"

static int64_t bounded(int64_t seconds)
{
    if (seconds < 0)
        return 0;
    return seconds < RETRY_AFTER_MOST_S ? seconds : RETRY_AFTER_MOST_S;
}

static int64_t read_seconds(const char *digits, size_t length)
{
    int64_t seconds = 0;
    for (size_t i = 0; i < length && seconds < RETRY_AFTER_MOST_S; i++)
        seconds = seconds * 10 + (digits[i] - '0');
    return bounded(seconds);
}

/* What the three forms of date are read into. */
struct date {
    int day, year, hour, minute, second;
    char month[4];
};

/* "Wed, 25 Nov 2026 09:02:00 GMT", "Wednesday, 25-Nov-26 09:02:00 GMT" and
 * "Wed Nov 25 09:02:00 2026", with nothing behind. */
static bool scan_date(const char *text, struct date *date)
{
    struct date d;
    int used = 0;
    const char *end = text + strlen(text);
    if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT %n", &d.day, d.month, &d.year,
               &d.hour, &d.minute, &d.second, &used) == 6 &&
        text + used == end && used) {
        *date = d;
        return true;
    }
    if (sscanf(text, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT %n", &d.day, d.month, &d.year,
               &d.hour, &d.minute, &d.second, &used) == 6 &&
        text + used == end && used) {
        *date = d;
        date->year += 2000;
        return true;
    }
    if (sscanf(text, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d %n", d.month, &d.day, &d.hour,
               &d.minute, &d.second, &d.year, &used) == 6 &&
        text + used == end && used) {
        *date = d;
        return true;
    }
    return false;
}

static int month_of(const char *name)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (size_t i = 0; i < COUNT_OF(months); i++)
        if (strcmp(months[i], name) == 0)
            return (int)i + 1;
    return 0;
}

/* Seconds since 1970, -1 if it is no date. */
static int64_t read_date(const char *text)
{
    struct date d;
    if (!scan_date(text, &d) || d.hour < 0 || d.hour > 23 || d.minute < 0 || d.minute > 59 ||
        d.second < 0 || d.second > 60 || !civil_is_valid(d.year, month_of(d.month), d.day))
        return -1;
    day_number day = day_from_civil(d.year, month_of(d.month), d.day);
    return day * INT64_C(86400) + (d.hour * 60 + d.minute) * 60 + d.second;
}

int64_t retry_after_s(const char *value, wall_us now)
{
    if (value == NULL)
        return -1;
    value += strspn(value, SPACES);
    size_t digits = strspn(value, "0123456789");
    if (digits && value[digits + strspn(value + digits, SPACES)] == '\0')
        return read_seconds(value, digits);
    int64_t at = read_date(value);
    return at < 0 ? -1 : bounded(at - now / US_PER_S);
}
