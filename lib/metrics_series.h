/* What metrics.c keeps and metrics_print.c tells. */
#ifndef DUBAN_METRICS_SERIES_H
#define DUBAN_METRICS_SERIES_H

#include "duban/metrics.h"

#include <stdbool.h>
#include <stdint.h>

struct metric {
    const struct metric_family *family;
    char *labels[METRIC_LABELS]; /* values, owned */
    bool known;
    double value;     /* of a histogram: the sum */
    uint64_t *counts; /* of a histogram: by bound, those above all bounds last; owned */
};

struct metrics {
    size_t count;
    struct metric_group {
        const struct metric_family *family;
        struct metric **series;
        size_t count;
    } * groups;
};

/* How many bounds a histogram has. */
size_t metric_bounds(const struct metric_family *family);

#endif
