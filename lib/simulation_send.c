/* Notifications into messages, address by address in order of time, as the composer does: what is
 * stale goes, what may not be told yet waits, and on a channel that gathers the first message goes
 * at once and the rest of its stretch together (daemon/bundle.c). */
#include "simulation_parts.h"

#include "duban/hash.h"
#include "duban/mem.h"

#include <string.h>

#define CHANNEL_BITS 10
#define DAY_BITS     22
#define MINUTE_US    (60 * US_PER_S)

uint64_t simulation_sent_key(uint32_t recipient, uint32_t channel, size_t day)
{
    return ((uint64_t)recipient + 1) << (CHANNEL_BITS + DAY_BITS) | (uint64_t)channel << DAY_BITS |
           (uint64_t)day;
}

uint32_t simulation_sent_recipient(uint64_t key)
{
    return (uint32_t)((key >> (CHANNEL_BITS + DAY_BITS)) - 1);
}

uint32_t simulation_sent_channel(uint64_t key)
{
    return (uint32_t)(key >> DAY_BITS & ((1u << CHANNEL_BITS) - 1));
}

size_t simulation_sent_day(uint64_t key)
{
    return (size_t)(key & ((1u << DAY_BITS) - 1));
}

/* A notification that waits. */
struct waiting {
    const struct note *note;
    wall_us release_at;
    bool gathers; /* still waits for others of its group */
    bool taken;   /* is looked at in this turn */
};

/* One address of a channel, in the middle of time. */
struct queue {
    struct simulation *simulation;
    const struct channel *channel;
    struct simulation_channel *figures;
    wall_us now;
    wall_us sent_at; /* the last message that counts against the stretch; WALL_NONE */
    size_t count, capacity;
    struct waiting *items;
};

static const struct party *party_of(const struct queue *queue, const struct note *note)
{
    return &queue->simulation->parties[note->party];
}

static void forget(struct queue *queue, size_t index)
{
    queue->items[index] = queue->items[--queue->count];
}

/* --- one message --- */

/* What was told of a level that will be taken back. */
static uint64_t reached_key(const struct note *note)
{
    return (uint64_t)note->series << 32 | note->party;
}

static void send(struct queue *queue, const struct note *note, int64_t notifications)
{
    struct simulation *simulation = queue->simulation;
    const struct party *party = party_of(queue, note);
    const struct zone *zone = calendar_zone(simulation->config->calendar);
    size_t day = (size_t)(zone_day(zone, queue->now) - simulation->first_day);
    size_t minute = (size_t)((queue->now - simulation->from) / MINUTE_US);
    queue->figures->messages++;
    queue->figures->notifications += notifications;
    simulation->day_notifications[day] += notifications;
    simulation->minutes[party->channel * simulation->minute_count + minute]++;
    ++*tally_at(&simulation->sent, simulation_sent_key(party->recipient, party->channel, day));
}

static void note_reached(struct queue *queue, const struct note *note)
{
    if (note->series && !note->clears)
        ++*tally_at(&queue->simulation->reached, reached_key(note));
}

/* --- whether it comes to be, and goes now --- */

/* That a level is taken back is told once to a recipient at an address: by a route, or because it
 * was told of the level. Such notifications come in this order. */
static bool comes_to_be(struct queue *queue, const struct note *note)
{
    struct simulation *simulation = queue->simulation;
    if (!note->clears)
        return true;
    const struct party *party = party_of(queue, note);
    if (note->if_warned && tally_of(&simulation->reached, reached_key(note)) == 0)
        return false;
    uint64_t key = (uint64_t)note->series << 32 | party->recipient;
    uint64_t both[] = {key, party->address};
    int64_t *told = tally_at(&simulation->cleared, hash_bytes(hash_begin(), both, sizeof both) | 1);
    return (*told)++ == 0;
}

/* Who was warned hears that it is over, on duty or not. */
static bool was_warned(const struct queue *queue, const struct note *note)
{
    return note->clears && tally_of(&queue->simulation->reached, reached_key(note)) > 0;
}

