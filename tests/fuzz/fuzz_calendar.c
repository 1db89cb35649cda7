/* Any bytes as a calendar file: refused with a problem, or a calendar that keeps its laws. */
#include "duban/calendar_file.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Measuring gives back what was added, from the calendar's begin to its end. */
static void check_laws(const struct calendar *calendar)
{
    struct calendar_day first, last;
    struct error error;
    span_us total, part;
    wall_us at;
    bool fine = calendar_day(calendar, calendar_first_day(calendar), &first, &error) &&
                calendar_day(calendar, calendar_last_day(calendar), &last, &error) &&
                calendar_open_between(calendar, first.begins, last.ends, &total, &error);
    assert(fine && total > 0);
    for (span_us amount = total; amount > 0; amount /= 3) {
        fine = calendar_add_open(calendar, first.begins, amount, &at, &error) &&
               calendar_open_between(calendar, first.begins, at, &part, &error);
        assert(fine && part == amount && at <= last.ends);
    }
    fine = calendar_add_open(calendar, first.begins, total + 1, &at, &error);
    assert(!fine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems problems = {0};
    struct calendar *calendar =
        calendar_load_text((const char *)data, size, "fuzz.yaml", &problems);
    assert((calendar == NULL) == (problems.total != 0));
    if (calendar)
        check_laws(calendar);
    calendar_destroy(calendar);
    problems_finish(&problems);
    return 0;
}
