/* Fuzzes the suspensions' JSON: what is read must be sorted and must not overlap. */
#include "duban/suspension.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suspension list[SUSPENSIONS_MOST];
    struct error error;
    size_t count;
    if (!suspensions_parse((const char *)data, size, list, &count, &error))
        return 0;
    for (size_t i = 1; i < count; i++)
        if (list[i - 1].to == WALL_NONE || list[i - 1].to > list[i].from)
            abort();
    return 0;
}
