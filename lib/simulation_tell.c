/* Events into notifications: of the routes, of reminders, and of levels that are taken back. */
#include "simulation_parts.h"

#include "duban/mem.h"
#include "duban/reminder.h"

#include <string.h>

/* --- levels that are taken back --- */

static bool is_level(const struct history_event *event)
{
    return event->rank > 0 && strcmp(event->kind, event->level) == 0;
}

static bool is_cleared(const struct history_event *event)
{
    return strcmp(event->kind, "cleared") == 0;
}

/* The number of the series that a level, or what takes it back, belongs to: until the next event
 * that takes a level of the clock back. */
static uint32_t series_of(const struct simulation *simulation, size_t index)
{
    const struct history_event *event = &simulation->events[index];
    if (!is_level(event) && !is_cleared(event))
        return 0;
    for (size_t i = index; i < simulation->case_events; i++)
        if (simulation->events[i].clock == event->clock && is_cleared(&simulation->events[i]))
            return simulation->case_series + (uint32_t)i + 1;
    return 0;
}

/* Whether a party has got such a notification already, among those from `first` on. */
static bool is_noted(const struct simulation *simulation, size_t first, uint32_t party)
{
    for (size_t i = first; i < simulation->note_count; i++)
        if (simulation->notes[i].if_warned && simulation->notes[i].party == party)
            return true;
    return false;
}

/* Whoever is told of a level of the series will be told that it is taken back, the newest first. */
static void tell_warned(const struct tidings *tidings)
{
    struct simulation *simulation = tidings->simulation;
    size_t first = simulation->note_count;
    for (size_t i = first; i > simulation->case_first_note; i--) {
        const struct note *warning = &simulation->notes[i - 1];
        uint32_t party = warning->party;
        if (warning->series != tidings->series || warning->clears ||
            is_noted(simulation, first, party))
            continue;
        simulation->notes = simulation_room(simulation->notes, simulation->note_count,
                                            &simulation->note_capacity, sizeof *simulation->notes);
        const char *role = simulation->parties[party].role;
        simulation->notes[simulation->note_count] =
            (struct note){.at = tidings->at,
                          .stale_at = tidings->stale_at,
                          .party = party,
                          .order = (uint32_t)simulation->note_count,
                          .series = tidings->series,
                          .hours = simulation_hours(simulation, tidings->kind, role),
                          .clears = true,
                          .if_warned = true};
        simulation->note_count++;
    }
}

/* --- reminders --- */

static void tell_reminder(struct tidings *tidings, const struct history_event *event,
                          const struct config_reminder *configured, int32_t number)
{
    size_t count = 0;
    for (size_t i = 0; i < configured->step_count && configured->steps[i].from <= number; i++)
        count = configured->steps[i].route_count;
    simulation_count_kind(tidings->simulation, event->clock, tidings->kind, true);
    for (size_t i = 0; i < count; i++)
        simulation_add_route(tidings, &configured->routes[i]);
    simulation_tell_targets(tidings);
}

/* Nobody acknowledges: the reminders of the event at `index` go on while its level holds. */
static void remind(struct tidings *tidings, size_t index)
{
    struct simulation *simulation = tidings->simulation;
    const struct history_event *event = &simulation->events[index];
    const struct config_reminder *configured = config_reminder(simulation->config, event->kind);
    const struct calendar *calendar = event->clock->terms.rule.calendar;
    struct reminder reminder = {.told_at = event->recorded_at};
    struct reminder_plan plan;
    if (configured == NULL)
        return;
    wall_us gone_at = simulation_gone_at(simulation, index);
    tidings->kind = "reminder";
    for (wall_us now = event->recorded_at;
         now != WALL_NONE && now < gone_at && now < simulation->to; now = plan.next_at) {
        reminder.may_tell = !simulation_is_suspended(event->clock, tidings->facts, now);
        reminder_decide(&reminder, calendar, (int32_t)configured->most, now, &plan);
        if (plan.number == 0)
            continue;
        reminder.sent = plan.number;
        tidings->at = now;
        tidings->stale_at = simulation_stale_at(simulation, index, tidings->facts, now);
        tell_reminder(tidings, event, configured, plan.number);
    }
}

/* --- events --- */

static void tell_event(struct simulation *simulation, const struct facts *facts, uint32_t place,
                       size_t index)
{
    const struct history_event *event = &simulation->events[index];
    struct tidings tidings = {.simulation = simulation,
                              .facts = facts,
                              .kind = event->kind,
                              .at = event->recorded_at,
                              .stale_at =
                                  simulation_stale_at(simulation, index, facts, event->recorded_at),
                              .place = place,
                              .series = series_of(simulation, index),
                              .clears = is_cleared(event)};
    history_routes(simulation->config, event, simulation_add_route, &tidings);
    simulation_tell_targets(&tidings);
    if (tidings.clears)
        tell_warned(&tidings);
    remind(&tidings, index);
}

void simulation_tell(struct simulation *simulation, const struct facts *facts)
{
    uint32_t place = simulation_place(simulation, facts);
    simulation->case_first_note = simulation->note_count;
    for (size_t i = 0; i < simulation->case_events; i++)
        if (strcmp(simulation->events[i].told, TOLD_YES) == 0)
            tell_event(simulation, facts, place, i);
    simulation->case_series += (uint32_t)simulation->case_events + 1;
}
