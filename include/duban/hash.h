/* A 64-bit hash for "has anything changed" (FNV-1a). Not for secrets. */
#ifndef DUBAN_HASH_H
#define DUBAN_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_begin(void);
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length);
uint64_t hash_int(uint64_t hash, int64_t value);

/* The text and its end, so that ("a", "bc") differs from ("ab", "c"). */
uint64_t hash_text(uint64_t hash, const char *text);

#endif
