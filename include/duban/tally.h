/* Counts by number, and numbers for texts: what is gathered of a million cases. Pure; grows as it
 * needs to. */
#ifndef DUBAN_TALLY_H
#define DUBAN_TALLY_H

#include <stddef.h>
#include <stdint.h>

/* Key → count. Zeroed memory is an empty one. */
struct tally_slot {
    uint64_t key; /* 0: free */
    int64_t count;
};

struct tally {
    size_t used, capacity;
    struct tally_slot *slots;
};

/* The count of a key, which is never 0; it begins at 0. Valid until the next call. */
int64_t *tally_at(struct tally *tally, uint64_t key);

/* The count, 0 for a key that was never asked for. */
int64_t tally_of(const struct tally *tally, uint64_t key);

/* Copies of all slots in use, by key; the caller frees them. */
struct tally_slot *tally_sorted(const struct tally *tally, size_t *count);

void tally_finish(struct tally *tally);

/* Texts, numbered from 0 in the order in which they came. Zeroed memory is an empty list. */
struct names {
    size_t count, capacity;
    char **texts;
    struct tally places; /* hash → number + 1 */
};

#define NO_NAME SIZE_MAX

/* The number of a text, which is added when it is new. */
size_t names_number(struct names *names, const char *text);

/* NO_NAME when it was never added. */
size_t names_find(const struct names *names, const char *text);

void names_finish(struct names *names);

#endif
