/* Where the routes of a simulation lead: ways, and the parties at their end. */
#include "simulation_parts.h"

#include "duban/hash.h"
#include "duban/mem.h"

#include <string.h>

const char *const person_role_words[PERSON_ROLES] = {"applicant", "handler", "agent"};

static const char *number_of(const struct facts *facts, int person)
{
    const char *const numbers[PERSON_ROLES] = {facts->applicant_phone, facts->handler_phone,
                                               facts->agent_phone};
    return numbers[person] ? numbers[person] : "";
}

/* --- ways --- */

uint16_t simulation_hours(struct simulation *simulation, const char *kind, const char *role)
{
    const struct hours *hours = config_hours(simulation->config, kind, role);
    size_t i = 0;
    while (i < simulation->hours_count && simulation->hours[i] != hours)
        i++;
    if (i == simulation->hours_count) {
        simulation->hours = simulation_room(simulation->hours, i, &simulation->hours_capacity,
                                            sizeof *simulation->hours);
        simulation->hours[simulation->hours_count++] = hours;
    }
    return (uint16_t)i;
}

static int word_index(const char *const *words, int count, const char *word)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

/* A route is always taken for the same kind of events. */
uint32_t simulation_way(struct simulation *simulation, const struct config_route *route,
                        const char *kind)
{
    int64_t *place = tally_at(&simulation->way_places, (uint64_t)(uintptr_t)route);
    if (*place > 0)
        return (uint32_t)*place - 1;
    const struct config *config = simulation->config;
    simulation->ways = simulation_room(simulation->ways, simulation->way_count,
                                       &simulation->way_capacity, sizeof *simulation->ways);
    simulation->ways[simulation->way_count] =
        (struct way){.route = route,
                     .hours = simulation_hours(simulation, kind, route->role),
                     .channel = (uint16_t)(route->channel - config->channels),
                     .entry_kind = word_index(entry_kind_words, ENTRY_KINDS, route->role),
                     .person = word_index(person_role_words, PERSON_ROLES, route->role)};
    *place = (int64_t)++simulation->way_count;
    return (uint32_t)*place - 1;
}

/* --- parties --- */

/* A number for a key, new ones in their order. */
static uint32_t number_for(struct tally *places, uint64_t key, size_t *count)
{
    int64_t *place = tally_at(places, key ? key : 1);
    if (*place == 0)
        *place = (int64_t)++ * count;
    return (uint32_t)*place - 1;
}

static uint32_t address_number(struct simulation *simulation, uint32_t channel, const char *address)
{
    size_t count = simulation->address_count;
    uint64_t key = hash_text(hash_int(hash_begin(), channel), address);
    uint32_t number = number_for(&simulation->address_places, key, &count);
    simulation->address_count = (uint32_t)count;
    return number;
}

static uint32_t person_number(struct simulation *simulation, int person, const char *phone)
{
    size_t count = simulation->person_count;
    uint64_t key = hash_text(hash_int(hash_begin(), person), phone);
    uint32_t number = number_for(&simulation->person_places, key, &count);
    if (count > simulation->person_count) {
        simulation->person_roles =
            simulation_room(simulation->person_roles, simulation->person_count,
                            &simulation->person_capacity, sizeof *simulation->person_roles);
        simulation->person_roles[simulation->person_count++] = (uint8_t)person;
    }
    return (uint32_t)simulation->directory->count + number;
}

/* The number of a party; false: it is new, and has to be filled in. */
static bool find_party(struct simulation *simulation, uint64_t key, uint32_t *number)
{
    size_t count = simulation->party_count;
    *number = number_for(&simulation->party_places, key, &simulation->party_count);
    if (simulation->party_count == count)
        return true;
    simulation->parties = simulation_room(simulation->parties, count, &simulation->party_capacity,
                                          sizeof *simulation->parties);
    return false;
}

uint32_t simulation_person(struct simulation *simulation, const struct way *way,
                           const struct facts *facts)
{
    const struct channel *channel = way->route->channel;
    const char *phone = number_of(facts, way->person);
    uint64_t key = hash_int(hash_int(hash_begin(), way->person), way->channel);
    uint32_t number;
    if (find_party(simulation, hash_text(key, phone), &number))
        return number;
    simulation->parties[number] =
        (struct party){.address = address_number(simulation, way->channel, phone),
                       .recipient = person_number(simulation, way->person, phone),
                       .contact = NO_INDEX,
                       .channel = way->channel,
                       .can_be_used = channel->type->check_address(phone, NULL),
                       .role = way->route->role};
    return number;
}

uint32_t simulation_contact(struct simulation *simulation, const struct way *way,
                            uint32_t recipient, uint32_t contact)
{
    const struct directory_entry *entry = &simulation->directory->entries[recipient];
    const char *address = entry->contacts[contact - simulation->first_contact[recipient]].address;
    uint64_t key = hash_text(hash_int(hash_begin(), contact), way->route->role);
    uint32_t number;
    if (find_party(simulation, key, &number))
        return number;
    simulation->parties[number] =
        (struct party){.address = address_number(simulation, way->channel, address),
                       .recipient = recipient,
                       .contact = contact,
                       .channel = way->channel,
                       .can_be_used = way->route->channel->type->check_address(address, NULL),
                       .role = way->route->role};
    return number;
}
