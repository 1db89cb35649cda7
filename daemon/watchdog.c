/* The watchdog is fed while every turn of a stage comes to its end and the loop doesn't spin. */
#include "watchdog.h"

#include "duband.h"

#include "duban/log.h"
#include "duban/service.h"

#include <stddef.h>

#define STATUS_EACH_S    5.
#define TURN_S_MOST      600.    /* every query has its own, much shorter deadline */
#define TURNS_PER_S_MOST 500000. /* of the loop: more is a descriptor that is ready for ever */

static bool stages_move(const struct duband *duband)
{
    const struct stage *const stages[] = {
        &duband->intake.stage,     &duband->reconcile.stage,   &duband->recompute.stage,
        &duband->escalator.stage,  &duband->reminder.stage,    &duband->composer.stage,
        &duband->dispatcher.stage, &duband->alarm_watch.stage, &duband->selftest.stage,
        &duband->enquiry.stage,    &duband->sealer.stage,
    };
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        if (stage_age_s(stages[i]) < TURN_S_MOST)
            continue;
        log_line(LOG_LEVEL_ERROR, "watchdog", "a stage doesn't come to its end",
                 log_text("stage", stages[i]->name));
        return false;
    }
    return true;
}

static bool loop_is_calm(struct watchdog *watchdog)
{
    unsigned iterations = ev_iteration(watchdog->duband->context.loop);
    double rate = (double)(iterations - watchdog->iterations) / watchdog->timer.repeat;
    watchdog->iterations = iterations;
    if (rate < TURNS_PER_S_MOST)
        return true;
    log_line(LOG_LEVEL_ERROR, "watchdog", "the loop spins", log_int("per_second", (int64_t)rate));
    return false;
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct watchdog *watchdog =
        (struct watchdog *)(void *)((char *)timer - offsetof(struct watchdog, timer));
    const struct duband *duband = watchdog->duband;
    service_status("%s; state %s, source %s; %zu messages in hand",
                   duband->context.leads ? "leads" : "stands by",
                   pg_is_up(duband->context.lead) ? "connected" : "away",
                   context_has_source(&duband->context) ? "connected" : "away",
                   duband->dispatcher.custody.count);
    bool calm = loop_is_calm(watchdog);
    if (watchdog->feeds && calm && stages_move(duband))
        service_alive();
}

void watchdog_init(struct watchdog *watchdog, struct duband *duband)
{
    double interval = (double)service_watchdog_interval() / 1e6;
    *watchdog = (struct watchdog){.duband = duband, .feeds = interval > 0};
    if (!watchdog->feeds || interval > STATUS_EACH_S)
        interval = STATUS_EACH_S;
    ev_timer_init(&watchdog->timer, on_timer, 0., interval);
    ev_timer_start(duband->context.loop, &watchdog->timer);
}

void watchdog_finish(struct watchdog *watchdog)
{
    ev_timer_stop(watchdog->duband->context.loop, &watchdog->timer);
}
