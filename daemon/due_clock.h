/* Due clocks, and what is decided about them. */
#ifndef DUBAND_DUE_CLOCK_H
#define DUBAND_DUE_CLOCK_H

#include "duban/config.h"
#include "duban/escalation.h"
#include "duban/facts.h"
#include "duban/pg.h"

struct due_clock {
    char *case_no;                     /* owned */
    char *name;                        /* owned: of the clock */
    char *stored_level;                /* owned */
    const struct config_clock *config; /* NULL: no longer configured */
    struct clock_row row;
    int64_t hash; /* of the facts that the row stands on; 0: its case doesn't have it any more */
    bool seen;    /* the source knows the case */
    bool decided;
    const char *level; /* points into the configuration */
    int severity;
    struct escalation escalation;
};

struct due_clocks {
    struct due_clock *items; /* sorted by case_no */
    size_t count;
};

/* A part of them that splits no case. */
struct due_slice {
    struct due_clock *begin, *end;
};

/* Takes all rows but the last of duban.escalator_due. */
void due_clocks_read(struct due_clocks *clocks, const PGresult *result,
                     const struct config *config);
void due_clocks_finish(struct due_clocks *clocks);

/* From item `from` on, `most` clocks, or more to complete the last one's case. */
struct due_slice due_clocks_slice(const struct due_clocks *clocks, size_t from, size_t most);

/* The clocks of one case, marked as seen; empty if none is due. */
struct due_slice due_slice_of_case(struct due_slice slice, const char *case_no);

/* Decides all clocks of one case; false when its facts are not those that the rows stand on: they
 * go through intake first. */
bool due_slice_decide(struct due_slice of_case, const struct facts *facts, wall_us now,
                      wall_us tell_after);

/* Whether anything was decided that another clock of the case may begin with. */
bool due_slice_has_events(struct due_slice of_case);

/* Adds the case numbers as an array, each once; only of unseen ones with `unseen`. Returns how
 * many. */
size_t due_slice_add_cases(struct due_slice slice, bool unseen, struct pg_params *params);

/* Adds what was decided: 9 arrays of clocks, then 7 of their events, as duban.escalator_write
 * takes them. Returns how many clocks were decided. */
size_t due_slice_add_decisions(struct due_slice slice, struct pg_params *params);

#endif