/* What isn't told at all is counted, and forgotten. */
static bool is_dropped(struct queue *queue, const struct note *note)
{
    const struct party *party = party_of(queue, note);
    struct simulation *simulation = queue->simulation;
    if (queue->now >= note->stale_at) {
        queue->figures->cancelled++;
        return true;
    }
    day_number day = zone_day(calendar_zone(simulation->config->calendar), queue->now);
    if (party->contact != NO_INDEX && !was_warned(queue, note) &&
        !simulation_on_duty(simulation, party->contact, day)) {
        queue->figures->off_duty++;
        return true;
    }
    return false;
}

static wall_us next_hour(const struct queue *queue, const struct note *note)
{
    const struct simulation *simulation = queue->simulation;
    return hours_next(simulation->hours[note->hours], simulation->config->calendar, queue->now);
}

/* Looks at a notification that is taken: false when it is gone. */
static bool look_at(struct queue *queue, struct waiting *item)
{
    if (is_dropped(queue, item->note))
        return false;
    wall_us next = next_hour(queue, item->note);
    if (next > queue->now) {
        item->release_at = next;
        item->gathers = item->taken = false;
        return true;
    }
    if (!party_of(queue, item->note)->can_be_used) {
        queue->figures->unreachable++;
        return false;
    }
    return true;
}

/* --- bundles --- */

static const char *recipient_code(const struct simulation *simulation, const struct party *party)
{
    return party->contact == NO_INDEX ? party->role
                                      : simulation->directory->entries[party->recipient].code;
}

/* The first of the parties that have something to tell, by recipient and role; NO_INDEX. */
static uint32_t first_party(const struct queue *queue)
{
    const struct simulation *simulation = queue->simulation;
    uint32_t first = NO_INDEX;
    for (size_t i = 0; i < queue->count; i++) {
        uint32_t found = queue->items[i].note->party;
        if (!queue->items[i].taken || found == first)
            continue;
        const struct party *a = &simulation->parties[found], *b = &simulation->parties[first];
        int order = first == NO_INDEX
                        ? -1
                        : strcmp(recipient_code(simulation, a), recipient_code(simulation, b));
        if (order < 0 || (order == 0 && strcmp(a->role, b->role) < 0))
            first = found;
    }
    return first;
}

/* All of a party that was taken becomes one message, or waits until `until`. */
static void end_bundle(struct queue *queue, uint32_t party, wall_us until)
{
    int64_t carried = 0;
    const struct note *first = NULL;
    for (size_t i = 0; i < queue->count;) {
        struct waiting *item = &queue->items[i];
        if (!item->taken || item->note->party != party) {
            i++;
            continue;
        }
        if (until == queue->now) {
            first = item->note;
            note_reached(queue, first);
            carried++;
            forget(queue, i);
        } else {
            item->taken = item->gathers = false;
            item->release_at = until;
            i++;
        }
    }
    if (first)
        send(queue, first, carried);
}

/* As quota_next, with one message a stretch. */
static wall_us stretch_end(const struct queue *queue, int64_t waiting)
{
    span_us span = queue->channel->digest_us;
    if (queue->sent_at == WALL_NONE || queue->now >= queue->sent_at + span)
        return queue->now;
    return queue->sent_at + span + waiting * span;
}

static void make_bundles(struct queue *queue)
{
    int64_t waiting = 0;
    for (uint32_t party; (party = first_party(queue)) != NO_INDEX;) {
        wall_us until = stretch_end(queue, waiting);
        end_bundle(queue, party, until);
        if (until > queue->now)
            waiting++;
        else
            queue->sent_at = queue->now;
    }
}

/* --- a turn --- */

/* With what is due comes what gathers for the same party, but for persons. */
static void take(struct queue *queue)
{
    for (size_t i = 0; i < queue->count; i++)
        queue->items[i].taken = queue->items[i].release_at <= queue->now;
    for (size_t i = 0; i < queue->count; i++) {
        struct waiting *item = &queue->items[i];
        if (item->taken || !item->gathers || party_of(queue, item->note)->contact == NO_INDEX)
            continue;
        for (size_t k = 0; k < queue->count && !item->taken; k++)
            item->taken = queue->items[k].release_at <= queue->now &&
                          queue->items[k].note->party == item->note->party;
    }
}

