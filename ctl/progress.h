/* How far a long reading is: one line on stderr, when that is a terminal. */
#ifndef CTL_PROGRESS_H
#define CTL_PROGRESS_H

#include "command.h"

#include "duban/instant.h"

struct progress {
    const struct context *context;
    const char *chinese, *english; /* what was done with the cases: "已推演", "replayed" */
    bool shown;
    span_us begun_at, shown_at; /* steady */
};

struct progress progress_begin(const struct context *context, const char *chinese,
                               const char *english);
void progress_show(struct progress *progress, int64_t cases);

/* Removes the line; the seconds since the beginning. */
double progress_end(const struct progress *progress);

#endif
