/* Keeps the board's table and figures up to date: soon while somebody looks at them, and at leisure
 * else, lest a first look in the morning find a night's changes. */
#include "web.h"

#include "duban/log.h"
#include "duban/steady.h"

#include <stddef.h>

#define CASES_MOST 2000
#define SOON_S     0.2 /* while somebody looks */
#define LEISURE_S  5.
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

/* With more to do it pauses for as long as that took: half of a core at most. */
static void on_counted(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct web *web = context;
    struct counter *counter = &web->counter;
    double now = steady_s();
    counter->asked = false;
    if (failure && failure->sqlstate[0])
        log_line(LOG_LEVEL_ERROR, "web", "not counted", log_text("error", failure->error.text));
    if (failure)
        count_within(web, AGAIN_S);
    else if (!PQgetisnull(result, 0, 0) && pg_int(result, 0, 0) >= CASES_MOST)
        count_within(web, now - counter->asked_at);
    else
        count_within(web, now - counter->looked_at > LOOKS_ON_S ? LEISURE_S : SOON_S);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct web *web = web_of(timer);
    if (web->counter.asked)
        return;
    struct pg_params *params = pg_params_create();
    pg_param_int(params, CASES_MOST);
    web->counter.asked = true;
    web->counter.asked_at = steady_s();
    pg_query(web->counts, "SELECT duban.web_fold($1)", params, on_counted, web);
    pg_params_destroy(params);
}

void counter_init(struct web *web)
{
    web->counter = (struct counter){.looked_at = steady_s()};
    ev_init(&web->counter.timer, on_timer);
    count_within(web, 0.);
}

void counter_finish(struct web *web)
{
    ev_timer_stop(web->loop, &web->counter.timer);
}

void counter_wake(struct web *web)
{
    struct counter *counter = &web->counter;
    bool rests = steady_s() - counter->looked_at > LOOKS_ON_S;
    counter->looked_at = steady_s();
    if (rests && !counter->asked)
        count_within(web, 0.);
}
