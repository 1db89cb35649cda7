/* The turns of a stage. */
#include "stage.h"

#include "duban/mem.h"
#include "duban/steady.h"

#include <stddef.h>

static struct stage *stage_of(ev_timer *timer)
{
    return (struct stage *)(void *)((char *)timer - offsetof(struct stage, timer));
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    struct stage *stage = stage_of(timer);
    ev_timer_stop(loop, timer);
    stage->busy = true;
    stage->wanted = false;
    stage->since = steady_s();
    stage->begin(stage);
}

void stage_init(struct stage *stage, struct ev_loop *loop, const char *name,
                void (*begin)(struct stage *stage))
{
    *stage = (struct stage){.name = name, .loop = loop, .begin = begin};
    ev_init(&stage->timer, on_timer);
}

static void begin_after(struct stage *stage, span_us delay_us)
{
    ev_timer_stop(stage->loop, &stage->timer);
    if (delay_us > 0)
        ev_now_update(stage->loop);
    ev_timer_set(&stage->timer, delay_us > 0 ? (double)delay_us / 1e6 : 0., 0.);
    ev_timer_start(stage->loop, &stage->timer);
}

void stage_enable(struct stage *stage)
{
    if (stage->enabled)
        return;
    stage->enabled = true;
    if (!stage->busy)
        begin_after(stage, 0);
}

void stage_disable(struct stage *stage)
{
    stage->enabled = false;
    ev_timer_stop(stage->loop, &stage->timer);
}

void stage_wake(struct stage *stage)
{
    if (!stage->enabled)
        return;
    if (stage->busy)
        stage->wanted = true;
    else
        begin_after(stage, 0);
}

void stage_done(struct stage *stage, span_us delay_us)
{
    if (stage->turns)
        metric_observe(stage->turns, stage_age_s(stage));
    stage->busy = false;
    if (stage->enabled)
        begin_after(stage, stage->wanted ? 0 : delay_us);
}

span_us stage_pause(wall_us now, wall_us next_at, span_us poll_us)
{
    if (next_at == WALL_NONE || next_at - now > poll_us)
        return poll_us;
    return next_at > now ? next_at - now : 0;
}

double stage_age_s(const struct stage *stage)
{
    return stage->busy ? steady_s() - stage->since : 0.;
}
