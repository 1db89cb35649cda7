/* Cases in, their events counted; the rest is done by its parts. */
#include "simulation_parts.h"

#include "duban/case_clock.h"
#include "duban/mem.h"

#include <string.h>

#define MINUTE_US (60 * US_PER_S)

void *simulation_room(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? 2 * *capacity : 64;
    return mem_grow(items, *capacity, size);
}

struct simulation *simulation_create(const struct config *config, const struct directory *directory,
                                     wall_us from, wall_us to)
{
    struct simulation *simulation = mem_zero(1, sizeof *simulation);
    const struct zone *zone = calendar_zone(config->calendar);
    *simulation =
        (struct simulation){.config = config, .directory = directory, .from = from, .to = to};
    simulation->first_day = zone_day(zone, from);
    simulation->day_count = (size_t)(zone_day(zone, to - 1) - simulation->first_day) + 1;
    simulation->minute_count = (size_t)((to - from + MINUTE_US - 1) / MINUTE_US);
    size_t channels = config->channel_count;
    simulation->clock_ends = mem_zero(config->clock_count, sizeof *simulation->clock_ends);
    simulation->channels = mem_zero(channels, sizeof *simulation->channels);
    for (size_t i = 0; i < channels; i++)
        simulation->channels[i].channel = &config->channels[i];
    simulation->day_notifications =
        mem_zero(simulation->day_count, sizeof *simulation->day_notifications);
    simulation->minutes =
        mem_zero(channels * simulation->minute_count + 1, sizeof *simulation->minutes);
    simulation_read_directory(simulation);
    return simulation;
}

void simulation_destroy(struct simulation *simulation)
{
    if (simulation == NULL)
        return;
    simulation_finish_directory(simulation);
    simulation_finish_result(simulation);
    names_finish(&simulation->kinds);
    names_finish(&simulation->departments);
    names_finish(&simulation->windows);
    struct tally *const tallies[] = {
        &simulation->kind_counts,  &simulation->place_counts,   &simulation->way_places,
        &simulation->party_places, &simulation->address_places, &simulation->person_places,
        &simulation->sent,         &simulation->reached,        &simulation->cleared};
    for (size_t i = 0; i < COUNT_OF(tallies); i++)
        tally_finish(tallies[i]);
    void *const blocks[] = {
        simulation->events,           simulation->targets,  simulation->clock_ends,
        simulation->window_ends,      simulation->ways,     simulation->department_ends,
        simulation->parties,          simulation->notes,    simulation->hours,
        simulation->person_roles,     simulation->channels, simulation->minutes,
        simulation->day_notifications};
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        free(blocks[i]);
    free(simulation);
}

/* --- events --- */

static void on_event(void *context, const struct facts *past, const struct history_event *event)
{
    struct simulation *simulation = context;
    (void)past;
    simulation->events = simulation_room(simulation->events, simulation->case_events,
                                         &simulation->event_capacity, sizeof *simulation->events);
    simulation->events[simulation->case_events++] = *event;
}

static size_t clock_index(const struct simulation *simulation, const struct config_clock *clock)
{
    return (size_t)(clock - simulation->config->clocks);
}

void simulation_count_kind(struct simulation *simulation, const struct config_clock *clock,
                           const char *kind, bool told)
{
    uint64_t number = names_number(&simulation->kinds, kind);
    uint64_t key = 1 + (clock_index(simulation, clock) << 32 | number << 1);
    ++*tally_at(&simulation->kind_counts, key);
    if (told)
        ++*tally_at(&simulation->kind_counts, key + 1);
    simulation->event_count++;
}

/* The figures of a place, by its number among the names of its like. */
static struct simulation_ends *ends_of(struct simulation_ends **ends, size_t *capacity,
                                       size_t number)
{
    size_t before = *capacity;
    *ends = simulation_room(*ends, number, capacity, sizeof **ends);
    memset(*ends + before, 0, (*capacity - before) * sizeof **ends);
    return *ends + number;
}

struct places_of_case {
    size_t department, window;
    struct simulation_ends *department_ends, *window_ends;
};

