/* Events into notifications, as duban.notify and the reminder stage make them. */
#include "simulation_parts.h"

#include "duban/case_clock.h"
#include "duban/hash.h"
#include "duban/mem.h"
#include "duban/reminder.h"

#include <string.h>

#define NEVER INT64_MAX

const char *const person_role_words[PERSON_ROLES] = {"applicant", "handler", "agent"};

static const char *number_of(const struct facts *facts, int person)
{
    const char *const numbers[PERSON_ROLES] = {facts->applicant_phone, facts->handler_phone,
                                               facts->agent_phone};
    return numbers[person] ? numbers[person] : "";
}

/* --- ways --- */

static int word_index(const char *const *words, int count, const char *word)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

/* A route is always taken for the same kind of events. */
static uint32_t find_way(struct simulation *simulation, const struct config_route *route,
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
                     .hours = config_hours(config, kind, route->role),
                     .channel = (uint32_t)(route->channel - config->channels),
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

static uint32_t person_party(struct simulation *simulation, const struct way *way,
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
                       .channel = (uint16_t)way->channel,
                       .can_be_used = channel->type->check_address(phone, NULL),
                       .role = way->route->role};
    return number;
}

static uint32_t contact_party(struct simulation *simulation, const struct way *way,
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
                       .channel = (uint16_t)way->channel,
                       .can_be_used = way->route->channel->type->check_address(address, NULL),
                       .role = way->route->role};
    return number;
}

/* --- whom an event is told to --- */

/* What is told, and until when that holds. */
struct tidings {
    struct simulation *simulation;
    const struct facts *facts;
    const char *kind;
    wall_us at, stale_at;
    uint32_t place; /* entry, or NO_INDEX */
    day_number day;
};

static void add_note(const struct tidings *tidings, uint32_t way, uint32_t party)
{
    struct simulation *simulation = tidings->simulation;
    simulation->notes = simulation_room(simulation->notes, simulation->note_count,
                                        &simulation->note_capacity, sizeof *simulation->notes);
    simulation->notes[simulation->note_count++] =
        (struct note){.at = tidings->at, .stale_at = tidings->stale_at, .party = party, .way = way};
}

static void add_target(struct simulation *simulation, struct target target)
{
    simulation->targets =
        simulation_room(simulation->targets, simulation->target_count, &simulation->target_capacity,
                        sizeof *simulation->targets);
    simulation->targets[simulation->target_count++] = target;
}

/* A person gets its notification at once; holders of duties are collected. */
static void add_route(void *context, const struct config_route *route)
{
    const struct tidings *tidings = context;
    struct simulation *simulation = tidings->simulation;
    uint32_t index = find_way(simulation, route, tidings->kind);
    const struct way *way = &simulation->ways[index];
    if (way->person >= 0) {
        add_note(tidings, index, person_party(simulation, way, tidings->facts));
        return;
    }
    size_t first = 0, end = 0;
    if (tidings->place != NO_INDEX && way->entry_kind >= 0) {
        size_t duty = (size_t)tidings->place * ENTRY_KINDS + (size_t)way->entry_kind;
        first = simulation->duty_first[duty];
        end = simulation->duty_first[duty + 1];
    }
    if (first == end)
        simulation->channels[way->channel].unreachable++;
    for (size_t i = first; i < end; i++) {
        uint32_t holder = simulation->duty_recipients[i];
        uint32_t stand_in =
            simulation_stand_in(simulation, holder, route->channel->name, tidings->day);
        add_target(simulation,
                   (struct target){.way = index, .holder = holder, .recipient = stand_in});
    }
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
        add_note(tidings, target->way, contact_party(simulation, way, target->recipient, contact));
        reached = true;
    }
    if (!reached)
        simulation->channels[simulation->ways[target->way].channel].unreachable++;
}

static void tell_targets(const struct tidings *tidings)
{
    struct simulation *simulation = tidings->simulation;
    for (size_t i = 0; i < simulation->target_count; i++)
        if (!is_told_otherwise(simulation, i))
            tell_target(tidings, &simulation->targets[i]);
    simulation->target_count = 0;
}

/* --- until when it holds --- */

