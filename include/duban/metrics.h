/* Metrics: counters, gauges and histograms by name and labels, and the texts that monitors read.
 *
 * Pure. What may be counted is a table of families; a series of a family comes to be when it is
 * first asked for, and stays. A family has at most METRIC_SERIES_MOST of them: what is asked for
 * beyond that falls into one whose labels are `other`, so that no name from outside can make the
 * memory grow.
 */
#ifndef DUBAN_METRICS_H
#define DUBAN_METRICS_H

#include "duban/buf.h"

#include <stddef.h>

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM };

#define METRIC_LABELS      2
#define METRIC_SERIES_MOST 500

/* All series of one name. The table outlives the metrics. */
struct metric_family {
    const char *name; /* without the suffixes _total, _bucket, _sum and _count */
    enum metric_type type;
    const char *unit; /* base unit, the name's last word: seconds, bytes; NULL: none */
    const char *help; /* an English sentence */
    const char *labels[METRIC_LABELS]; /* their names; NULL from the first unused one on */
    const double *bounds;              /* of a histogram: rising, above 0, ended by a 0 */
};

struct metrics;
struct metric; /* a series; it lives as long as its metrics */

struct metrics *metrics_create(const struct metric_family *families, size_t count);
void metrics_destroy(struct metrics *metrics); /* NULL is fine */

/* The series with these values of the labels (copied; UTF-8), made if there is none: as many as
 * the family has names for, NULL for the others. A new counter or histogram is told from then on,
 * with nothing in it; a new gauge once it is set. */
struct metric *metrics_at(struct metrics *metrics, size_t family, const char *first,
                          const char *second);

/* A counter grows. */
void metric_add(struct metric *metric, double amount);
/* A gauge has this value. */
void metric_set(struct metric *metric, double value);
/* A histogram takes in a value. */
void metric_observe(struct metric *metric, double value);

/* What the gauges of a family were set to is not known any more: they aren't told until they are
 * set again. */
void metrics_forget(struct metrics *metrics, size_t family);

/* Of a gauge or a counter; 0 when it isn't known. */
double metric_value(const struct metric *metric);

enum metrics_form {
    METRICS_TEXT, /* Prometheus' text format 0.0.4 */
    METRICS_OPEN, /* OpenMetrics 1.0 */
};

/* The form for a request with this Accept header (NULL: none), and its content type. */
enum metrics_form metrics_form_of(const char *accept);
const char *metrics_content_type(enum metrics_form form);

/* All that is known, in the order of the table. Families without a series are left out. */
void metrics_print(const struct metrics *metrics, enum metrics_form form, struct buf *out);

#endif
