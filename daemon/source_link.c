/* Looks at the source's view before anything is read from it. */
#include "source_link.h"

#include "duband.h"

#include "duban/log.h"

#include <stddef.h>

#define AGAIN_S 10.

static void on_checked(void *context, const PGresult *result, const struct pg_failure *failure)
{
    struct source_link *link = context;
    struct duband *duband = link->duband;
    const char *relation = duband->config->config->source.relation;
    struct problems problems = {0};
    link->asked = false;
    if (failure) {
        if (failure->sqlstate[0])
            log_line(LOG_LEVEL_ERROR, "source", "the view can't be read",
                     log_text("relation", relation), log_text("error", failure->error.text));
        return;
    }
    link->fine = source_check(result, relation, &problems);
    for (size_t i = 0; i < problems.count; i++)
        log_line(LOG_LEVEL_ERROR, "source", "the view doesn't satisfy the contract",
                 log_text("relation", relation), log_text("problem", problems.items[i].text));
    problems_finish(&problems);
    if (link->fine) {
        stage_wake(&duband->intake.stage);
        stage_wake(&duband->escalator.stage);
        stage_wake(&duband->composer.stage);
    }
}

static void on_set(void *context, const PGresult *result, const struct pg_failure *failure)
{
    (void)context, (void)result;
    if (failure && failure->sqlstate[0])
        log_line(LOG_LEVEL_WARNING, "source", "session not set up",
                 log_text("error", failure->error.text));
}

/* Open cases are recent ones, which the planner doesn't know: it would take the rest for less than
 * a page and sort all of it for every page. */
static void set_up_session(struct duband *duband)
{
    pg_query(duband->source,
             "SELECT set_config('enable_sort', 'off', false),"
             " set_config('max_parallel_workers_per_gather', '0', false)",
             NULL, on_set, NULL);
}

void source_link_check(struct source_link *link)
{
    struct duband *duband = link->duband;
    if (link->asked || link->fine || !pg_is_up(duband->source))
        return;
    link->asked = true;
    set_up_session(duband);
    struct pg_params *params = pg_params_create();
    pg_param_text(params, duband->config->config->source.relation);
    pg_query(duband->source, duband->source_sql.check, params, on_checked, link);
    pg_params_destroy(params);
}

void source_link_lost(struct source_link *link)
{
    link->fine = false;
}

bool source_link_is_fine(const struct source_link *link)
{
    return link->fine && pg_is_up(link->duband->source);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    source_link_check(
        (struct source_link *)(void *)((char *)timer - offsetof(struct source_link, timer)));
}

void source_link_init(struct source_link *link, struct duband *duband)
{
    *link = (struct source_link){.duband = duband};
    ev_timer_init(&link->timer, on_timer, AGAIN_S, AGAIN_S);
    ev_timer_start(duband->loop, &link->timer);
}

void source_link_finish(struct source_link *link)
{
    ev_timer_stop(link->duband->loop, &link->timer);
}
