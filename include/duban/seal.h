/* Seals of the ledger: how events and seals are hashed (sql/schema/006_seal.sql). */
#ifndef DUBAN_SEAL_H
#define DUBAN_SEAL_H

#include "duban/digest.h"
#include "duban/instant.h"

#include <stdbool.h>
#include <stddef.h>

#define SEAL_FORM        1 /* the only one so far */
#define SEAL_ENTRY_BYTES (8 + DIGEST_SHA256_BYTES)

/* One seal as it is stored; the bytes belong to whoever read it. */
struct seal {
    int64_t number, form, after_event, up_to, events;
    wall_us sealed_at;
    const unsigned char *entries, *hash;
    size_t entries_bytes, hash_bytes;
};

/* The hash that the seal should have after `previous`, which is empty for the first one. */
void seal_hash(const struct seal *seal, const unsigned char *previous, size_t previous_bytes,
               unsigned char hash[DIGEST_SHA256_BYTES]);

/* Whether it is whole in itself and follows upon `previous`. */
bool seal_holds(const struct seal *seal, const unsigned char *previous, size_t previous_bytes);

/* The entries it holds; which event the entry at `index` is of, and whether it is of this text. */
size_t seal_count(const struct seal *seal);
int64_t seal_event(const struct seal *seal, size_t index);
bool seal_matches(const struct seal *seal, size_t index, const char *text, size_t length);

#endif
