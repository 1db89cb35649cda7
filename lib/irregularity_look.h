/* What the rules of irregularities share; private to the irregularity*.c files. */
#ifndef DUBAN_IRREGULARITY_LOOK_H
#define DUBAN_IRREGULARITY_LOOK_H

#include "duban/irregularity.h"

#include <jansson.h>

/* One case that is looked at. */
struct look {
    const struct config *config;
    const struct irregularity_rules *rules;
    const struct facts *facts;
    const struct case_clock *clocks;
    const struct config_clock *completion_config;
    const struct case_clock *completion;
    wall_us now;
    irregularity_emit *emit;
    void *context;
};

/* Emits a finding; takes `detail` over. */
void look_found(const struct look *look, enum irregularity_kind kind, int32_t number, wall_us at,
                json_t *detail);

/* The same of steps whose times are wrong: when the row was changed, or the latest step of a case
 * that has ended. */
void look_found_in_steps(const struct look *look, enum irregularity_kind kind, int32_t number,
                         json_t *detail);

/* As people call a suspension's reason. */
const char *look_reason(const struct look *look, const char *reason);

/* An instant, and a limit, within a detail. */
json_t *look_instant(wall_us at);
json_t *look_limit(struct limit limit);

/* The minute of an instant: a fact that has one is known by it. */
int32_t look_minute(wall_us at);

/* Rules about time, in irregularity_time.c. */
void look_for_long_suspension(const struct look *look);
void look_for_late_suspension(const struct look *look);
void look_for_due_differs(const struct look *look);
void look_for_accepted_late(const struct look *look);

#endif
