/* Looks at the source's view before anything is read from it, and again from time to time: a column
 * may be added or dropped while the connection lives. */
#include "source_link.h"

#include "duban/log.h"
#include "duban/mem.h"

#include <stddef.h>
#include <string.h>

#define AGAIN_S 5.

/* The view can be read: from now on by statements for the columns that it has. Queries that are
 * under way keep theirs. */
static void use_columns(struct source_link *link, const struct source_columns *columns)
{
    struct context *context = link->context;
    if (context->source_sql.page && memcmp(columns, &link->columns, sizeof *columns) == 0)
        return;
    AUTO_FREE char *lacks = source_lacks(columns);
    log_line(LOG_LEVEL_INFO, "source", "the view satisfies the contract",
             log_text("relation", link->relation), log_text("optional_columns_missing", lacks));
    source_sql_finish(&context->source_sql);
    source_sql_init(&context->source_sql, link->relation, columns);
    link->columns = *columns;
}

static void on_checked(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    struct source_link *link = owner;
    struct context *context = link->context;
    struct source_columns columns;
    struct problems problems = {0};
    bool was_fine = context->source_is_fine;
    link->asked = false;
    if (failure) {
        if (failure->sqlstate[0])
            log_line(LOG_LEVEL_ERROR, "source", "the view can't be read",
                     log_text("relation", link->relation), log_text("error", failure->error.text));
        return;
    }
    context->source_is_fine = source_check(result, link->relation, &columns, &problems);
    for (size_t i = 0; i < problems.count; i++)
        log_line(LOG_LEVEL_ERROR, "source", "the view doesn't satisfy the contract",
                 log_text("relation", link->relation), log_text("problem", problems.items[i].text));
    problems_finish(&problems);
    if (context->source_is_fine)
        use_columns(link, &columns);
    if (context->source_is_fine && !was_fine) {
        stage_wake(context->intake);
        stage_wake(context->escalator);
        stage_wake(context->composer);
    }
}

static void on_set(void *owner, const PGresult *result, const struct pg_failure *failure)
{
    (void)owner, (void)result;
    context_failed("source", "session not set up", failure);
}

/* Open cases are recent ones, which the planner doesn't know: it would take the rest for less than
 * a page and sort all of it for every page. */
static void set_up_session(struct context *context)
{
    pg_query(context->source,
             "SELECT set_config('enable_sort', 'off', false),"
             " set_config('max_parallel_workers_per_gather', '0', false)",
             NULL, on_set, NULL);
}

static void look(struct source_link *link)
{
    struct context *context = link->context;
    if (link->asked || !pg_is_up(context->source))
        return;
    link->asked = true;
    struct pg_params *params = pg_params_create();
    pg_param_text(params, link->relation);
    pg_query(context->source, source_check_sql, params, on_checked, link);
    pg_params_destroy(params);
}

void source_link_check(struct source_link *link)
{
    set_up_session(link->context);
    look(link);
}

void source_link_lost(struct source_link *link)
{
    link->context->source_is_fine = false;
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    look((struct source_link *)(void *)((char *)timer - offsetof(struct source_link, timer)));
}

void source_link_init(struct source_link *link, struct context *context)
{
    *link = (struct source_link){
        .context = context,
        .relation = mem_text(context->config->config->source.relation),
    };
    ev_timer_init(&link->timer, on_timer, AGAIN_S, AGAIN_S);
    ev_timer_start(context->loop, &link->timer);
}

void source_link_finish(struct source_link *link)
{
    ev_timer_stop(link->context->loop, &link->timer);
    free(link->relation);
}
