/* A limit 时限: an amount of time that a service promises or the law grants. */
#ifndef DUBAN_LIMIT_H
#define DUBAN_LIMIT_H

#include "duban/error.h"

#include <stdint.h>

enum limit_unit {
    LIMIT_WORKDAY,  /* working days of the calendar */
    LIMIT_DAY,      /* calendar days, holidays included */
    LIMIT_WORKHOUR, /* hours in which the calendar is open */
    LIMIT_HOUR,     /* hours of real time */
};

#define LIMIT_UNITS 4

/* The greatest value of a limit, in its unit. */
#define LIMIT_VALUE_MOST 100000

struct limit {
    int32_t value; /* 0 … LIMIT_VALUE_MOST; 0 working days is "the same day" (即办件) */
    enum limit_unit unit;
};

/* "workday", "day", "workhour", "hour": the words of the source contract. */
const char *limit_unit_word(enum limit_unit unit);
bool limit_unit_parse(const char *word, enum limit_unit *unit, struct error *error) MUST_USE;

/* "5 workdays", "1 day": a limit as the configuration writes it; the unit may have an s. */
bool limit_parse(const char *text, struct limit *limit, struct error *error) MUST_USE;

#endif
