/* Days off and make-up days from foreign files, written as a calendar file. */
#ifndef DUBAN_CALENDAR_IMPORT_H
#define DUBAN_CALENDAR_IMPORT_H

#include "duban/buf.h"
#include "duban/error.h"
#include "duban/instant.h"

#include <stddef.h>

struct imported_day {
    day_number day;
    bool off;   /* a holiday; else a make-up day */
    char *name; /* owned */
};

struct import {
    struct imported_day *days; /* one entry a day; a later file wins */
    size_t count;
    int first_year, last_year; /* that the files tell of; 0: nothing yet */
    char **sources;            /* owned: file names and the notices they point to */
    size_t source_count;
};

/* Zeroed memory is empty. Each adds one file's days and leaves the import alone on failure. */

/* The JSON of holiday-cn: {"year", "papers", "days": [{"name", "date", "isOffDay"}]}. The year is
 * that of the notice, which may also move days of the year before. */
bool import_holiday_cn(struct import *import, const char *source, const char *text, size_t length,
                       struct error *error) MUST_USE;

/* iCalendar: all-day events, also repeated ones within the years of the others. An event is a
 * make-up day if it says so by X-APPLE-SPECIAL-DAY or by 班 in its summary. */
bool import_icalendar(struct import *import, const char *source, const char *text, size_t length,
                      struct error *error) MUST_USE;

/* Adds one day, replacing what was known of it. Copies the name. */
void import_add_day(struct import *import, day_number day, bool off, const char *name);
void import_add_source(struct import *import, const char *source);
void import_add_year(struct import *import, int year);

/* A calendar file with the given name. Weekly hours are those of cn.yaml, to be adapted. */
void import_write(struct import *import, const char *name, struct buf *out);

void import_finish(struct import *import);

#endif
