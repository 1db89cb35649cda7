/* Limits and the words for their units. */
#include "duban/limit.h"

#include <stdio.h>
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

bool limit_parse(const char *text, struct limit *limit, struct error *error)
{
    int value, used = 0;
    char word[16];
    if (text[0] >= '0' && text[0] <= '9' &&
        sscanf(text, "%7d %15[a-z]%n", &value, word, &used) == 2 && text[used] == '\0' &&
        value <= LIMIT_VALUE_MOST) {
        size_t length = strlen(word);
        if (word[length - 1] == 's')
            word[length - 1] = '\0';
        limit->value = value;
        if (limit_unit_parse(word, &limit->unit, NULL))
            return true;
    }
    return error_set(
        error, "'%.40s' is no limit; expected a number and workdays, days, workhours or hours",
        text);
}
