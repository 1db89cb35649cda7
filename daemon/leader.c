/* Leadership: one daemon runs intake, escalator and composer. The lock is the lead session's, and
 * the stages write over that very session, so a daemon that lost the lock can't write. */
#include "leader.h"

#include "calendar_alarm.h"

#include "duban/log.h"
#include "duban/mem.h"

#include <stddef.h>
#include <stdio.h>

#define HEARTBEAT_S     2.
#define PARTITIONS_DAYS 14

static void set_leads(struct leader *leader, bool leads)
{
    struct context *context = leader->context;
    if (context->leads == leads)
        return;
    context->leads = leads;
    context->rules = RULES_UNKNOWN;
    log_line(LOG_LEVEL_INFO, "leader", leads ? "this daemon leads" : "leadership lost",
             log_int("node", context->node));
    struct stage *const stages[] = {
        context->intake,   context->reconcile, context->recompute,   context->escalator,
        context->reminder, context->composer,  context->alarm_watch, context->selftest,
        context->enquiry,  context->sealer,
    };
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        if (leads)
            stage_enable(stages[i]);
        else
            stage_disable(stages[i]);
    }
}

static day_number utc_day(wall_us at)
{
    return (day_number)(at / US_PER_DAY);
}

/* --- partitions --- */

/* One table after the other, each in a transaction of its own (sql/functions/partition.sql). */
static const char *const partitioned[] = {"message", "attempt", "receipt"};

static void on_partitions(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct leader *leader = owner;
    (void)result;
    if (context_failed("leader", "partitions not made", failure))
        leader->ready_day = 0;
    if (--leader->making > 0)
        return;
    leader->asked = false;
    if (leader->ready_day != 0)
        set_leads(leader, true);
}

static void make_partitions(struct leader *leader, wall_us now)
{
    leader->ready_day = utc_day(now);
    leader->asked = true;
    leader->making = COUNT_OF(partitioned);
    for (size_t i = 0; i < COUNT_OF(partitioned); i++) {
        struct pg_params *params = pg_params_create();
        pg_param_text(params, partitioned[i]);
        pg_param_instant(params, now);
        pg_param_int(params, PARTITIONS_DAYS);
        pg_param_int(params, leader->context->config->config->daemon.retention_days);
        pg_query(leader->context->lead,
                 "SELECT duban.maintain_partitions_of($1, $2, $3::int, $4::int)", params,
                 on_partitions, leader);
        pg_params_destroy(params);
    }
}

/* --- the lock --- */

/* `other`: works by the configuration that the last leader had; "" when ours is as good. */
static void set_standing(struct leader *leader, const char *other)
{
    struct context *context = leader->context;
    enum standing standing = *other ? STANDING_REFUSED : STANDING_FINE;
    if (context->standing == standing)
        return;
    if (standing == STANDING_REFUSED)
        log_line(LOG_LEVEL_WARNING, "leader",
                 "stands by: its configuration or a calendar differs from the leader's",
                 log_int("node", context->node), log_text("other", other),
                 log_text("config", context->config->config->version));
    else if (context->standing == STANDING_REFUSED)
        log_line(LOG_LEVEL_INFO, "leader", "stands by no more", log_int("node", context->node));
    context->standing = standing;
    stage_wake(context->dispatcher);
}

static void on_lead(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct leader *leader = owner;
    leader->asked = false;
    if (context_failed("leader", "lock not asked", failure))
        return;
    wall_us now = pg_instant(result, 0, 0);
    context_hear(leader->context, now);
    set_standing(leader, pg_text(result, 0, 2));
    snprintf(leader->context->secret, sizeof leader->context->secret, "%s", pg_text(result, 0, 3));
    if (!pg_bool(result, 0, 1))
        set_leads(leader, false);
    else if (leader->ready_day != utc_day(now))
        make_partitions(leader, now);
    else
        set_leads(leader, true);
    if (leader->context->leads && leader->told_day != utc_day(now)) {
        leader->told_day = utc_day(now);
        calendar_alarm_look(leader->context, now);
    }
}

void leader_try(struct leader *leader)
{
    struct context *context = leader->context;
    if (leader->asked || context->node == 0 || !pg_is_up(context->lead) || context->stopping)
        return;
    leader->asked = true;
    struct pg_params *params = pg_params_create();
    pg_param_int(params, context->node);
    pg_param_text(params, context->config->config->version);
    pg_param_int(params, context->config->config->daemon.lease_us);
    pg_query(context->lead, "SELECT now, leads, refused, secret FROM duban.lead_by($1, $2, $3)",
             params, on_lead, leader);
    pg_params_destroy(params);
}

void leader_lost(struct leader *leader)
{
    leader->ready_day = 0;
    set_leads(leader, false);
}

static void on_heartbeat(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    leader_try((struct leader *)(void *)((char *)timer - offsetof(struct leader, timer)));
}

void leader_init(struct leader *leader, struct context *context)
{
    *leader = (struct leader){.context = context};
    ev_timer_init(&leader->timer, on_heartbeat, HEARTBEAT_S, HEARTBEAT_S);
    ev_timer_start(context->loop, &leader->timer);
}

void leader_finish(struct leader *leader)
{
    ev_timer_stop(leader->context->loop, &leader->timer);
}