static bool is_end(const char *kind)
{
    static const char *const ends[] = {"completed", "returned", "withdrawn", "met"};
    return word_index(ends, COUNT_OF(ends), kind) >= 0;
}

/* When the clock is next at another level, under another deadline, or ends. */
static wall_us next_of_clock(const struct simulation *simulation, size_t index)
{
    const struct history_event *event = &simulation->events[index];
    for (size_t i = index + 1; i < simulation->case_events; i++) {
        const struct history_event *later = &simulation->events[i];
        if (later->clock == event->clock &&
            (later->rank != event->rank || later->deadline_version != event->deadline_version ||
             is_end(later->kind)))
            return later->recorded_at;
    }
    return NEVER;
}

static bool is_suspended(const struct config_clock *clock, const struct facts *facts, wall_us at)
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
        if (from > after && is_suspended(clock, facts, from))
            return from;
    }
    return NEVER;
}

/* When a clock at no level next gets another deadline, of which there is no event. */
static wall_us next_deadline(const struct config_clock *clock, const struct facts *facts,
                             wall_us after)
{
    wall_us next = NEVER;
    for (size_t i = 0; i < facts->suspension_count; i++) {
        const struct suspension *suspension = &facts->suspensions[i];
        if (suspension->to > after && suspension->to < next &&
            is_suspended(clock, facts, suspension->to - 1))
            next = suspension->to;
    }
    for (size_t i = 0; i < facts->extension_count; i++)
        if (facts->extensions[i].at > after && facts->extensions[i].at < next)
            next = facts->extensions[i].at;
    return next;
}

/* As duban.stale_reason: what was told at `at` of an event that holds until `gone_at`. */
static wall_us stale_at(const struct history_event *event, const struct facts *facts, wall_us at,
                        wall_us gone_at)
{
    wall_us next = gone_at;
    if (is_end(event->kind))
        return NEVER;
    if (strcmp(event->kind, "cleared") != 0)
        next = next_suspension(event->clock, facts, at);
    else if (event->rank == 0)
        next = next_deadline(event->clock, facts, at);
    return next < gone_at ? next : gone_at;
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
        add_route(tidings, &configured->routes[i]);
    tell_targets(tidings);
}

static void remind(struct tidings *tidings, const struct history_event *event, wall_us gone_at)
{
    struct simulation *simulation = tidings->simulation;
    const struct config_reminder *configured = config_reminder(simulation->config, event->kind);
    const struct calendar *calendar = event->clock->terms.rule.calendar;
    struct reminder reminder = {.told_at = event->recorded_at};
    struct reminder_plan plan;
    if (configured == NULL)
        return;
    tidings->kind = "reminder";
    for (wall_us now = event->recorded_at;
         now != WALL_NONE && now < gone_at && now < simulation->to; now = plan.next_at) {
        reminder.may_tell = !is_suspended(event->clock, tidings->facts, now);
        reminder_decide(&reminder, calendar, (int32_t)configured->most, now, &plan);
        if (plan.number == 0)
            continue;
        reminder.sent = plan.number;
        tidings->at = now;
        tidings->stale_at = stale_at(event, tidings->facts, now, gone_at);
        tidings->day = zone_day(calendar_zone(simulation->config->calendar), now);
        tell_reminder(tidings, event, configured, plan.number);
    }
}

void simulation_tell(struct simulation *simulation, const struct facts *facts)
{
    uint32_t place = simulation_place(simulation, facts);
    for (size_t i = 0; i < simulation->case_events; i++) {
        const struct history_event *event = &simulation->events[i];
        if (strcmp(event->told, TOLD_YES) != 0)
            continue;
        wall_us gone_at = next_of_clock(simulation, i);
        struct tidings tidings = {
            .simulation = simulation,
            .facts = facts,
            .kind = event->kind,
            .at = event->recorded_at,
            .stale_at = stale_at(event, facts, event->recorded_at, gone_at),
            .place = place,
            .day = zone_day(calendar_zone(simulation->config->calendar), event->recorded_at)};
        history_routes(simulation->config, event, add_route, &tidings);
        tell_targets(&tidings);
        remind(&tidings, event, gone_at);
    }
}
