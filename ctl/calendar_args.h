/* What the calendar commands have in common: their arguments, instants and amounts as people
 * write them, and texts. */
#ifndef CTL_CALENDAR_ARGS_H
#define CTL_CALENDAR_ARGS_H

#include "command.h"

#include "duban/buf.h"
#include "duban/calendar.h"
#include "duban/clock.h"

#include <jansson.h>

#define DEFAULT_CALENDAR "/etc/duban/calendars/cn.yaml"

struct calendar_args {
    const char *path; /* --calendar */
    struct clock_rule rule;
    const char *limit_text;                         /* --limit */
    const char *name;                               /* --name */
    const char *suspension_texts[SUSPENSIONS_MOST]; /* --suspend FROM/TO */
    size_t suspension_count;
    struct suspension suspensions[SUSPENSIONS_MOST];
    char **words; /* what isn't an option */
    int word_count;
};

/* Reads the options; false after telling on stderr what is wrong with them. */
bool calendar_args_read(struct context *context, int argc, char **argv, struct calendar_args *args);

/* Loads `path`; NULL after telling all its problems on stderr. */
struct calendar *calendar_open(const char *path);

/* Loads --calendar and reads the suspensions in its time zone. The caller destroys
 * args->rule.calendar through the result. */
struct calendar *calendar_args_open(struct calendar_args *args);

/* "2026-11-22", "2026-11-22 09:30[:00]" in the calendar's time, or with an offset. */
bool instant_read(const struct calendar *calendar, const char *text, wall_us *at,
                  struct error *error);

/* "20", "20workday", "3day", "8workhour", "24hour". */
bool limit_read(const char *text, struct limit *limit, struct error *error);

/* "2026-12-18(周五)17:00". */
void write_instant(struct buf *out, const struct context *context, const struct calendar *calendar,
                   wall_us at);
void write_date(struct buf *out, const struct context *context, day_number day);

/* "3 小时 20 分". */
void write_span(struct buf *out, const struct context *context, span_us span);

json_t *json_instant(const struct calendar *calendar, wall_us at);
json_t *json_day(day_number day);
json_t *json_calendar(const struct calendar *calendar);

/* Prints and releases. */
int print_json(json_t *json);
int print_buf(const struct buf *out);

/* Tells it on stderr and gives EXIT_FAILED. */
int fail(const struct error *error);

int run_calendar_check(struct context *context, int argc, char **argv);
int run_calendar_show(struct context *context, int argc, char **argv);
int run_calendar_due(struct context *context, int argc, char **argv);
int run_calendar_between(struct context *context, int argc, char **argv);
int run_calendar_ledger(struct context *context, int argc, char **argv);
int run_calendar_import(struct context *context, int argc, char **argv);

#endif
