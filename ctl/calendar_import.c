/* Imported days: collected, put in order, and written as a calendar file. */
#include "calendar_import.h"

#include "duban/mem.h"

#include <jansson.h>
#include <string.h>

void import_add_day(struct import *import, day_number day, bool off, const char *name)
{
    size_t i = 0;
    while (i < import->count && import->days[i].day != day)
        i++;
    if (i == import->count) {
        import->days = mem_grow(import->days, import->count + 1, sizeof *import->days);
        import->days[import->count++] = (struct imported_day){.day = day};
    }
    char *copy = mem_text(name);
    free(import->days[i].name);
    import->days[i].name = copy;
    import->days[i].off = off;
}

void import_add_source(struct import *import, const char *source)
{
    import->sources = mem_grow(import->sources, import->source_count + 1, sizeof(char *));
    import->sources[import->source_count++] = mem_text(source);
}

void import_add_year(struct import *import, int year)
{
    if (import->first_year == 0 || year < import->first_year)
        import->first_year = year;
    if (year > import->last_year)
        import->last_year = year;
}

void import_finish(struct import *import)
{
    for (size_t i = 0; i < import->count; i++)
        free(import->days[i].name);
    for (size_t i = 0; i < import->source_count; i++)
        free(import->sources[i]);
    free(import->days);
    free(import->sources);
    *import = (struct import){0};
}

/* Checks one entry of "days"; adds it unless `import` is NULL. */
static bool read_day(const json_t *entry, struct import *import, struct error *error)
{
    const char *name = json_string_value(json_object_get(entry, "name"));
    const char *date = json_string_value(json_object_get(entry, "date"));
    const json_t *off = json_object_get(entry, "isOffDay");
    day_number day;
    if (name == NULL || date == NULL || !json_is_boolean(off))
        return error_set(error, "expected days with name, date and isOffDay");
    if (!day_parse(date, &day, error))
        return false;
    if (import)
        import_add_day(import, day, json_is_true(off), name);
    return true;
}

static bool read_days(const json_t *days, struct import *import, struct error *error)
{
    for (size_t i = 0; i < json_array_size(days); i++)
        if (!read_day(json_array_get(days, i), import, error))
            return false;
    return true;
}

static void read_papers(const json_t *papers, struct import *import)
{
    for (size_t i = 0; i < json_array_size(papers); i++) {
        const char *paper = json_string_value(json_array_get(papers, i));
        if (paper)
            import_add_source(import, paper);
    }
}

bool import_holiday_cn(struct import *import, const char *source, const char *text, size_t length,
                       struct error *error)
{
    json_error_t where;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL)
        return error_set(error, "%s:%d:%d: %s", source, where.line, where.column, where.text);
    const json_t *days = json_object_get(root, "days");
    json_int_t year = json_integer_value(json_object_get(root, "year"));
    bool fine = year >= 1900 && year <= 2200 && json_is_array(days);
    if (!fine)
        error_set(error, "expected an object with year and days");
    fine = fine && read_days(days, NULL, error) && read_days(days, import, error);
    if (fine) {
        import_add_year(import, (int)year);
        import_add_source(import, source);
        read_papers(json_object_get(root, "papers"), import);
    } else {
        error_prefix(error, "%s", source);
    }
    json_decref(root);
    return fine;
}

static int by_day(const void *left, const void *right)
{
    const struct imported_day *a = left, *b = right;
    return (a->day > b->day) - (a->day < b->day);
}

/* Names of CJK characters alone are written plainly, others in quotes. */
static void write_name(struct buf *out, const char *name)
{
    bool plain = *name != '\0';
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        plain &= *c >= 0x80 && (*c < 0xC0 || (*c >= 0xE4 && *c <= 0xE9) || *c == 0xE3);
    if (plain) {
        buf_text(out, name);
        return;
    }
    buf_char(out, '"');
    for (const char *c = name; *c; c++) {
        if (*c == '"' || *c == '\\')
            buf_char(out, '\\');
        buf_char(out, (unsigned char)*c < ' ' || *c == 0x7F ? ' ' : *c);
    }
    buf_char(out, '"');
}

static void write_comment(struct buf *out, const char *text)
{
    buf_text(out, "#   ");
    for (; *text; text++)
        buf_char(out, (unsigned char)*text < ' ' ? ' ' : *text);
    buf_char(out, '\n');
}

static void write_day(struct buf *out, day_number day)
{
    char date[DAY_TEXT_BYTES];
    buf_text(out, day_text(day, date));
}

