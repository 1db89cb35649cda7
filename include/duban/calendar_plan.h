/* What a calendar says, before it is compiled: weekly hours and marks on single days. */
#ifndef DUBAN_CALENDAR_PLAN_H
#define DUBAN_CALENDAR_PLAN_H

#include "duban/calendar.h"
#include "duban/zone.h"

/* Spans a day, and days a calendar (about 200 years). */
#define HOURS_SPANS_MOST   16
#define CALENDAR_DAYS_MOST 73200

/* A day's opening hours: seconds of the local day, in order, not touching each other. */
struct day_hours {
    size_t count; /* 0: closed */
    struct {
        int32_t opens, closes; /* 0 ≤ opens < closes ≤ 86400 */
    } spans[HOURS_SPANS_MOST];
};

struct day_mark {
    enum day_kind kind;
    const char *name;              /* owned by the plan; NULL: none */
    const struct day_hours *hours; /* owned by the plan; NULL: those of `as` */
    uint8_t as;                    /* make-up: 1 Monday … 7 Sunday, whose hours it has */
};

struct calendar_plan {
    char *name;
    struct zone *zone;
    day_number first_day, last_day;
    struct day_hours week[8]; /* [1] Monday … [7] Sunday */
    struct day_mark *marks;   /* [day − first_day]; NULL: all days are regular */
    char *hash;               /* hex digest of the sources; NULL: none */
    void **owned;             /* names and hours */
    size_t owned_count;
};

void calendar_plan_finish(struct calendar_plan *plan);

/* Hands a heap block over to the plan and returns it. */
void *calendar_plan_own(struct calendar_plan *plan, void *block);

/* Makes the immutable calendar; takes the plan's zone and owned blocks over, the caller still
 * finishes the plan. NULL when the calendar is never open, a make-up day has no hours, or the
 * days are out of order or too many. */
struct calendar *calendar_compile(struct calendar_plan *plan, struct error *error) MUST_USE;

#endif
