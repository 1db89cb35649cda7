/* What duband's metrics are: the families, in the order in which they are told. */
#ifndef DUBAND_METRICS_TABLE_H
#define DUBAND_METRICS_TABLE_H

#include "duban/metrics.h"

enum metrics_family {
    /* this daemon */
    METRIC_BUILD,
    METRIC_CONFIG,
    METRIC_RELOAD_SUCCESSFUL,
    METRIC_RELOAD_AT,
    METRIC_RELOADS,
    METRIC_LEADER,
    METRIC_RULES_FOLLOWED,
    METRIC_CALENDAR,
    METRIC_CONNECTED,
    METRIC_LOSSES,
    METRIC_ROUND_TRIP,
    METRIC_STAGE_TURN,
    METRIC_STAGE_AGE,
    /* the way of the data, as this daemon has it done */
    METRIC_SOURCE_LAG,
    METRIC_FIRST_CONTACT,
    METRIC_SOURCE_ROWS,
    METRIC_SOURCE_BAD_ROWS,
    METRIC_CLOCK_WRITES,
    METRIC_LEVEL_DELAY,
    METRIC_EVENTS,
    METRIC_NOTIFICATIONS,
    METRIC_COMPOSED,
    METRIC_ATTEMPTS,
    METRIC_ATTEMPT_TIME,
    METRIC_DELIVERY_TIME,
    METRIC_DEAD_LETTERS,
    METRIC_RECEIPTS,
    METRIC_ENDPOINTS,
    METRIC_IN_HAND,
    METRIC_REQUESTS,
    /* the process */
    METRIC_CPU,
    METRIC_RESIDENT,
    METRIC_VIRTUAL,
    METRIC_OPEN_FDS,
    METRIC_MAX_FDS,
    METRIC_STARTED,
    /* the state, the same at every daemon: all are gauges, set by the rows of duban.metrics */
    METRIC_STATE_LOOK,
    METRIC_CASES,
    METRIC_BOARD_BEHIND,
    METRIC_CLOCK_DUE_AGE,
    METRIC_CASE_OVERDUE_AGE,
    METRIC_PENDING,
    METRIC_PENDING_AGE,
    METRIC_QUEUE,
    METRIC_QUEUE_AGE,
    METRIC_DEAD,
    METRIC_BAD_ROWS,
    METRIC_WATERMARK,
    METRIC_LEADER_KNOWN,
    METRIC_NODES,
    METRIC_CONFIG_VERSIONS,
    METRIC_ALARMS,
    METRIC_SELFTEST,
    METRIC_SELFTEST_AT,
    METRIC_FAMILIES
};

#define METRIC_FIRST_OF_STATE METRIC_STATE_LOOK

extern const struct metric_family metrics_table[METRIC_FAMILIES];

/* The family of the state's figures that has this name; METRIC_FAMILIES when there is none. */
enum metrics_family metrics_family_named(const char *name);

#endif
