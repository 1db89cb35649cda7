/* The watchdog is fed while every turn of a stage comes to its end and the loop doesn't spin. */
#include "watchdog.h"

#include "duband.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/service.h"

#include <stddef.h>

#define STATUS_EACH_S    5.
#define TURN_S_MOST      600.    /* every query has its own, much shorter deadline */
#define TURNS_PER_S_MOST 500000. /* of the loop: more is a descriptor that is ready for ever */

const struct stage *watchdog_stuck_stage(const struct context *context)
{
    struct stage *stages[CONTEXT_STAGES];
    context_stages(context, stages);
    for (size_t i = 0; i < CONTEXT_STAGES; i++)
        if (stage_age_s(stages[i]) >= TURN_S_MOST)
            return stages[i];
    return NULL;
}

static bool stages_move(const struct context *context)
{
    const struct stage *stuck = watchdog_stuck_stage(context);
    if (stuck)
        log_line(LOG_LEVEL_ERROR, "watchdog", "a stage doesn't come to its end",
                 log_text("stage", stuck->name));
    return stuck == NULL;
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

/* --- the sentence for `systemctl status` --- */

/* What the last look at the state told; "" when it isn't known. */
static char *state_words(const struct metrics_look *look, bool chinese)
{
    long long late_s = look->queue_late_us / US_PER_S, open = look->open, raised = look->raised;
    if (look->looked <= 0.)
        return mem_format("%s", "");
    return mem_format(chinese ? "；在办%lld件，其中预警%lld件；待发消息最久已等%lld秒"
                              : "; %lld cases open, %lld of them raised; the oldest message "
                                "has waited %lld s",
                      open, raised, late_s);
}

static void tell_status(const struct duband *duband)
{
    const struct context *context = &duband->context;
    bool chinese = context->config->config->locale == LOCALE_ZH_CN;
    bool state = pg_is_up(context->lead), source = context_has_source(context);
    const char *up = chinese ? "已连接" : "connected", *away = chinese ? "未连接" : "away";
    AUTO_FREE char *words = state_words(&duband->metrics_look, chinese);
    service_status(chinese ? "%s；状态库%s，业务库%s%s；手中消息%zu条"
                           : "%s; state %s, source %s%s; %zu messages in hand",
                   context->leads ? (chinese ? "主节点" : "leads")
                                  : (chinese ? "备用节点" : "stands by"),
                   state ? up : away, source ? up : away, words, duband->dispatcher.custody.count);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct watchdog *watchdog =
        (struct watchdog *)(void *)((char *)timer - offsetof(struct watchdog, timer));
    const struct duband *duband = watchdog->duband;
    tell_status(duband);
    bool calm = loop_is_calm(watchdog);
    if (watchdog->feeds && calm && stages_move(&duband->context))
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
