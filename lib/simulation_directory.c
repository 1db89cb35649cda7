/* The directory of a simulation: who holds which duty, who stands in, who is on duty. */
#include "simulation_parts.h"

#include "duban/mem.h"

#include <string.h>

static size_t role_index(const char *role)
{
    size_t i = 0;
    while (i < ENTRY_KINDS && strcmp(entry_kind_words[i], role) != 0)
        i++;
    return i;
}

/* directory_duties tells them by entry, and of an entry by role, both in order. */
static void index_duties(struct simulation *simulation)
{
    size_t count, entries = simulation->directory->count;
    simulation->duties = directory_duties(simulation->directory, &count);
    simulation->duty_recipients = mem_zero(count + 1, sizeof *simulation->duty_recipients);
    simulation->duty_first = mem_zero(entries * ENTRY_KINDS + 1, sizeof *simulation->duty_first);
    for (size_t i = 0; i < count; i++) {
        const struct directory_duty *duty = &simulation->duties[i];
        size_t entry = names_find(&simulation->codes, duty->code);
        simulation->duty_recipients[i] = (uint32_t)names_find(&simulation->codes, duty->recipient);
        simulation->duty_first[entry * ENTRY_KINDS + role_index(duty->role) + 1]++;
    }
    for (size_t i = 0; i < entries * ENTRY_KINDS; i++)
        simulation->duty_first[i + 1] += simulation->duty_first[i];
}

static void index_contacts(struct simulation *simulation)
{
    const struct directory *directory = simulation->directory;
    simulation->first_contact = mem_zero(directory->count + 1, sizeof(uint32_t));
    for (size_t i = 0; i < directory->count; i++) {
        size_t count = directory->entries[i].contact_count;
        simulation->contacts = mem_grow(simulation->contacts, simulation->contact_count + count + 1,
                                        sizeof *simulation->contacts);
        simulation->first_contact[i] = (uint32_t)simulation->contact_count;
        for (size_t k = 0; k < count; k++)
            simulation->contacts[simulation->contact_count++] =
                (struct place_of_contact){.entry = (uint32_t)i, .index = (uint32_t)k};
    }
    simulation->first_contact[directory->count] = (uint32_t)simulation->contact_count;
}

void simulation_read_directory(struct simulation *simulation)
{
    const struct directory *directory = simulation->directory;
    for (size_t i = 0; i < directory->count; i++)
        names_number(&simulation->codes, directory->entries[i].code);
    index_duties(simulation);
    index_contacts(simulation);
}

void simulation_finish_directory(struct simulation *simulation)
{
    names_finish(&simulation->codes);
    free(simulation->duties);
    free(simulation->duty_recipients);
    free(simulation->duty_first);
    free(simulation->first_contact);
    free(simulation->contacts);
}

uint32_t simulation_place(const struct simulation *simulation, const struct facts *facts)
{
    size_t place = names_find(&simulation->codes, facts->window_code);
    if (place == NO_NAME)
        place = names_find(&simulation->codes, facts->department_code);
    return place == NO_NAME ? NO_INDEX : (uint32_t)place;
}

/* --- deputies --- */

static bool has_contact(const struct directory_entry *entry, const char *channel)
{
    for (size_t i = 0; i < entry->contact_count; i++)
        if (strcmp(entry->contacts[i].channel, channel) == 0)
            return true;
    return false;
}

uint32_t simulation_stand_in(const struct simulation *simulation, uint32_t entry,
                             const char *channel, day_number day)
{
    const struct directory_entry *entries = simulation->directory->entries;
    size_t at = entry;
    for (int step = 0; date_ranges_hold(&entries[at].absent, day); step++) {
        size_t deputy = names_find(&simulation->codes, entries[at].deputy);
        if (step == DEPUTIES_MOST || deputy == NO_NAME)
            return entry;
        at = deputy;
    }
    return has_contact(&entries[at], channel) ? (uint32_t)at : entry;
}

/* --- days of duty --- */

/* What a day is like can't be told beyond the calendar, which speaks against no one. */
static bool is_on(const struct simulation *simulation, const struct directory_contact *contact,
                  day_number day)
{
    struct calendar_day found;
    bool known = calendar_day(simulation->config->calendar, day, &found, NULL);
    return !date_ranges_hold(&contact->absent, day) &&
           roster_holds(&contact->on, day, known ? &found.working : NULL);
}

bool simulation_on_duty(const struct simulation *simulation, uint32_t contact, day_number day)
{
    const struct place_of_contact *place = &simulation->contacts[contact];
    const struct directory_entry *entry = &simulation->directory->entries[place->entry];
    const struct directory_contact *own = &entry->contacts[place->index];
    if (is_on(simulation, own, day))
        return true;
    for (size_t i = 0; i < entry->contact_count; i++)
        if (strcmp(entry->contacts[i].channel, own->channel) == 0 &&
            is_on(simulation, &entry->contacts[i], day))
            return false;
    return true;
}
