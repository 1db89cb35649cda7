/* FNV-1a, 64 bits. */
#include "duban/hash.h"

#include <string.h>

uint64_t hash_begin(void)
{
    return UINT64_C(14695981039346656037);
}

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
    return hash;
}

uint64_t hash_int(uint64_t hash, int64_t value)
{
    return hash_bytes(hash, &value, sizeof value);
}

uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text) + 1);
}
