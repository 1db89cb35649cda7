/* What the parts of `dubanctl plan` share. */
#ifndef CTL_PLAN_H
#define CTL_PLAN_H

#include "command.h"

#include "duban/config.h"
#include "duban/pg_block.h"
#include "duban/rules_plan.h"

#include <jansson.h>

struct plan_job {
    const struct context *context;
    const char *path;
    struct config *config; /* the new one */
    struct pg_block *state;
    wall_us now;
    char in_force[RULES_VERSION_BYTES];  /* "" when nothing is known of them */
    char under_way[RULES_VERSION_BYTES]; /* rules that a pass goes by; "" without one */
    wall_us
        approved_at;   /* when the new rules were approved so that it counts; WALL_NONE: weren't */
    char *approved_by; /* owned; NULL */
    struct rules_plan plan;
    char **department_names; /* by the numbers of plan.departments; owned */
    double seconds;
};

/* Whether the new rules are those in force, and no others are on their way. */
bool plan_is_in_force(const struct plan_job *job);

/* Reads what is in force, all open cases and what is stored of each, and counts. */
bool plan_read(struct plan_job *job, struct error *error) MUST_USE;

/* Whether there is an approval of the new rules that counts, and whose. */
bool plan_read_approval(struct plan_job *job, struct error *error) MUST_USE;

void plan_text(const struct plan_job *job, struct buf *out);

/* docs/dubanctl.md has its keys. The caller releases it. */
json_t *plan_json(const struct plan_job *job);

/* "0", "-1", "3…4", "20…": a bucket of working days. */
#define SHIFT_TEXT_BYTES 32
const char *plan_shift_text(size_t shift, char text[SHIFT_TEXT_BYTES]);

#endif
