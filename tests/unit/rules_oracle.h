/* The rules of a case's clock, told a second time and naively: by stepping from day to day through
 * the calendar, and from tick to tick through a case's life. Nothing here asks the engine for
 * anything but what a day is like. All instants are microseconds; days are numbers from the
 * calendar's first. */
#ifndef RULES_ORACLE_H
#define RULES_ORACLE_H

#include "duban/config.h"

#define WALK_DAYS  2600
#define WALK_STOPS 8
#define NEVER      INT64_MAX

struct walk_day {
    bool works;
    wall_us begins, opens, reopens, closes, ends; /* a working day has one pause */
};

struct walk_calendar {
    int count;
    int32_t east_s; /* seconds east of UTC, all through it */
    struct walk_day days[WALK_DAYS];
};

struct walk_stop {
    wall_us from, to; /* NEVER while it lasts */
};

/* One clock of one case while the oracle goes along. */
struct walk {
    const struct walk_calendar *calendar;
    const struct config_clock *clock;
    const struct config_terms *terms;
    const struct facts *facts;
    wall_us now;
    wall_us start; /* NEVER: the case has no such clock */
    wall_us end;   /* NEVER while it runs */
    const char *ending;
    struct limit limit, longest; /* with and without extensions: `limit` is what counts */
    int granted[EXTENSIONS_MOST];
    int stop_count;
    struct walk_stop stops[WALK_STOPS];
    /* what comes of it */
    int base, due_day, given_back, late_days;
    wall_us due;
    bool suspended, is_short[LEVELS_MOST];
    wall_us reached[LEVELS_MOST]; /* NEVER when it isn't */
    wall_us next;                 /* NEVER when nothing is known to come */
    size_t rank;
};

/* Reads all days of a calendar whose offset never changes and whose working days have one pause. */
void walk_read(struct walk_calendar *walk, const struct calendar *calendar);

/* Fills in the second half of `walk`, given the first five fields. */
void walk_case(struct walk *walk);

#endif
