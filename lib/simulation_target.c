/* Routes × duty × contacts: whom an event is told to, each once on a channel, as duban.notify. */
#include "simulation_parts.h"

#include "duban/mem.h"

#include <string.h>

static void add_note(const struct tidings *tidings, const struct way *way, uint32_t party)
{
    struct simulation *simulation = tidings->simulation;
    simulation->notes = simulation_room(simulation->notes, simulation->note_count,
                                        &simulation->note_capacity, sizeof *simulation->notes);
    simulation->notes[simulation->note_count] =
        (struct note){.at = tidings->at,
                      .stale_at = tidings->stale_at,
                      .party = party,
                      .order = (uint32_t)simulation->note_count,
                      .series = tidings->series,
                      .hours = way->hours,
                      .clears = tidings->clears};
    simulation->note_count++;
}

static void add_target(struct simulation *simulation, struct target target)
{
    simulation->targets =
        simulation_room(simulation->targets, simulation->target_count, &simulation->target_capacity,
                        sizeof *simulation->targets);
    simulation->targets[simulation->target_count++] = target;
}

/* Those who hold the duty at the place, or who stands in for them on that day. */
static void add_holders(const struct tidings *tidings, uint32_t index)
{
    struct simulation *simulation = tidings->simulation;
    const struct way *way = &simulation->ways[index];
    const struct zone *zone = calendar_zone(simulation->config->calendar);
    size_t first = 0, end = 0;
    if (tidings->place != NO_INDEX) {
        size_t duty = (size_t)tidings->place * ENTRY_KINDS + (size_t)way->entry_kind;
        first = simulation->duty_first[duty];
        end = simulation->duty_first[duty + 1];
    }
    if (first == end)
        simulation->channels[way->channel].unreachable++;
    for (size_t i = first; i < end; i++) {
        uint32_t holder = simulation->duty_recipients[i];
        uint32_t stand_in = simulation_stand_in(simulation, holder, way->route->channel->name,
                                                zone_day(zone, tidings->at));
        add_target(simulation,
                   (struct target){.way = index, .holder = holder, .recipient = stand_in});
    }
}

/* Whether a role that only joint cases have may be played in this one: `lead` in a part, `part` in
 * the whole. */
static bool is_joint(const char *role, const struct facts *facts)
{
    bool is_part = facts->parent_case_no[0] != '\0';
    return strcmp(role, "lead") == 0 ? is_part : !is_part && strcmp(facts->kind, "joint") == 0;
}

/* A person gets its notification at once; holders of duties are collected. */
void simulation_add_route(void *context, const struct config_route *route)
{
    const struct tidings *tidings = context;
    struct simulation *simulation = tidings->simulation;
    uint32_t index = simulation_way(simulation, route, tidings->kind);
    const struct way *way = &simulation->ways[index];
    if (way->person >= 0)
        add_note(tidings, way, simulation_person(simulation, way, tidings->facts));
    else if (way->entry_kind >= 0)
        add_holders(tidings, index);
    else
        simulation->channels[way->channel].left_out += is_joint(route->role, tidings->facts);
}
/* Whether the first rather than the second is told: who is it in a role of its own, rather than as
 * a deputy; then by the role's word. */
static bool goes_before(const struct simulation *simulation, const struct target *a,
                        const struct target *b)
{
    bool a_stands_in = a->recipient != a->holder, b_stands_in = b->recipient != b->holder;
    if (a_stands_in != b_stands_in)
        return b_stands_in;
    return strcmp(simulation->ways[a->way].route->role, simulation->ways[b->way].route->role) < 0;
}

/* Whether another target reaches the same recipient on the same channel, and is preferred. */
static bool is_told_otherwise(const struct simulation *simulation, size_t index)
{
    const struct target *own = &simulation->targets[index];
    for (size_t i = 0; i < simulation->target_count; i++) {
        const struct target *other = &simulation->targets[i];
        if (i == index || other->recipient != own->recipient ||
            simulation->ways[other->way].channel != simulation->ways[own->way].channel)
            continue;
        if (goes_before(simulation, other, own) ||
            (i < index && !goes_before(simulation, own, other)))
            return true;
    }
    return false;
}

static void tell_target(const struct tidings *tidings, const struct target *target)
{
    struct simulation *simulation = tidings->simulation;
    const struct directory_entry *entry = &simulation->directory->entries[target->recipient];
    bool reached = false;
    for (size_t i = 0; i < entry->contact_count; i++) {
        const struct way *way = &simulation->ways[target->way];
        uint32_t contact = simulation->first_contact[target->recipient] + (uint32_t)i;
        if (strcmp(entry->contacts[i].channel, way->route->channel->name) != 0)
            continue;
        add_note(tidings, way, simulation_contact(simulation, way, target->recipient, contact));
        reached = true;
    }
    if (!reached)
        simulation->channels[simulation->ways[target->way].channel].unreachable++;
}

void simulation_tell_targets(const struct tidings *tidings)
{
    struct simulation *simulation = tidings->simulation;
    for (size_t i = 0; i < simulation->target_count; i++)
        if (!is_told_otherwise(simulation, i))
            tell_target(tidings, &simulation->targets[i]);
    simulation->target_count = 0;
}
