/* What other rules would do: each open case's clocks as they are stored beside the same clocks as
 * the new rules have them, counted. What is kept doesn't grow with the cases.
 *
 * Pure. It foretells what intake's write and the escalator do (sql/functions/intake.sql,
 * escalation.h), and doesn't do it. */
#ifndef DUBAN_RULES_PLAN_H
#define DUBAN_RULES_PLAN_H

#include "duban/case_clock.h"
#include "duban/config.h"
#include "duban/tally.h"

enum plan_state { PLAN_RUNNING, PLAN_SUSPENDED, PLAN_STOPPED, PLAN_GONE };

/* One clock as it is stored. */
struct plan_clock {
    const char *clock, *level;
    const char *told; /* levels that are told, if it has one: "yellow red" */
    enum plan_state state;
    wall_us due_at;
    bool settled;   /* what its deadline calls for has been said */
    bool has_rules; /* it was stored by rules that have a version */
    int64_t basis_hash;
};

/* By how many working days due instants move: from `least` on, up to the next one's. Those that
 * stay on their day are counted apart, before and after. */
#define PLAN_SHIFTS 14
extern const int32_t plan_shift_least[PLAN_SHIFTS]; /* the first is INT32_MIN */
#define PLAN_SHIFT_EARLIER 6                        /* on the same day, earlier */
#define PLAN_SHIFT_LATER   7

struct plan_shift {
    char *case_no; /* owned */
    const char *clock;
    size_t department; /* number of its name */
    wall_us old_due, new_due;
    int32_t workdays;
};

/* Clocks of a department. */
struct plan_place {
    int64_t clocks, earlier, later, raised, cleared, added, dropped;
};

struct plan_example {
    char *case_no, *reason; /* owned */
};

#define PLAN_LARGEST  10
#define PLAN_EXAMPLES 10

struct rules_plan {
    const struct config *config;
    wall_us now;
    int64_t cases;
    int64_t clocks; /* compared: open ones that the new rules have as well, of unchanged facts */
    int64_t same;   /* of these: neither due instant nor level nor state changes */
    int64_t earlier, later;
    int64_t stops, resumes; /* suspensions that the new rules see otherwise */
    int64_t ends;           /* clocks that have ended, by the new rules */
    int64_t frozen;         /* that had ended before: they stay by the rules they ran by */
    int64_t reopened; /* of these, those that would run again: the rules ask for another end */
    int64_t added, dropped;
    int64_t changed;         /* their facts have changed and aren't taken in yet: not compared */
    int64_t raised, cleared; /* that would be told */
    int64_t unusable, newly_unusable, mended; /* cases */
    int64_t shifts[PLAN_SHIFTS];
    struct names levels; /* "" for no clock */
    struct tally turns;  /* level by level: rules_plan_turn */
    struct names departments;
    struct plan_place *places; /* by the number of their names */
    size_t place_capacity;
    size_t largest_count, example_count;
    struct plan_shift largest[PLAN_LARGEST]; /* the largest first */
    struct plan_example examples[PLAN_EXAMPLES];
};

void rules_plan_init(struct rules_plan *plan, const struct config *config, wall_us now);
void rules_plan_finish(struct rules_plan *plan);

/* A case of the source and all clocks that are stored of it. `was_bad`: it is set aside now. */
void rules_plan_case(struct rules_plan *plan, const struct facts *facts,
                     const struct plan_clock *stored, size_t count, bool was_bad);

/* A case that can't be worked with whatever the rules are. */
void rules_plan_bad(struct rules_plan *plan, const char *case_no, const char *reason, bool was_bad);

/* How many clocks turn from one level to another, by the numbers of their names. */
int64_t rules_plan_turn(const struct rules_plan *plan, size_t from, size_t to);

#endif
