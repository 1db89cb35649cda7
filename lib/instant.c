/* Instants, civil dates and their texts. */
#include "duban/instant.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Days from civil: eras of 400 years, years begin in March so that the leap day is the last. */
day_number day_from_civil(int32_t year, int32_t month, int32_t day)
{
    int32_t y = year - (month <= 2);
    int32_t era = (y >= 0 ? y : y - 399) / 400;
    int32_t year_of_era = y - era * 400;
    int32_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct civil civil_from_day(day_number day)
{
    int32_t shifted = day + 719468;
    int32_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int32_t day_of_era = shifted - era * 146097;
    int32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t shifted_month = (5 * day_of_year + 2) / 153;
    int32_t month = shifted_month + (shifted_month < 10 ? 3 : -9);
    return (struct civil){
        .year = year_of_era + era * 400 + (month <= 2),
        .month = month,
        .day = day_of_year - (153 * shifted_month + 2) / 5 + 1,
    };
}

int weekday_of(day_number day)
{
    int32_t from_thursday = day % 7; /* 1970-01-01 was a Thursday */
    if (from_thursday < 0)
        from_thursday += 7;
    return (from_thursday + 3) % 7 + 1;
}

bool civil_is_valid(int32_t year, int32_t month, int32_t day)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    struct civil back = civil_from_day(day_from_civil(year, month, day));
    return back.month == month && back.day == day;
}

const char *day_text(day_number day, char text[DAY_TEXT_BYTES])
{
    struct civil date = civil_from_day(day);
    snprintf(text, DAY_TEXT_BYTES, "%04d-%02d-%02d", date.year, date.month, date.day);
    return text;
}

bool day_parse(const char *text, day_number *day, struct error *error)
{
    int year, month, date, used = 0;
    if (strlen(text) != 10 || strspn(text, "0123456789-") != 10 ||
        sscanf(text, "%4d-%2d-%2d%n", &year, &month, &date, &used) != 3 || used != 10 ||
        !civil_is_valid(year, month, date))
        return error_set(error, "'%.40s' is not a date; expected YYYY-MM-DD", text);
    *day = day_from_civil(year, month, date);
    return true;
}

/* Floor division, so that instants before 1970 fall into the right day and second. */
static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static void local_text(wall_us at, int32_t offset_s, const char *suffix, char *text)
{
    wall_us local = at + offset_s * US_PER_S;
    int64_t day = floor_div(local, US_PER_DAY);
    int64_t in_day = local - day * US_PER_DAY;
    int64_t second = in_day / US_PER_S;
    int64_t fraction = in_day % US_PER_S;
    char date[DAY_TEXT_BYTES], part[16] = "";
    day_text((day_number)day, date);
    if (fraction)
        snprintf(part, sizeof part, ".%06d", (int)fraction);
    snprintf(text, INSTANT_TEXT_BYTES, "%.11sT%02d:%02d:%02d%s%s", date, (int)(second / 3600),
             (int)(second / 60 % 60), (int)(second % 60), part, suffix);
}

const char *instant_text(wall_us at, char text[INSTANT_TEXT_BYTES])
{
    if (at == WALL_NONE)
        return strcpy(text, "-");
    local_text(at, 0, "Z", text);
    return text;
}

const char *instant_text_offset(wall_us at, int32_t offset_s, char text[INSTANT_TEXT_BYTES])
{
    if (at == WALL_NONE)
        return strcpy(text, "-");
    int minutes = (offset_s < 0 ? -offset_s : offset_s) / 60 % 6000;
    char suffix[8];
    snprintf(suffix, sizeof suffix, "%c%02d:%02d", offset_s < 0 ? '-' : '+', minutes / 60,
             minutes % 60);
    local_text(at, offset_s, suffix, text);
    return text;
}

/* Reads ".5" up to six digits as microseconds; further digits are dropped. */
static const char *parse_fraction(const char *text, int64_t *us)
{
    *us = 0;
    if (*text != '.')
        return text;
    int64_t unit = 100000;
    for (text++; *text >= '0' && *text <= '9'; text++) {
        *us += (*text - '0') * unit;
        unit /= 10;
    }
    return text;
}

static bool parse_offset(const char *text, int64_t *offset_s)
{
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
        *offset_s = 0;
        return true;
    }
    int hours, minutes, used = 0;
    if ((*text != '+' && *text != '-') || strspn(text + 1, "0123456789:") != strlen(text + 1) ||
        sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || text[1 + used] != '\0' ||
        hours > 23 || minutes > 59)
        return false;
    *offset_s = (hours * 3600 + minutes * 60) * (*text == '-' ? -1 : 1);
    return true;
}

bool instant_parse(const char *text, wall_us *at, struct error *error)
{
    char date[11];
    day_number day;
    int hour, minute, second, used = 0;
    int64_t us, offset_s;
    snprintf(date, sizeof date, "%.10s", text);
    if (!day_parse(date, &day, NULL) || (text[10] != 'T' && text[10] != ' ' && text[10] != 't') ||
        strspn(text + 11, "0123456789:") < 8 ||
        sscanf(text + 11, "%2d:%2d:%2d%n", &hour, &minute, &second, &used) != 3 || used != 8 ||
        hour > 23 || minute > 59 || second > 59 ||
        !parse_offset(parse_fraction(text + 19, &us), &offset_s))
        return error_set(error, "'%.40s' is not an instant; expected 2026-01-31T09:00:00+08:00",
                         text);
    *at = day * US_PER_DAY + ((hour * 60 + minute) * 60 + second - offset_s) * US_PER_S + us;
    return true;
}

const char *span_text(span_us span, char text[SPAN_TEXT_BYTES])
{
    static const struct {
        span_us us;
        const char *suffix;
    } units[] = {{US_PER_DAY, "d"},
                 {3600 * US_PER_S, "h"},
                 {60 * US_PER_S, "m"},
                 {US_PER_S, "s"},
                 {US_PER_MS, "ms"}};
    size_t i = 0;
    while (i < sizeof units / sizeof *units - 1 && (span == 0 || span % units[i].us))
        i++;
    snprintf(text, SPAN_TEXT_BYTES, "%" PRId64 "%s", span / units[i].us, units[i].suffix);
    return text;
}
