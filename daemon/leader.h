/* Leadership and the leader's housekeeping: partitions, calendars that end. */
#ifndef DUBAND_LEADER_H
#define DUBAND_LEADER_H

#include "context.h"
#include "duban/config.h"
#include "duban/pg.h"

#include <ev.h>
#include <stdbool.h>

struct leader {
    struct context *context;
    ev_timer timer;       /* heartbeat, and the next try */
    bool asked;           /* a query is under way */
    size_t making;        /* partitions of so many tables are still under way */
    day_number ready_day; /* partitions are there up to this day */
    day_number told_day;  /* calendars were looked at on this day */
};

void leader_init(struct leader *leader, struct context *context);
void leader_finish(struct leader *leader);

/* The lead session is up, or this daemon got its number: try to lead. */
void leader_try(struct leader *leader);

/* The lead session is lost, and the leadership with it. */
void leader_lost(struct leader *leader);

#endif
