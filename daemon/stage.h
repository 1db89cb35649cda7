/* A stage: a small loop that takes rows, decides, and writes, turn by turn.
 *
 * A turn begins in a turn of the event loop of its own, never from within another callback, and
 * never while the last one is under way. Whoever wrote something for a stage wakes it; its poll is
 * the backstop.
 */
#ifndef DUBAND_STAGE_H
#define DUBAND_STAGE_H

#include "duban/instant.h"
#include "duban/metrics.h"

#include <ev.h>
#include <stdbool.h>

struct stage {
    const char *name;
    struct ev_loop *loop;
    ev_timer timer;
    void (*begin)(struct stage *stage);
    bool enabled;
    bool busy;            /* a turn is under way */
    bool wanted;          /* woken meanwhile: the next turn follows at once */
    double since;         /* when the turn under way began */
    struct metric *turns; /* how long they took; NULL: nobody counts */
};

/* `begin` starts a turn, which ends with stage_done. A new stage is disabled. */
void stage_init(struct stage *stage, struct ev_loop *loop, const char *name,
                void (*begin)(struct stage *stage));

/* The first turn follows at once. */
void stage_enable(struct stage *stage);

/* No further turn begins; one under way goes on to its end. */
void stage_disable(struct stage *stage);

void stage_wake(struct stage *stage);

/* Ends a turn; the next one begins after `delay_us`, or at once if the stage was woken. */
void stage_done(struct stage *stage, span_us delay_us);

/* How long to wait for what is due next (WALL_NONE: nothing is): until then, at most a poll. */
span_us stage_pause(wall_us now, wall_us next_at, span_us poll_us);

/* Seconds that the turn under way has lasted; 0 when idle. */
double stage_age_s(const struct stage *stage);

#endif
