/* Seals: eight bytes a number, the highest first, between the hashes. */
#include "duban/seal.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS 6

static void put_number(unsigned char bytes[8], int64_t number)
{
    uint64_t rest = (uint64_t)number;
    for (int i = 7; i >= 0; i--, rest >>= 8)
        bytes[i] = (unsigned char)(rest & 0xff);
}

void seal_hash(const struct seal *seal, const unsigned char *previous, size_t previous_bytes,
               unsigned char hash[DIGEST_SHA256_BYTES])
{
    const int64_t numbers[NUMBERS] = {seal->form,  seal->number, seal->after_event,
                                      seal->up_to, seal->events, seal->sealed_at};
    unsigned char head[8 * NUMBERS];
    for (size_t i = 0; i < NUMBERS; i++)
        put_number(head + 8 * i, numbers[i]);
    const struct digest_part parts[] = {
        {previous, previous_bytes}, {head, sizeof head}, {seal->entries, seal->entries_bytes}};
    sha256_parts(parts, sizeof parts / sizeof *parts, hash);
}

bool seal_holds(const struct seal *seal, const unsigned char *previous, size_t previous_bytes)
{
    unsigned char hash[DIGEST_SHA256_BYTES];
    if (seal->form != SEAL_FORM || seal->hash_bytes != sizeof hash || seal->events <= 0 ||
        seal->entries_bytes % SEAL_ENTRY_BYTES != 0 ||
        (uint64_t)seal->events != seal->entries_bytes / SEAL_ENTRY_BYTES)
        return false;
    seal_hash(seal, previous, previous_bytes, hash);
    return CRYPTO_memcmp(hash, seal->hash, sizeof hash) == 0;
}

size_t seal_count(const struct seal *seal)
{
    return seal->entries_bytes / SEAL_ENTRY_BYTES;
}

int64_t seal_event(const struct seal *seal, size_t index)
{
    const unsigned char *bytes = seal->entries + index * SEAL_ENTRY_BYTES;
    uint64_t id = 0;
    for (size_t i = 0; i < 8; i++)
        id = id << 8 | bytes[i];
    return (int64_t)id;
}

bool seal_matches(const struct seal *seal, size_t index, const char *text, size_t length)
{
    unsigned char digest[DIGEST_SHA256_BYTES];
    const struct digest_part part = {text, length};
    sha256_parts(&part, 1, digest);
    return memcmp(seal->entries + index * SEAL_ENTRY_BYTES + 8, digest, sizeof digest) == 0;
}