static struct places_of_case find_places(struct simulation *simulation, const struct facts *facts)
{
    struct places_of_case places = {
        .department = names_number(&simulation->departments, facts->department_code),
        .window = names_number(&simulation->windows, facts->window_code)};
    places.department_ends =
        ends_of(&simulation->department_ends, &simulation->department_capacity, places.department);
    places.window_ends =
        ends_of(&simulation->window_ends, &simulation->window_capacity, places.window);
    return places;
}

static void count_level(struct simulation *simulation, const struct places_of_case *places,
                        const char *level)
{
    uint64_t number = names_number(&simulation->kinds, level);
    ++*tally_at(&simulation->place_counts, 1 + (places->department << 17 | number << 1));
    ++*tally_at(&simulation->place_counts, 2 + (places->window << 17 | number << 1));
}

static bool is_level(const struct history_event *event)
{
    return event->rank > 0 && strcmp(event->kind, event->level) == 0;
}

static const struct config_clock *main_clock(const struct config *config)
{
    const struct config_clock *clock = config_clock_named(config, "completion");
    return clock ? clock : &config->clocks[0];
}

static void count_end(struct simulation_ends *ends, const struct history_event *event)
{
    if (strcmp(event->kind, "completed") == 0 || strcmp(event->kind, "met") == 0) {
        ends->ended++;
        ends->in_time += event->at <= event->due_at;
    } else if (strcmp(event->kind, "returned") == 0 || strcmp(event->kind, "withdrawn") == 0) {
        ends->otherwise++;
    }
}

static void count_event(struct simulation *simulation, const struct places_of_case *places,
                        const struct history_event *event)
{
    simulation_count_kind(simulation, event->clock, event->kind,
                          strcmp(event->told, TOLD_YES) == 0);
    if (is_level(event)) {
        count_level(simulation, places, event->kind);
        return;
    }
    count_end(&simulation->clock_ends[clock_index(simulation, event->clock)], event);
    if (event->clock == main_clock(simulation->config)) {
        count_end(places->department_ends, event);
        count_end(places->window_ends, event);
    }
}

/* --- what is still open at the end --- */

static void count_open(struct simulation_ends *ends, bool overdue)
{
    ends->open++;
    ends->overdue += overdue;
}

static void look_at_end(struct simulation *simulation, const struct places_of_case *places,
                        const struct facts *facts)
{
    struct facts past;
    struct case_clock clock;
    history_facts_at(facts, simulation->to, &past);
    if (past.status != CASE_OPEN && past.status != CASE_SUSPENDED)
        return;
    for (size_t i = 0; i < simulation->config->clock_count; i++) {
        const struct config_clock *config = &simulation->config->clocks[i];
        if (!case_clock_replay(config, &past, simulation->to, &clock, NULL) ||
            (clock.condition != CLOCK_RUNNING && clock.condition != CLOCK_SUSPENDED))
            continue;
        bool overdue = clock.state.due_at < simulation->to;
        count_open(&simulation->clock_ends[i], overdue);
        if (config == main_clock(simulation->config)) {
            count_open(places->department_ends, overdue);
            count_open(places->window_ends, overdue);
        }
    }
}

bool simulation_case(struct simulation *simulation, const struct facts *facts, struct error *error)
{
    struct places_of_case places = find_places(simulation, facts);
    simulation->case_events = 0;
    simulation->cases++;
    bool fine = history_replay(simulation->config, facts, simulation->from, simulation->to,
                               on_event, simulation, error);
    for (size_t i = 0; i < simulation->case_events; i++)
        count_event(simulation, &places, &simulation->events[i]);
    simulation_tell(simulation, facts);
    if (fine)
        look_at_end(simulation, &places, facts);
    return fine;
}

const struct history_event *simulation_events(const struct simulation *simulation, size_t *count)
{
    *count = simulation->case_events;
    return simulation->events;
}

const struct simulation_result *simulation_close(struct simulation *simulation)
{
    simulation_send(simulation);
    simulation_gather(simulation);
    return &simulation->result;
}