/* A make-up day says something only where the weekly hours say "closed". */
static bool is_makeup(const struct imported_day *day)
{
    return !day->off && weekday_of(day->day) > 5;
}

/* Days further apart than this don't belong to the same holiday. */
#define FAR_DAYS 45

/* The make-up days of the holiday [first, last] under its name. */
static void write_makeups(const struct import *import, const struct imported_day *first,
                          const struct imported_day *last, struct buf *out)
{
    size_t written = 0;
    for (size_t i = 0; i < import->count; i++) {
        const struct imported_day *day = &import->days[i];
        if (!is_makeup(day) || strcmp(day->name, first->name) != 0 ||
            day->day < first->day - FAR_DAYS || day->day > last->day + FAR_DAYS)
            continue;
        buf_text(out, written++ ? ", " : ", makeup: [");
        write_day(out, day->day);
    }
    if (written)
        buf_char(out, ']');
}

static bool has_holiday(const struct import *import, const struct imported_day *makeup)
{
    for (size_t i = 0; i < import->count; i++) {
        const struct imported_day *day = &import->days[i];
        if (day->off && strcmp(day->name, makeup->name) == 0 &&
            day->day >= makeup->day - FAR_DAYS && day->day <= makeup->day + FAR_DAYS)
            return true;
    }
    return false;
}

static void write_holiday(const struct import *import, const struct imported_day *first,
                          const struct imported_day *last, bool with_makeups, struct buf *out)
{
    buf_text(out, "  - {name: ");
    write_name(out, first->name);
    buf_text(out, first == last ? ", date: " : ", from: ");
    write_day(out, first->day);
    if (first != last) {
        buf_text(out, ", to: ");
        write_day(out, last->day);
    }
    if (with_makeups)
        write_makeups(import, first, last, out);
    buf_text(out, "}\n");
}

/* Every run of days off with the same name. A holiday in two parts has its make-up days once. */
static void write_holidays(const struct import *import, struct buf *out)
{
    const struct imported_day *end = import->days + import->count, *before = NULL, *last;
    for (const struct imported_day *first = import->days; first < end; first = last + 1) {
        last = first;
        if (!first->off)
            continue;
        while (last + 1 < end && last[1].off && last[1].day == last->day + 1 &&
               strcmp(last[1].name, first->name) == 0)
            last++;
        bool again = before && strcmp(before->name, first->name) == 0 &&
                     first->day - before->day <= FAR_DAYS;
        write_holiday(import, first, last, !again, out);
        before = first;
    }
}

static void write_lonely_makeups(const struct import *import, struct buf *out)
{
    bool begun = false;
    for (size_t i = 0; i < import->count; i++) {
        const struct imported_day *day = &import->days[i];
        if (!is_makeup(day) || has_holiday(import, day))
            continue;
        buf_text(out, begun ? "  - {date: " : "\nmakeup:\n  - {date: ");
        begun = true;
        write_day(out, day->day);
        buf_text(out, ", name: ");
        write_name(out, day->name);
        buf_text(out, "}\n");
    }
}

/* The days in the years that the files are about: a part of the sorted ones, not owned. */
static struct import days_in_years(const struct import *import)
{
    day_number first = day_from_civil(import->first_year, 1, 1);
    day_number last = day_from_civil(import->last_year, 12, 31);
    struct import part = *import;
    while (part.count && part.days[0].day < first) {
        part.days++;
        part.count--;
    }
    while (part.count && part.days[part.count - 1].day > last)
        part.count--;
    return part;
}

void import_write(struct import *import, const char *name, struct buf *out)
{
    if (import->count)
        qsort(import->days, import->count, sizeof *import->days, by_day);
    struct import part = days_in_years(import);
    buf_text(out, "# Imported by dubanctl calendar import from:\n");
    for (size_t i = 0; i < import->source_count; i++)
        write_comment(out, import->sources[i]);
    buf_text(out, "# Compare it with the notices, and adapt the hours.\n\nname: ");
    write_name(out, name);
    buf_format(out,
               "\nzone: Asia/Shanghai\nvalid: {from: %04d-01-01, until: %04d-12-31}\n\n"
               "hours:\n  weekdays: [09:00-12:00, 13:00-17:00]\n",
               import->first_year, import->last_year);
    bool off = false;
    for (size_t i = 0; i < part.count; i++)
        off |= part.days[i].off;
    if (off)
        buf_text(out, "\nholidays:\n");
    write_holidays(&part, out);
    write_lonely_makeups(&part, out);
}
