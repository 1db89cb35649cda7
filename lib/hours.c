/* Hours in which people may be told: parsed, and found. */
#include "duban/hours.h"

#include <string.h>

#define EXPECTED "any, open, 08:00-21:00 or workdays 08:30-17:30"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "08:00" … "24:00", five characters. */
static bool read_time(const char *text, int32_t *second)
{
    for (size_t i = 0; i < 5; i++) {
        if (i == 2 ? text[i] != ':' : !is_digit(text[i]))
            return false;
    }
    int32_t hour = (text[0] - '0') * 10 + text[1] - '0';
    int32_t minute = (text[3] - '0') * 10 + text[4] - '0';
    *second = (hour * 60 + minute) * 60;
    return minute < 60 && *second <= 86400;
}

static bool read_range(const char *text, struct hours_part *part)
{
    return strlen(text) == 11 && text[5] == '-' && read_time(text, &part->from) &&
           read_time(text + 6, &part->until) && part->from < 86400 && part->from != part->until;
}

static bool read_part(const char *text, struct hours_part *part, struct error *error)
{
    static const char workdays[] = "workdays ";
    *part = (struct hours_part){.kind = HOURS_DAILY};
    if (strcmp(text, "any") == 0) {
        part->kind = HOURS_ANY;
        return true;
    }
    if (strcmp(text, "open") == 0) {
        part->kind = HOURS_OPEN;
        return true;
    }
    const char *range = text;
    if (strncmp(text, workdays, strlen(workdays)) == 0) {
        part->kind = HOURS_WORKDAYS;
        range += strlen(workdays);
        range += strspn(range, " ");
    }
    return read_range(range, part) ||
           error_set(error, "'%.40s' is no time of the day; expected " EXPECTED, text);
}

/* The next part of a text without the blanks around it; moves *text behind its comma. One that is
 * too long is cut, which is as wrong. */
static void next_text(const char **text, char part[48])
{
    *text += strspn(*text, " ");
    size_t length = strcspn(*text, ","), kept = length < 47 ? length : 47;
    memcpy(part, *text, kept);
    while (kept > 0 && part[kept - 1] == ' ')
        kept--;
    part[kept] = '\0';
    *text += length;
}

bool hours_add(struct hours *hours, const char *text, struct error *error)
{
    struct hours result = *hours;
    char part[48];
    for (bool more = true; more; text++) {
        next_text(&text, part);
        more = *text == ',';
        if (result.count == HOURS_PARTS_MOST)
            return error_set(error, "more than %d times of the day", HOURS_PARTS_MOST);
        if (!read_part(part, &result.parts[result.count++], error))
            return false;
    }
    *hours = result;
    return true;
}

/* The first working day that isn't before `day`. Days that the calendar doesn't know count. */
static day_number working_day(const struct calendar *calendar, day_number day)
{
    day_number found, last = calendar_last_day(calendar);
    if (calendar_roll_forward(calendar, day, &found, NULL))
        return found;
    return day >= calendar_first_day(calendar) && day <= last ? last + 1 : day;
}

static wall_us begins(const struct hours_part *part, const struct calendar *calendar,
                      day_number day)
{
    return zone_first(calendar_zone(calendar), day, part->from);
}

static wall_us ends(const struct hours_part *part, const struct calendar *calendar, day_number day)
{
    bool next_day = part->until <= part->from;
    return zone_first(calendar_zone(calendar), day + next_day, part->until);
}

/* The part of yesterday may last until now; else it is that of one of the next days, unless a
 * change of the clocks skips all of it. */
static wall_us next_of_day(const struct hours_part *part, const struct calendar *calendar,
                           wall_us now)
{
    day_number day = zone_day(calendar_zone(calendar), now) - 1;
    while (true) {
        if (part->kind == HOURS_WORKDAYS)
            day = working_day(calendar, day);
        wall_us from = begins(part, calendar, day), until = ends(part, calendar, day);
        if (now < until && from < until)
            return from > now ? from : now;
        day++;
    }
}

static wall_us next_opening(const struct calendar *calendar, wall_us now)
{
    wall_us opening;
    return calendar_next_opening(calendar, now, &opening, NULL) ? opening : now;
}

static wall_us next_of(const struct hours_part *part, const struct calendar *calendar, wall_us now)
{
    switch (part->kind) {
    case HOURS_OPEN:
        return next_opening(calendar, now);
    case HOURS_DAILY:
    case HOURS_WORKDAYS:
        return next_of_day(part, calendar, now);
    case HOURS_ANY:
        break;
    }
    return now;
}

wall_us hours_next(const struct hours *hours, const struct calendar *calendar, wall_us now)
{
    wall_us next = hours->count ? INT64_MAX : now;
    for (size_t i = 0; i < hours->count; i++) {
        wall_us found = next_of(&hours->parts[i], calendar, now);
        if (found < next)
            next = found;
    }
    return next;
}
