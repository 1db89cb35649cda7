/* Levels by their names. */
#include "duban/policy.h"

#include <string.h>

size_t policy_rank(const struct policy *policy, const char *level)
{
    for (size_t i = 0; i < policy->count; i++)
        if (strcmp(policy->levels[i].name, level) == 0)
            return i + 1;
    return 0;
}
