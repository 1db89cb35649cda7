/* Keeps the figures that are counted ahead fresh, while somebody looks at them. */
#include "web.h"

#include "duban/log.h"

#include <stddef.h>

#define LEAST_MS   500
#define AGAIN_S    2.  /* after a failure */
#define LOOKS_ON_S 60. /* how long a look counts */

static struct web *web_of(struct ev_timer *timer)
{
    return (struct web *)(void *)((char *)timer - offsetof(struct web, counter.timer));
}

static void count_within(struct web *web, double seconds)
{
    ev_timer_stop(web->loop, &web->counter.timer);
    ev_timer_set(&web->counter.timer, seconds, 0.);
    ev_timer_start(web->loop, &web->counter.timer);
}

static void on_counted(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct web *web = context;
    web->counter.asked = false;
    if (failure && failure->sqlstate[0])
        log_line(LOG_LEVEL_ERROR, "web", "not counted", log_text("error", failure->error.text));
    count_within(web, failure ? AGAIN_S : (double)pg_int(result, 0, 0) / 1e3);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)events;
    struct web *web = web_of(timer);
    if (web->counter.asked || ev_now(loop) - web->counter.looked_at > LOOKS_ON_S)
        return;
    struct pg_params *params = pg_params_create();
    pg_param_int(params, LEAST_MS);
    pg_param_int(params, calendar_offset_s(web->config->calendar, (wall_us)(ev_now(loop) * 1e6)));
    web->counter.asked = true;
    pg_query(web->counts, "SELECT duban.web_count_refresh($1, $2)", params, on_counted, web);
    pg_params_destroy(params);
}

void counter_init(struct web *web)
{
    web->counter = (struct counter){.looked_at = ev_now(web->loop)};
    ev_init(&web->counter.timer, on_timer);
    count_within(web, 0.);
}

void counter_finish(struct web *web)
{
    ev_timer_stop(web->loop, &web->counter.timer);
}

void counter_wake(struct web *web)
{
    web->counter.looked_at = ev_now(web->loop);
    if (!web->counter.asked && !ev_is_active(&web->counter.timer))
        count_within(web, 0.);
}
