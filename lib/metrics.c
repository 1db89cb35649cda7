/* The registry of metrics: families, their series, what is in them. */
#include "duban/metrics.h"

#include "metrics_series.h"

#include "duban/mem.h"

#include <assert.h>
#include <string.h>

static const char other[] = "other";

struct metrics *metrics_create(const struct metric_family *families, size_t count)
{
    struct metrics *metrics = mem_zero(1, sizeof *metrics);
    metrics->count = count;
    metrics->groups = mem_zero(count, sizeof *metrics->groups);
    for (size_t i = 0; i < count; i++)
        metrics->groups[i].family = &families[i];
    return metrics;
}

static void metric_destroy(struct metric *metric)
{
    for (size_t i = 0; i < METRIC_LABELS; i++)
        free(metric->labels[i]);
    free(metric->counts);
    free(metric);
}

void metrics_destroy(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    for (size_t i = 0; i < metrics->count; i++) {
        struct metric_group *group = &metrics->groups[i];
        for (size_t k = 0; k < group->count; k++)
            metric_destroy(group->series[k]);
        free(group->series);
    }
    free(metrics->groups);
    free(metrics);
}

size_t metric_bounds(const struct metric_family *family)
{
    size_t count = 0;
    while (family->bounds[count] > 0)
        count++;
    return count;
}

static bool is_labelled(const struct metric *metric, const char *const *labels)
{
    for (size_t i = 0; i < METRIC_LABELS && labels[i]; i++)
        if (strcmp(metric->labels[i], labels[i]) != 0)
            return false;
    return true;
}

static struct metric *find(const struct metric_group *group, const char *const *labels)
{
    for (size_t i = 0; i < group->count; i++)
        if (is_labelled(group->series[i], labels))
            return group->series[i];
    return NULL;
}

static struct metric *add(struct metric_group *group, const char *const *labels)
{
    struct metric *metric = mem_zero(1, sizeof *metric);
    metric->family = group->family;
    metric->known = group->family->type != METRIC_GAUGE;
    for (size_t i = 0; i < METRIC_LABELS && labels[i]; i++)
        metric->labels[i] = mem_text(labels[i]);
    if (group->family->type == METRIC_HISTOGRAM)
        metric->counts = mem_zero(metric_bounds(group->family) + 1, sizeof *metric->counts);
    group->series = mem_grow(group->series, group->count + 1, sizeof *group->series);
    group->series[group->count++] = metric;
    return metric;
}

struct metric *metrics_at(struct metrics *metrics, size_t family, const char *first,
                          const char *second)
{
    assert(family < metrics->count);
    struct metric_group *group = &metrics->groups[family];
    const char *labels[METRIC_LABELS] = {first, second};
    for (size_t i = 0; i < METRIC_LABELS; i++)
        assert((labels[i] == NULL) == (group->family->labels[i] == NULL));
    struct metric *metric = find(group, labels);
    if (metric)
        return metric;
    if (group->count < METRIC_SERIES_MOST - 1)
        return add(group, labels);
    for (size_t i = 0; i < METRIC_LABELS && labels[i]; i++)
        labels[i] = other;
    metric = find(group, labels);
    return metric ? metric : add(group, labels);
}

void metric_add(struct metric *metric, double amount)
{
    assert(metric->family->type == METRIC_COUNTER && amount >= 0);
    metric->value += amount;
}

void metric_set(struct metric *metric, double value)
{
    assert(metric->family->type == METRIC_GAUGE);
    metric->value = value;
    metric->known = true;
}

void metric_observe(struct metric *metric, double value)
{
    assert(metric->family->type == METRIC_HISTOGRAM);
    size_t bound = 0, bounds = metric_bounds(metric->family);
    while (bound < bounds && value > metric->family->bounds[bound])
        bound++;
    metric->counts[bound]++;
    metric->value += value;
}

void metrics_forget(struct metrics *metrics, size_t family)
{
    assert(family < metrics->count && metrics->groups[family].family->type == METRIC_GAUGE);
    struct metric_group *group = &metrics->groups[family];
    for (size_t i = 0; i < group->count; i++) {
        group->series[i]->known = false;
        group->series[i]->value = 0;
    }
}

double metric_value(const struct metric *metric)
{
    return metric->value;
}
