/* Imports from iCalendar, by libical. Only whole days matter; what begins at a time of day is an
 * appointment, not a holiday. */
#include "calendar_import.h"

#include "duban/mem.h"

#include <libical/ical.h>
#include <string.h>

/* An event that lasts longer is a mistake. */
#define EVENT_DAYS_MOST 60

static const char *special_day(icalcomponent *event)
{
    for (icalproperty *property = icalcomponent_get_first_property(event, ICAL_X_PROPERTY);
         property; property = icalcomponent_get_next_property(event, ICAL_X_PROPERTY)) {
        const char *name = icalproperty_get_x_name(property);
        if (name && strcmp(name, "X-APPLE-SPECIAL-DAY") == 0)
            return icalproperty_get_x(property);
    }
    return NULL;
}

static bool is_makeup(icalcomponent *event)
{
    const char *special = special_day(event), *summary = icalcomponent_get_summary(event);
    if (special)
        return strcmp(special, "ALTERNATE-WORKDAY") == 0;
    return summary && strstr(summary, "班");
}

static const char *const prefixes[] = {"上班(补", "上班(补", "补班", "上班", " "};
static const char *const suffixes[] = {")", ")",    "(休",  "(班",  "(休",  "(班",
                                       " ", "假期", "补班", "上班", "调休", "放假"};

/* "上班(补元旦假期)" and "元旦(休)" → "元旦". What would leave nothing stays whole. */
static char *holiday_name(const char *summary)
{
    char *name = mem_text(summary ? summary : "");
    for (bool again = true; again;) {
        again = false;
        size_t length = strlen(name);
        for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
            size_t cut = strlen(prefixes[i]);
            if (length > cut && strncmp(name, prefixes[i], cut) == 0) {
                memmove(name, name + cut, length - cut + 1);
                length -= cut;
                again = true;
            }
        }
        for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
            size_t cut = strlen(suffixes[i]);
            if (length > cut && strcmp(name + length - cut, suffixes[i]) == 0) {
                length -= cut;
                name[length] = '\0';
                again = true;
            }
        }
    }
    return name;
}

static day_number day_of_time(struct icaltimetype time)
{
    return day_from_civil(time.year, time.month, time.day);
}

/* Days of an all-day event; 0 if it isn't one. */
static int event_length(icalcomponent *event)
{
    struct icaltimetype start = icalcomponent_get_dtstart(event);
    struct icaltimetype end = icalcomponent_get_dtend(event);
    if (icaltime_is_null_time(start) || !start.is_date ||
        !civil_is_valid(start.year, start.month, start.day))
        return 0;
    if (icaltime_is_null_time(end))
        return 1;
    if (!civil_is_valid(end.year, end.month, end.day))
        return 0;
    int days = day_of_time(end) - day_of_time(start);
    return days < 1 ? 1 : days;
}

static void add_run(struct import *import, icalcomponent *event, day_number first, int length)
{
    char *name = holiday_name(icalcomponent_get_summary(event));
    for (int i = 0; i < length; i++)
        import_add_day(import, first + i, !is_makeup(event), name);
    free(name);
}

/* Further occurrences of a repeated event, up to the last year that the file is about. */
static void add_repeats(struct import *import, icalcomponent *event, int length)
{
    icalproperty *rule = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY);
    if (rule == NULL)
        return;
    struct icaltimetype start = icalcomponent_get_dtstart(event);
    icalrecur_iterator *repeats = icalrecur_iterator_new(icalproperty_get_rrule(rule), start);
    if (repeats == NULL)
        return;
    for (int i = 0; i < 1000; i++) {
        struct icaltimetype next = icalrecur_iterator_next(repeats);
        if (icaltime_is_null_time(next) || next.year > import->last_year)
            break;
        add_run(import, event, day_of_time(next), length);
    }
    icalrecur_iterator_free(repeats);
}

/* Counts the events and finds the years that the file is about. What lies in December alone
 * belongs to the holidays of the next New Year, and tells nothing of the year that it is in. */
static bool check_events(icalcomponent *root, struct import *import, bool *marked,
                         struct error *error)
{
    int events = 0, newest = 0;
    bool found = false;
    for (icalcomponent *event = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT);
         event; event = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT)) {
        int length = event_length(event);
        if (length > EVENT_DAYS_MOST)
            return error_set(error, "an event of %d days; expected holidays", length);
        if (length == 0)
            continue;
        *marked |= special_day(event) != NULL;
        events++;
        struct icaltimetype start = icalcomponent_get_dtstart(event);
        struct civil last = civil_from_day(day_of_time(start) + length - 1);
        newest = last.year > newest ? last.year : newest;
        if (start.month == 12)
            continue;
        import_add_year(import, start.year);
        found = true;
    }
    if (events && !found)
        import_add_year(import, newest);
    return events > 0 || error_set(error, "no all-day event in it");
}

/* Where some events are marked as special days, the others are mere observances. */
static void add_events(icalcomponent *root, struct import *import, bool marked)
{
    for (icalcomponent *event = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT);
         event; event = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT)) {
        int length = event_length(event);
        if (length == 0 || (marked && special_day(event) == NULL))
            continue;
        add_run(import, event, day_of_time(icalcomponent_get_dtstart(event)), length);
        add_repeats(import, event, length);
    }
}

bool import_icalendar(struct import *import, const char *source, const char *text, size_t length,
                      struct error *error)
{
    AUTO_FREE char *copy = mem_text_n(text, length);
    icalcomponent *root = icalparser_parse_string(copy);
    bool marked = false;
    struct import years = {.first_year = import->first_year, .last_year = import->last_year};
    if (root == NULL || icalcomponent_isa(root) != ICAL_VCALENDAR_COMPONENT) {
        if (root)
            icalcomponent_free(root);
        return error_set(error, "%s: not an iCalendar file", source);
    }
    bool fine = check_events(root, &years, &marked, error);
    if (fine) {
        import->first_year = years.first_year;
        import->last_year = years.last_year;
        import_add_source(import, source);
        add_events(root, import, marked);
    } else {
        error_prefix(error, "%s", source);
    }
    icalcomponent_free(root);
    return fine;
}
