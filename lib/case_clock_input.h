/* What of a case's facts counts for one of its clocks; private to the case_clock*.c files. */
#ifndef DUBAN_CASE_CLOCK_INPUT_H
#define DUBAN_CASE_CLOCK_INPUT_H

#include "duban/case_clock.h"

#define ENDING_MET "met" /* a milestone ended the clock, not the end of the case */

struct case_input {
    struct clock_facts clock; /* its suspensions stand in `list` */
    struct suspension list[SUSPENSIONS_MOST];
    const char *ending; /* the event's kind; NULL while the clock hasn't ended */
    enum suspension_use uses[SUSPENSIONS_MOST]; /* of the facts' suspensions */
};

/* When the clock begins, as things stand at `now`; WALL_NONE: it doesn't, or not yet. */
bool case_start(const struct config_clock *config, const struct config_terms *terms,
                const struct facts *facts, wall_us now, wall_us *start,
                struct error *error) MUST_USE;

/* How and when a clock that began at `start` ended. */
const char *case_ending(const struct config_clock *config, const struct facts *facts, wall_us start,
                        wall_us *stopped_at);

/* Takes over the suspensions that stop the clock; one that makes it begin anew moves the start. */
bool case_suspensions(const struct config_clock *config, const struct config_terms *terms,
                      const struct facts *facts, wall_us now, struct case_input *input,
                      struct error *error) MUST_USE;

#endif
