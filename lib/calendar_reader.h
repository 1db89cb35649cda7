/* Reading a calendar file section by section; private to the calendar_file*.c files. */
#ifndef DUBAN_CALENDAR_READER_H
#define DUBAN_CALENDAR_READER_H

#include "duban/calendar_plan.h"
#include "duban/yaml.h"

/* One file of a chain of includes. Included files come first, so that what a file says wins. */
struct layer {
    struct calendar_plan *plan; /* its days are those of the innermost file */
    struct problems *problems;
    day_number first_day, last_day; /* of this file */
    uint8_t makeup_as;              /* whose hours a make-up day has, 1–7 */
    unsigned *given_at;             /* [day − plan->first_day]: line that gave the day; 0: none */
};

/* Weekday words "monday" … "sunday". */
extern const char *const weekday_words[7];

/* "09:00-12:00", a list of such, or "closed". */
bool hours_read(const struct yaml_node *node, struct day_hours *hours, struct problems *problems);

/* `hours:`, `round_the_clock:` and `weekends_count:` of a file. */
void week_read(const struct yaml_node *root, struct layer *layer);

/* `holidays:`, `makeup:`, `special:` and `regular:` of a file. */
void marks_read(const struct yaml_node *root, struct layer *layer);

#endif
