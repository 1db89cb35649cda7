/* Finds what is irregular about a case from its facts and the rules that are on.
 *
 * Pure: facts, replayed clocks and `now` in, findings out. A finding has a number that stands for
 * its fact: however often the same facts are looked at, and whatever else changes, the same fact
 * gets the same number, so that the ledger's key (case, kind, number) keeps it once.
 *
 * Only what the facts alone tell is found here. What needs the state before (a limit that was
 * changed, a case that has vanished, papers at two windows, a window's habits) is found by
 * sql/functions/irregularity.sql. */
#ifndef DUBAN_IRREGULARITY_H
#define DUBAN_IRREGULARITY_H

#include "duban/case_clock.h"
#include "duban/config.h"
#include "duban/facts.h"

struct irregularity {
    enum irregularity_kind kind;
    int32_t number;     /* of the fact; from 1 */
    wall_us at;         /* when it came true, as far as the facts tell; never after `now` */
    bool by_end;        /* of a case that has ended, with dates that can't be trusted: it is news if
                           that end is */
    const char *detail; /* JSON: what irregularity_words puts into words */
};

/* `found` is valid during the call only. */
typedef void irregularity_emit(void *context, const struct irregularity *found);

/* Looks at a case that can be worked with. `clocks` are its clocks at `now`, one for each of the
 * configuration's, in that order; those that it hasn't are absent. */
void irregularity_find(const struct config *config, const struct facts *facts,
                       const struct case_clock *clocks, wall_us now, irregularity_emit *emit,
                       void *context);

/* Whether the case was completed at the last moment: in the last working time before due, as
 * `last_hour_window` says. */
bool irregularity_is_last_hour(const struct config *config, const struct case_clock *completion);

#endif
