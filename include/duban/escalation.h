/* Which events a clock's new state calls for.
 *
 * Pure: the row as it is stored and the state as it is replayed in, events out. The database's
 * unique key (case, clock, kind, deadline version) makes each of them happen once; this module
 * only has to name the right ones.
 */
#ifndef DUBAN_ESCALATION_H
#define DUBAN_ESCALATION_H

#include "duban/case_clock.h"
#include "duban/instant.h"
#include "duban/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a level that is none of the policy's any more. */
#define RANK_LOST (LEVELS_MOST + 1)

/* What is stored of a clock. */
struct clock_row {
    size_t rank;
    int32_t deadline_version; /* of the deadline as it is now */
    int32_t raised_version;   /* under which `rank` was reached */
};

#define TOLD_YES "yes"

/* The kind of the event by which duban proposes tacit approval 超时默许. */
#define PROPOSAL_KIND "tacit_approval"

struct escalation_event {
    const char *kind; /* a level's name (points into the policy), or "cleared", "completed", … */
    wall_us at;       /* when it came true */
    size_t rank;      /* the clock's after it */
    const char *told; /* TOLD_YES, or why nobody is told */
    int64_t points;   /* for the appraisal */
};

struct escalation {
    size_t rank;     /* to be stored */
    wall_us next_at; /* to be stored; WALL_NONE: never */
    size_t count;
    struct escalation_event events[2 * LEVELS_MOST + 2]; /* in the order in which they happened */
};

/* Whether a clock now has another deadline than before: it was moved, the clock goes on after a
 * suspension (what was held back meanwhile is to be told anew), or the case was reopened. A
 * suspension as such is none. The same as duban.is_new_deadline, which knows of vanished clocks as
 * well. */
bool escalation_is_new_deadline(enum clock_condition old_condition, wall_us old_due,
                                enum clock_condition new_condition, wall_us new_due);

/* The row of a clock whose level was stored with a rank and by name, the ranks as the policy has
 * them that counts now: another one perhaps than when it was stored. */
struct clock_row escalation_row(const struct clock_row *stored, const char *level,
                                const struct policy *policy);

/* Decides what a clock's replayed state calls for.
 *
 * - A level that is reached is raised; those that were passed on the way are recorded, but only
 *   the highest is told.
 * - Under a new deadline version the levels that hold are raised anew, even if they are the same:
 *   people were told another date. So the ledger tells of each deadline which levels it came to.
 * - A level that no longer holds is cleared; so is one that the policy no longer knows.
 * - With a level that is told and proposes tacit approval comes an event of that kind.
 * - While the clock is suspended nobody is told of a level: when it goes on, under a new deadline
 *   version, what then holds is.
 * - A clock that has ended records the levels it had reached, untold, and then its end. An end
 *   before `tell_after` is recorded, but not told; nor is one that another clock tells.
 */
void escalation_decide(const struct clock_row *row, const struct case_clock *clock, wall_us now,
                       wall_us tell_after, struct escalation *result);

/* The same for a clock that its case no longer has: its level is cleared. */
void escalation_drop(const struct clock_row *row, wall_us now, struct escalation *result);

#endif
