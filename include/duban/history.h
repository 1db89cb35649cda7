/* The life of one case as duban follows it: the facts as they were known at each instant, every
 * clock replayed from them, and the events that follow.
 *
 * Pure: facts and rules in, events out. What was corrected later, or undone (a completion before a
 * reopening), can't be told from the facts and is taken to have been known from the beginning. */
#ifndef DUBAN_HISTORY_H
#define DUBAN_HISTORY_H

#include "duban/config.h"
#include "duban/escalation.h"
#include "duban/facts.h"

struct history_event {
    const struct config_clock *clock;
    const struct config_policy *policy; /* under which the clock ran */
    const char *kind;                   /* a level's name, cleared, completed, … */
    wall_us at;                         /* when it came true; recorded at `recorded_at` */
    wall_us recorded_at;
    size_t rank;       /* of the clock after it */
    const char *level; /* its name */
    int severity;
    const char *told; /* TOLD_YES, or why nobody is told */
    int64_t points;
    wall_us due_at;
    int32_t deadline_version; /* from 1 */
};

/* `past` are the facts as they were known then; both are only valid during the call. */
typedef void history_emit(void *context, const struct facts *past,
                          const struct history_event *event);

/* Tells every event that is recorded in [from, to), in order of time. False when a clock can't be
 * computed (case_clock_replay tells why); what was told until then holds. */
bool history_replay(const struct config *config, const struct facts *facts, wall_us from,
                    wall_us to, history_emit *emit, void *context, struct error *error) MUST_USE;

/* The facts as they were known at an instant: later steps, suspensions, extensions and ends are
 * taken away. Texts stay those of `facts`. */
void history_facts_at(const struct facts *facts, wall_us at, struct facts *past);

/* Whom an event is told to: the routes of its level under its policy, else those of its kind. Tells
 * each; returns how many there are. */
size_t history_routes(const struct config *config, const struct history_event *event,
                      void (*tell)(void *context, const struct config_route *route), void *context);

#endif
