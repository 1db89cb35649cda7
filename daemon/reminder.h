/* Beside the escalator, reminders: levels that nobody has acknowledged → events, notifications. */
#ifndef DUBAND_REMINDER_H
#define DUBAND_REMINDER_H

#include "context.h"

/* A reminder that is due, and what was decided about it. */
struct due_reminder {
    char *case_no, *clock, *kind; /* owned */
    int64_t deadline_version, sent;
    wall_us next_at; /* WALL_NONE: it ends */
    char *tell;      /* owned: the key of the routes that it is sent to; NULL: nobody */
};

struct reminder_stage {
    struct stage stage; /* first */
    struct context *context;
    struct shared_config *config; /* of the turn under way */
    wall_us now, next_at;
    wall_us floor, swept_at; /* as the escalator's */
    struct due_reminder *due;
    size_t count;
};

void reminder_stage_init(struct reminder_stage *reminder, struct context *context);
void reminder_stage_finish(struct reminder_stage *reminder);

#endif
