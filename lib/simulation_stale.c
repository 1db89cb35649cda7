/* Until when what is told of an event holds, as duban.stale_reason and the reminder stage see it.
 */
#include "simulation_parts.h"

#include "duban/case_clock.h"
#include "duban/mem.h"

#include <string.h>

#define NEVER INT64_MAX

static bool is_end(const char *kind)
{
    static const char *const ends[] = {"completed", "returned", "withdrawn", "met"};
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (strcmp(kind, ends[i]) == 0)
            return true;
    return false;
}

/* The next event of the same clock; NULL. */
static const struct history_event *next_of(const struct simulation *simulation, size_t *index)
{
    const struct config_clock *clock = simulation->events[*index].clock;
    while (++*index < simulation->case_events)
        if (simulation->events[*index].clock == clock)
            return &simulation->events[*index];
    return NULL;
}

wall_us simulation_gone_at(const struct simulation *simulation, size_t index)
{
    const struct history_event *event = &simulation->events[index], *next;
    while ((next = next_of(simulation, &index)) != NULL)
        if (next->rank != event->rank || next->deadline_version != event->deadline_version ||
            is_end(next->kind))
            return next->recorded_at;
    return NEVER;
}

/* That duban proposes something holds at higher levels as well. */
static wall_us proposal_gone_at(const struct simulation *simulation, size_t index)
{
    const struct history_event *event = &simulation->events[index], *next;
    while ((next = next_of(simulation, &index)) != NULL)
        if (next->rank < event->rank || next->deadline_version != event->deadline_version ||
            is_end(next->kind))
            return next->recorded_at;
    return NEVER;
}

/* The level that was taken back; what was reached before the period isn't known. */
static size_t taken_rank(const struct simulation *simulation, size_t index)
{
    const struct history_event *event = &simulation->events[index];
    for (size_t i = index; i > 0; i--)
        if (simulation->events[i - 1].clock == event->clock &&
            simulation->events[i - 1].rank > event->rank)
            return simulation->events[i - 1].rank;
    return event->rank + 1;
}

/* That a level was taken back holds until it is reached again. */
static wall_us reached_again_at(const struct simulation *simulation, size_t index)
{
    size_t taken = taken_rank(simulation, index);
    const struct history_event *next;
    while ((next = next_of(simulation, &index)) != NULL)
        if (next->rank >= taken || is_end(next->kind))
            return next->recorded_at;
    return NEVER;
}

bool simulation_is_suspended(const struct config_clock *clock, const struct facts *facts,
                             wall_us at)
{
    struct facts past;
    struct case_clock replayed;
    if (facts->suspension_count == 0)
        return false;
    history_facts_at(facts, at, &past);
    return case_clock_replay(clock, &past, at, &replayed, NULL) &&
           replayed.condition == CLOCK_SUSPENDED;
}

static wall_us next_suspension(const struct config_clock *clock, const struct facts *facts,
                               wall_us after)
{
    for (size_t i = 0; i < facts->suspension_count; i++) {
        wall_us from = facts->suspensions[i].from;
        if (from > after && simulation_is_suspended(clock, facts, from))
            return from;
    }
    return NEVER;
}

wall_us simulation_stale_at(const struct simulation *simulation, size_t index,
                            const struct facts *facts, wall_us at)
{
    const struct history_event *event = &simulation->events[index];
    if (is_end(event->kind))
        return NEVER;
    if (strcmp(event->kind, "cleared") == 0)
        return reached_again_at(simulation, index);
    wall_us gone_at = strcmp(event->kind, PROPOSAL_KIND) == 0
                          ? proposal_gone_at(simulation, index)
                          : simulation_gone_at(simulation, index);
    wall_us suspended_at = next_suspension(event->clock, facts, at);
    return suspended_at < gone_at ? suspended_at : gone_at;
}
