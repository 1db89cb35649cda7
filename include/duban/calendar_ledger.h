/* The account of a span, day by day: which days were counted, which weren't, and why. */
#ifndef DUBAN_CALENDAR_LEDGER_H
#define DUBAN_CALENDAR_LEDGER_H

#include "duban/calendar.h"
#include "duban/limit.h"
#include "duban/suspension.h"

enum ledger_mark {
    LEDGER_COUNTED,   /* a working day, make-up days and special ones included; of calendar days and
                         hours every day of which something counts */
    LEDGER_START,     /* the day of the start: not counted */
    LEDGER_SUSPENDED, /* a day given back by a suspension, or stood still through */
    LEDGER_REST,      /* a day without hours */
    LEDGER_HOLIDAY,   /* its name is in `day` */
    LEDGER_SAME_DAY,  /* the day on which a limit of no days ends */
    LEDGER_BEYOND, /* after the limit's last day: the end has moved, since that day is a rest day,
                      or since suspended open time is given back */
};

#define LEDGER_MARKS 7

/* "counted", "start", "suspended", "rest", "holiday", "same_day", "beyond". */
const char *ledger_mark_word(enum ledger_mark mark);

struct ledger_row {
    struct calendar_day day; /* valid as long as the calendar */
    enum ledger_mark mark;
    int32_t number;    /* of the counted day, from 1; 0 for others */
    span_us open;      /* open time of the day within the span, not suspended; of hours that run
                          through (LIMIT_HOUR) any time */
    span_us suspended; /* and suspended */
};

struct ledger {
    struct ledger_row *rows;
    size_t count;
    int32_t counted_days, suspended_days;
    span_us open, suspended;
};

struct ledger_span {
    wall_us from, to;  /* from ≤ to */
    bool roll_forward; /* a start on a rest day moves to the next working day first */
    const struct suspension *suspensions; /* sorted; one that lasts ends at `to` */
    size_t suspension_count;
    enum limit_unit unit; /* what is counted; zero: working days */
    bool by_open_time;    /* suspensions give back open time rather than days; of hours always so */
    bool has_most;        /* a limit in days: */
    int32_t most;         /* no day after the `most`-th is counted */
};

/* Every day from that of `from` to the one that `to` ends or lies in. */
bool ledger_build(const struct calendar *calendar, const struct ledger_span *span,
                  struct ledger *ledger, struct error *error) MUST_USE;
void ledger_finish(struct ledger *ledger);

#endif
