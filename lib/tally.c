/* Open addressing with linear steps; a table is at most two thirds full. */
#include "duban/tally.h"

#include "duban/hash.h"
#include "duban/mem.h"

#include <assert.h>
#include <string.h>

#define SLOTS_LEAST 16

/* Keys are packed numbers, which differ in few bits. */
static size_t slot_of(uint64_t key, size_t capacity)
{
    key ^= key >> 32;
    key *= UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(key >> 20) & (capacity - 1);
}

/* The slot of a key, or the free one where it would be. */
static struct tally_slot *find(const struct tally *tally, uint64_t key)
{
    size_t place = slot_of(key, tally->capacity);
    while (tally->slots[place].key != 0 && tally->slots[place].key != key)
        place = (place + 1) & (tally->capacity - 1);
    return &tally->slots[place];
}

static void grow(struct tally *tally)
{
    struct tally larger = {.used = tally->used,
                           .capacity = tally->capacity ? 2 * tally->capacity : SLOTS_LEAST};
    larger.slots = mem_zero(larger.capacity, sizeof *larger.slots);
    for (size_t i = 0; i < tally->capacity; i++)
        if (tally->slots[i].key != 0)
            *find(&larger, tally->slots[i].key) = tally->slots[i];
    free(tally->slots);
    *tally = larger;
}

int64_t *tally_at(struct tally *tally, uint64_t key)
{
    assert(key != 0);
    if (3 * (tally->used + 1) > 2 * tally->capacity)
        grow(tally);
    struct tally_slot *slot = find(tally, key);
    tally->used += slot->key == 0;
    slot->key = key;
    return &slot->count;
}

int64_t tally_of(const struct tally *tally, uint64_t key)
{
    return tally->capacity && key != 0 ? find(tally, key)->count : 0;
}

static int by_key(const void *left, const void *right)
{
    const struct tally_slot *a = left, *b = right;
    return (a->key > b->key) - (a->key < b->key);
}

struct tally_slot *tally_sorted(const struct tally *tally, size_t *count)
{
    struct tally_slot *list = mem_zero(tally->used + 1, sizeof *list);
    *count = 0;
    for (size_t i = 0; i < tally->capacity; i++)
        if (tally->slots[i].key != 0)
            list[(*count)++] = tally->slots[i];
    qsort(list, *count, sizeof *list, by_key);
    return list;
}

void tally_finish(struct tally *tally)
{
    free(tally->slots);
    *tally = (struct tally){0};
}

/* --- names --- */

static uint64_t key_of(const char *text)
{
    return hash_text(hash_begin(), text) | 1;
}

/* Another text may have the same hash: the one after it is looked at then. */
size_t names_find(const struct names *names, const char *text)
{
    for (uint64_t key = key_of(text);; key += 2) {
        int64_t place = tally_of(&names->places, key);
        if (place == 0)
            return NO_NAME;
        if (strcmp(names->texts[place - 1], text) == 0)
            return (size_t)place - 1;
    }
}

static size_t add_name(struct names *names, const char *text)
{
    uint64_t key = key_of(text);
    while (tally_of(&names->places, key) != 0)
        key += 2;
    if (names->count == names->capacity) {
        names->capacity = names->capacity ? 2 * names->capacity : SLOTS_LEAST;
        names->texts = mem_grow(names->texts, names->capacity, sizeof *names->texts);
    }
    names->texts[names->count] = mem_text(text);
    *tally_at(&names->places, key) = (int64_t)++names->count;
    return names->count - 1;
}

size_t names_number(struct names *names, const char *text)
{
    size_t number = names_find(names, text);
    return number != NO_NAME ? number : add_name(names, text);
}

void names_finish(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->texts[i]);
    free(names->texts);
    tally_finish(&names->places);
    *names = (struct names){0};
}
