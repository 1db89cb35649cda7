/* Metrics as text. The two forms differ in the names of counters' families, in `# UNIT` and in
 * `# EOF`. */
#include "metrics_series.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define INTEGER_MOST 9e15 /* below it a double holds every integer */
#define NUMBER_BYTES 32

static const char open_type[] = "application/openmetrics-text";

/* --- which form --- */

/* Whether an entry of an Accept header refuses what it names: its q is 0. */
static bool is_refused(const char *entry, size_t length)
{
    for (const char *at = entry; (at = memchr(at, ';', length - (size_t)(at - entry))); at++) {
        const char *parameter = at + 1 + strspn(at + 1, " \t");
        if (strncasecmp(parameter, "q=", 2) == 0)
            return strtod(parameter + 2, NULL) <= 0;
    }
    return false;
}

enum metrics_form metrics_form_of(const char *accept)
{
    for (const char *entry = accept ? accept : ""; *entry;) {
        entry += strspn(entry, " \t,");
        size_t length = strcspn(entry, ","), word = strcspn(entry, ",; \t");
        if (word == sizeof open_type - 1 && strncasecmp(entry, open_type, word) == 0 &&
            !is_refused(entry, length))
            return METRICS_OPEN;
        entry += length;
    }
    return METRICS_TEXT;
}

const char *metrics_content_type(enum metrics_form form)
{
    return form == METRICS_OPEN ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                : "text/plain; version=0.0.4; charset=utf-8";
}

/* --- numbers and labels --- */

/* The shortest text that reads back as the same number. */
static const char *number_text(double value, char text[static NUMBER_BYTES])
{
    if (isnan(value))
        return "NaN";
    if (isinf(value))
        return value > 0 ? "+Inf" : "-Inf";
    if (fabs(value) < INTEGER_MOST && value == floor(value)) {
        snprintf(text, NUMBER_BYTES, "%.0f", value + 0.); /* no negative zero */
        return text;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, NUMBER_BYTES, "%.*g", digits, value);
        if (fabs(strtod(text, NULL) - value) <= 0)
            break;
    }
    return text;
}

/* A bound is the same text for every scraper: 1 is 1.0. */
static const char *bound_text(double bound, char text[static NUMBER_BYTES])
{
    bool whole = bound < INTEGER_MOST && bound == floor(bound);
    snprintf(text, NUMBER_BYTES, whole ? "%.1f" : "%.15g", bound);
    return text;
}

static void print_escaped(struct buf *out, const char *text, bool quotes)
{
    for (; *text; text++) {
        if (*text == '\n')
            buf_text(out, "\\n");
        else if (*text == '\\' || (quotes && *text == '"'))
            buf_format(out, "\\%c", *text);
        else
            buf_char(out, *text);
    }
}

static void print_labels(struct buf *out, const struct metric *metric, const char *bound)
{
    char before = '{';
    for (size_t i = 0; i < METRIC_LABELS && metric->labels[i]; i++, before = ',') {
        buf_format(out, "%c%s=\"", before, metric->family->labels[i]);
        print_escaped(out, metric->labels[i], true);
        buf_char(out, '"');
    }
    if (bound) {
        buf_format(out, "%cle=\"%s\"", before, bound);
        before = ',';
    }
    if (before == ',')
        buf_char(out, '}');
}

/* --- samples --- */

static void print_sample(struct buf *out, const struct metric *metric, const char *suffix,
                         double value)
{
    char text[NUMBER_BYTES];
    buf_format(out, "%s%s", metric->family->name, suffix);
    print_labels(out, metric, NULL);
    buf_format(out, " %s\n", number_text(value, text));
}

static void print_bucket(struct buf *out, const struct metric *metric, const char *bound,
                         uint64_t count)
{
    buf_format(out, "%s_bucket", metric->family->name);
    print_labels(out, metric, bound);
    buf_format(out, " %" PRIu64 "\n", count);
}

static void print_histogram(struct buf *out, const struct metric *metric)
{
    char text[NUMBER_BYTES];
    uint64_t sum = 0;
    size_t bounds = metric_bounds(metric->family);
    for (size_t i = 0; i < bounds; i++) {
        sum += metric->counts[i];
        print_bucket(out, metric, bound_text(metric->family->bounds[i], text), sum);
    }
    sum += metric->counts[bounds];
    print_bucket(out, metric, "+Inf", sum);
    print_sample(out, metric, "_sum", metric->value);
    print_sample(out, metric, "_count", (double)sum);
}

/* --- families --- */

static void print_head(struct buf *out, const struct metric_family *family, enum metrics_form form)
{
    static const char *const types[] = {
        [METRIC_GAUGE] = "gauge", [METRIC_COUNTER] = "counter", [METRIC_HISTOGRAM] = "histogram"};
    const char *suffix = form == METRICS_TEXT && family->type == METRIC_COUNTER ? "_total" : "";
    buf_format(out, "# TYPE %s%s %s\n", family->name, suffix, types[family->type]);
    if (form == METRICS_OPEN && family->unit)
        buf_format(out, "# UNIT %s %s\n", family->name, family->unit);
    buf_format(out, "# HELP %s%s ", family->name, suffix);
    print_escaped(out, family->help, form == METRICS_OPEN);
    buf_char(out, '\n');
}

static void print_group(struct buf *out, const struct metric_group *group, enum metrics_form form)
{
    bool begun = false;
    for (size_t i = 0; i < group->count; i++) {
        const struct metric *metric = group->series[i];
        if (!metric->known)
            continue;
        if (!begun)
            print_head(out, group->family, form);
        begun = true;
        if (group->family->type == METRIC_HISTOGRAM)
            print_histogram(out, metric);
        else
            print_sample(out, metric, group->family->type == METRIC_COUNTER ? "_total" : "",
                         metric->value);
    }
}

void metrics_print(const struct metrics *metrics, enum metrics_form form, struct buf *out)
{
    for (size_t i = 0; i < metrics->count; i++)
        print_group(out, &metrics->groups[i], form);
    if (form == METRICS_OPEN)
        buf_text(out, "# EOF\n");
}