static void turn(struct queue *queue)
{
    take(queue);
    for (size_t i = 0; i < queue->count;) {
        if (!queue->items[i].taken || look_at(queue, &queue->items[i]))
            i++;
        else
            forget(queue, i);
    }
    make_bundles(queue);
}

static wall_us next_release(const struct queue *queue)
{
    wall_us next = INT64_MAX;
    for (size_t i = 0; i < queue->count; i++)
        if (queue->items[i].release_at < next)
            next = queue->items[i].release_at;
    return next;
}

static void add_waiting(struct queue *queue, const struct note *note)
{
    span_us gather = queue->channel->gather_us > 0 ? queue->channel->gather_us : 1;
    queue->items =
        simulation_room(queue->items, queue->count, &queue->capacity, sizeof *queue->items);
    queue->items[queue->count++] =
        (struct waiting){.note = note, .release_at = note->at + gather, .gathers = true};
}

/* --- an address --- */

/* On a channel that doesn't gather each notification goes by itself. */
static void run_single(struct queue *queue, const struct note *note)
{
    wall_us to = queue->simulation->to;
    struct waiting item = {.note = note, .release_at = note->at, .taken = true};
    if (!comes_to_be(queue, note))
        return;
    for (queue->now = note->at; queue->now < to; queue->now = item.release_at) {
        item.taken = true;
        if (!look_at(queue, &item))
            return;
        if (item.taken) {
            send(queue, note, 1);
            note_reached(queue, note);
            return;
        }
    }
    queue->figures->held++;
}

static void run_gathering(struct queue *queue, const struct note *notes, size_t count)
{
    wall_us to = queue->simulation->to;
    size_t next = 0;
    queue->sent_at = WALL_NONE;
    queue->count = 0;
    while (true) {
        queue->now = next_release(queue);
        if (next < count && notes[next].at <= queue->now) {
            if (comes_to_be(queue, &notes[next]))
                add_waiting(queue, &notes[next]);
            next++;
            continue;
        }
        if (queue->now >= to)
            break;
        turn(queue);
    }
    queue->figures->held += (int64_t)queue->count;
}

static int by_time(const void *left, const void *right)
{
    const struct note *a = left, *b = right;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

static void run_address(struct queue *queue, struct note *notes, size_t count)
{
    struct simulation *simulation = queue->simulation;
    if (count == 0)
        return;
    const struct party *party = &simulation->parties[notes[0].party];
    queue->channel = &simulation->config->channels[party->channel];
    queue->figures = &simulation->channels[party->channel];
    if (queue->channel->digest_us == 0) {
        for (size_t i = 0; i < count; i++)
            run_single(queue, &notes[i]);
        return;
    }
    qsort(notes, count, sizeof *notes, by_time);
    run_gathering(queue, notes, count);
}

/* The notes by address; `first` tells where each begins. */
static struct note *by_address(const struct simulation *simulation, size_t *first)
{
    struct note *sorted = mem_zero(simulation->note_count + 1, sizeof *sorted);
    AUTO_FREE size_t *next = mem_zero(simulation->address_count + 1u, sizeof *next);
    for (size_t i = 0; i < simulation->note_count; i++)
        first[simulation->parties[simulation->notes[i].party].address + 1]++;
    for (size_t i = 0; i < simulation->address_count; i++)
        next[i] = first[i + 1] += first[i];
    for (size_t i = simulation->note_count; i > 0; i--) {
        const struct note *note = &simulation->notes[i - 1];
        sorted[--next[simulation->parties[note->party].address]] = *note;
    }
    return sorted;
}

void simulation_send(struct simulation *simulation)
{
    AUTO_FREE size_t *first = mem_zero(simulation->address_count + 1u, sizeof *first);
    AUTO_FREE struct note *sorted = by_address(simulation, first);
    struct queue queue = {.simulation = simulation};
    for (size_t i = 0; i < simulation->address_count; i++)
        run_address(&queue, sorted + first[i], first[i + 1] - first[i]);
    free(queue.items);
}
