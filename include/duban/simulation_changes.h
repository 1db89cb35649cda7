/* What another configuration would change, level by level of each case. Pure: the events of a case
 * under the one and the other in, counts and the greatest examples out. */
#ifndef DUBAN_SIMULATION_CHANGES_H
#define DUBAN_SIMULATION_CHANGES_H

#include "duban/history.h"
#include "duban/instant.h"

#include <stddef.h>
#include <stdint.h>

enum level_change {
    LEVEL_SAME,
    LEVEL_APPEARS,
    LEVEL_GOES, /* within the period: it may come before or after it */
    LEVEL_EARLIER,
    LEVEL_LATER,
};

#define LEVEL_CHANGES 5
/* "same", "appears", "disappears", "earlier", "later". */
extern const char *const level_change_words[LEVEL_CHANGES];

/* One level of one clock, over all cases. Names of clocks and levels make it the same one under
 * both configurations. */
struct level_changes {
    const char *clock, *level; /* belong to one of the configurations */
    int severity;
    int64_t count[LEVEL_CHANGES];
};

struct level_example {
    char case_no[CASE_NO_BYTES_MOST + 1];
    const char *clock, *level;
    wall_us before, after; /* WALL_NONE where it doesn't come */
};

#define EXAMPLES_MOST 10

/* Zeroed memory is an empty one. */
struct simulation_changes {
    int64_t cases; /* with any difference */
    size_t count, capacity;
    struct level_changes *levels;
    size_t example_count[LEVEL_CHANGES];
    struct level_example examples[LEVEL_CHANGES][EXAMPLES_MOST]; /* the greatest shifts first; of
                                                 what appears and goes the first cases by number */
};

/* The events of one case, each list in order of time, as simulation_events tells them. The k-th
 * time that a clock reaches a level under the one is compared with the k-th under the other. */
void simulation_changes_add(struct simulation_changes *changes, const char *case_no,
                            const struct history_event *before, size_t before_count,
                            const struct history_event *after, size_t after_count);

/* Puts levels into the order of clocks and severity. */
void simulation_changes_sort(struct simulation_changes *changes);

void simulation_changes_finish(struct simulation_changes *changes);

#endif
