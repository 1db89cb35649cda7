/* Progress on a terminal. */
#include "progress.h"

#include "duban/steady.h"

#include <stdio.h>
#include <unistd.h>

#define SHOW_US (300 * US_PER_MS)

struct progress progress_begin(const struct context *context, const char *chinese,
                               const char *english)
{
    return (struct progress){
        .context = context, .chinese = chinese, .english = english, .begun_at = steady_us()};
}

void progress_show(struct progress *progress, int64_t cases)
{
    span_us now = steady_us();
    if (!isatty(STDERR_FILENO) || now - progress->shown_at < SHOW_US)
        return;
    progress->shown = true;
    progress->shown_at = now;
    fprintf(stderr,
            in_words(progress->context, "\r%s %lld 件，%.0f 秒", "\r%s: %lld cases, %.0f s"),
            in_words(progress->context, progress->chinese, progress->english), (long long)cases,
            (double)(now - progress->begun_at) / US_PER_S);
    fflush(stderr);
}

double progress_end(const struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    return (double)(steady_us() - progress->begun_at) / US_PER_S;
}
