/* Leadership: one daemon runs intake, escalator and composer. The lock is the lead session's, and
 * the stages write over that very session, so a daemon that lost the lock can't write. */
#include "leader.h"

#include "duband.h"

#include "duban/locale.h"
#include "duban/log.h"
#include "duban/mem.h"

#include <stddef.h>

#define HEARTBEAT_S     2.
#define PARTITIONS_DAYS 14

static void set_leads(struct leader *leader, bool leads)
{
    struct duband *duband = leader->duband;
    if (leader->leads == leads)
        return;
    leader->leads = leads;
    log_line(LOG_LEVEL_INFO, "leader", leads ? "this daemon leads" : "leadership lost",
             log_int("node", duband->node));
    struct stage *const stages[] = {&duband->intake.stage, &duband->reconcile.stage,
                                    &duband->escalator.stage, &duband->composer.stage};
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

/* --- calendars that end --- */

void leader_tell_calendar(struct duband *duband, const struct config *config, const char *kind,
                          const struct config_calendar *calendar, pg_done done, void *context)
{
    struct civil date = civil_from_day(calendar_last_day(calendar->calendar));
    AUTO_FREE char *detail =
        config->locale == LOCALE_ZH_CN
            ? mem_format("%s只到%d年%d月%d日。", calendar->name, date.year, date.month, date.day)
            : mem_format("%s ends on %d-%02d-%02d.", calendar->name, date.year, date.month,
                         date.day);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, kind);
    pg_param_text(params, calendar->name);
    pg_param_int(params, date.year * 10000 + date.month * 100 + date.day);
    pg_param_text(params, detail);
    config_add_routes_of(config, kind, params);
    pg_query(duband->lead, "SELECT duban.event_without_case($1, $2, $3, $4, NULL, $5, $6)", params,
             done, context);
    pg_params_destroy(params);
}

static void on_told(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct leader *leader = context;
    if (failure && failure->sqlstate[0])
        log_line(LOG_LEVEL_ERROR, "leader", "calendar's end not recorded",
                 log_text("error", failure->error.text));
    else if (failure == NULL && pg_bool(result, 0, 0))
        stage_wake(&leader->duband->composer.stage);
}

static void look_at_calendars(struct leader *leader, wall_us now)
{
    const struct config *config = leader->duband->config->config;
    leader->told_day = utc_day(now);
    for (size_t i = 0; i < config->calendar_count; i++) {
        const struct config_calendar *calendar = &config->calendars[i];
        wall_us end = (calendar_last_day(calendar->calendar) + 1) * US_PER_DAY;
        if (now < end - config->daemon.calendar_warning_us)
            continue;
        char last[DAY_TEXT_BYTES];
        log_line(LOG_LEVEL_WARNING, "leader", "calendar ends soon",
                 log_text("calendar", calendar->name),
                 log_text("last_day", day_text(calendar_last_day(calendar->calendar), last)));
        leader_tell_calendar(leader->duband, config, "calendar_ending", calendar, on_told, leader);
    }
}

/* --- partitions --- */

static void on_partitions(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct leader *leader = context;
    (void)result;
    leader->asked = false;
    if (failure) {
        log_line(LOG_LEVEL_ERROR, "leader", "partitions not made",
                 log_text("error", failure->error.text));
        leader->ready_day = 0;
        return;
    }
    set_leads(leader, true);
}

static void make_partitions(struct leader *leader, wall_us now)
{
    leader->ready_day = utc_day(now);
    leader->asked = true;
    struct pg_params *params = pg_params_create();
    pg_param_instant(params, now);
    pg_param_int(params, PARTITIONS_DAYS);
    pg_param_int(params, leader->duband->config->config->daemon.retention_days);
    pg_query(leader->duband->lead, "SELECT duban.maintain_partitions($1, $2::int, $3::int)", params,
             on_partitions, leader);
    pg_params_destroy(params);
}

/* --- the lock --- */

static void on_lead(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct leader *leader = context;
    leader->asked = false;
    if (failure) {
        if (failure->sqlstate[0])
            log_line(LOG_LEVEL_ERROR, "leader", "lock not asked",
                     log_text("error", failure->error.text));
        return;
    }
    wall_us now = pg_instant(result, 0, 0);
    if (!pg_bool(result, 0, 1))
        set_leads(leader, false);
    else if (leader->ready_day != utc_day(now))
        make_partitions(leader, now);
    else
        set_leads(leader, true);
    if (leader->leads && leader->told_day != utc_day(now))
        look_at_calendars(leader, now);
}

void leader_try(struct leader *leader)
{
    struct duband *duband = leader->duband;
    if (leader->asked || duband->node == 0 || !pg_is_up(duband->lead) || duband->stopping)
        return;
    leader->asked = true;
    struct pg_params *params = pg_params_create();
    pg_param_int(params, duband->node);
    pg_query(duband->lead, "SELECT duban.now(), duban.lead($1)", params, on_lead, leader);
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

void leader_init(struct leader *leader, struct duband *duband)
{
    *leader = (struct leader){.duband = duband};
    ev_timer_init(&leader->timer, on_heartbeat, HEARTBEAT_S, HEARTBEAT_S);
    ev_timer_start(duband->loop, &leader->timer);
}

void leader_finish(struct leader *leader)
{
    ev_timer_stop(leader->duband->loop, &leader->timer);
}
