/* Words for days: parsed, and printed for PostgreSQL. */
#include "duban/roster.h"

#include "duban/mem.h"

#include <string.h>

const char *const roster_days_words[3] = {"", "workdays", "restdays"};
const char *const roster_weekday_words[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

#define BETWEEN      " ,"
#define DATE_BYTES   10
#define WORD_EXAMPLE "2026-10-01 or 2026-10-01..2026-10-03"

/* The next word of a text, copied; false at its end. A longer word is cut, which is as wrong. */
static bool next_word(const char **text, char word[64])
{
    *text += strspn(*text, BETWEEN);
    size_t length = strcspn(*text, BETWEEN), kept = length < 63 ? length : 63;
    memcpy(word, *text, kept);
    word[kept] = '\0';
    *text += length;
    return length > 0;
}

static bool fail_word(const char *word, const char *expected, struct error *error)
{
    return error_set(error, "'%.40s' is no day; expected %s", word, expected);
}

static bool read_range(const char *word, struct date_range *range)
{
    char first[DATE_BYTES + 1] = "";
    const char *last = strlen(word) == DATE_BYTES ? word : word + DATE_BYTES + 2;
    if (strlen(word) != DATE_BYTES &&
        (strlen(word) != 2 * DATE_BYTES + 2 || memcmp(word + DATE_BYTES, "..", 2) != 0))
        return false;
    memcpy(first, word, DATE_BYTES);
    return day_parse(first, &range->first, NULL) && day_parse(last, &range->last, NULL);
}

static bool add_range(struct date_ranges *ranges, const char *word, const char *expected,
                      struct error *error)
{
    struct date_range range;
    if (!read_range(word, &range))
        return fail_word(word, expected, error);
    if (range.last < range.first)
        return error_set(error, "'%s' ends before it begins", word);
    ranges->items = mem_grow(ranges->items, ranges->count + 1, sizeof *ranges->items);
    ranges->items[ranges->count++] = range;
    return true;
}

/* The index of a word, or `count`. */
static size_t find(const char *const *words, size_t count, const char *word)
{
    size_t i = 0;
    while (i < count && strcmp(words[i], word) != 0)
        i++;
    return i;
}

static bool set_days(struct roster *roster, enum roster_days days, struct error *error)
{
    if (roster->days != ROSTER_ANY && roster->days != days)
        return error_set(error, "workdays and restdays together are every day; expected neither");
    roster->days = days;
    return true;
}

static bool add_word(struct roster *roster, const char *word, struct error *error)
{
    size_t days = find(roster_days_words, COUNT_OF(roster_days_words), word);
    size_t weekday = find(roster_weekday_words, COUNT_OF(roster_weekday_words), word);
    if (days < COUNT_OF(roster_days_words))
        return set_days(roster, (enum roster_days)days, error);
    if (weekday == COUNT_OF(roster_weekday_words))
        return add_range(&roster->dates, word, "workdays, restdays, mon to sun, " WORD_EXAMPLE,
                         error);
    roster->weekdays |= 1u << weekday;
    return true;
}

bool roster_add(struct roster *roster, const char *words, struct error *error)
{
    char word[64];
    if (words[strspn(words, BETWEEN)] == '\0')
        return fail_word(words, "workdays, restdays, mon to sun, " WORD_EXAMPLE, error);
    while (next_word(&words, word)) {
        if (!add_word(roster, word, error))
            return false;
    }
    return true;
}

bool date_ranges_add(struct date_ranges *ranges, const char *words, struct error *error)
{
    char word[64];
    if (words[strspn(words, BETWEEN)] == '\0')
        return fail_word(words, WORD_EXAMPLE, error);
    while (next_word(&words, word)) {
        if (!add_range(ranges, word, WORD_EXAMPLE, error))
            return false;
    }
    return true;
}

bool date_ranges_hold(const struct date_ranges *ranges, day_number day)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (ranges->items[i].first <= day && day <= ranges->items[i].last)
            return true;
    return false;
}

bool roster_holds(const struct roster *roster, day_number day, const bool *working)
{
    if (roster->days == ROSTER_ANY && roster->weekdays == 0 && roster->dates.count == 0)
        return true;
    if (roster->weekdays & 1u << (weekday_of(day) - 1) || date_ranges_hold(&roster->dates, day))
        return true;
    if (roster->days == ROSTER_ANY)
        return false;
    return working == NULL || *working == (roster->days == ROSTER_WORKDAYS);
}

void date_ranges_finish(struct date_ranges *ranges)
{
    free(ranges->items);
    *ranges = (struct date_ranges){0};
}

void roster_finish(struct roster *roster)
{
    date_ranges_finish(&roster->dates);
    *roster = (struct roster){0};
}

void date_ranges_sql(const struct date_ranges *ranges, struct buf *out)
{
    char first[DAY_TEXT_BYTES], last[DAY_TEXT_BYTES];
    buf_char(out, '{');
    for (size_t i = 0; i < ranges->count; i++)
        buf_format(out, "%s[%s,%s]", i ? "," : "", day_text(ranges->items[i].first, first),
                   day_text(ranges->items[i].last, last));
    buf_char(out, '}');
}
