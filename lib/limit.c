/* Limits and the words for their units. */
#include "duban/limit.h"

#include <string.h>

static const char *const words[LIMIT_UNITS] = {
    [LIMIT_WORKDAY] = "workday",
    [LIMIT_DAY] = "day",
    [LIMIT_WORKHOUR] = "workhour",
    [LIMIT_HOUR] = "hour",
};

const char *limit_unit_word(enum limit_unit unit)
{
    return words[unit];
}

bool limit_unit_parse(const char *word, enum limit_unit *unit, struct error *error)
{
    for (int i = 0; i < LIMIT_UNITS; i++) {
        if (strcmp(word, words[i]) == 0) {
            *unit = (enum limit_unit)i;
            return true;
        }
    }
    return error_set(error, "unknown unit '%.20s'; expected workday, day, workhour or hour", word);
}
