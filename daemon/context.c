/* What the daemon's parts share. */
#include "context.h"

#include "duban/log.h"
#include "duban/steady.h"

#include <string.h>

struct shared_config *context_config(struct context *context)
{
    return shared_config_take(context->config);
}

void context_stages(const struct context *context, struct stage *stages[CONTEXT_STAGES])
{
    struct stage *const all[CONTEXT_STAGES] = {
        context->intake,   context->reconcile, context->recompute,  context->escalator,
        context->reminder, context->composer,  context->dispatcher, context->alarm_watch,
        context->selftest, context->enquiry,   context->sealer,
    };
    memcpy(stages, all, sizeof all);
}

void context_count(const struct context *context, size_t family, int64_t amount)
{
    metric_add(metrics_at(context->metrics, family, NULL, NULL), (double)amount);
}

bool context_has_source(const struct context *context)
{
    return context->source_is_fine && pg_is_up(context->source);
}

void context_hear(struct context *context, wall_us now)
{
    context->heard_now = now;
    context->heard_at = steady_s();
}

wall_us context_now(const struct context *context)
{
    if (context->heard_at == 0)
        return (wall_us)(ev_now(context->loop) * 1e6);
    double passed = steady_s() - context->heard_at;
    return context->heard_now + (wall_us)(passed * 1e6);
}

wall_us context_tell_after(const struct context *context, const struct config *config, wall_us now)
{
    wall_us oldest = now - config->daemon.completion_age_us;
    return oldest > context->first_contact_at ? oldest : context->first_contact_at;
}

bool context_failed(const char *area, const char *what, const struct pg_failure *failure)
{
    if (failure && failure->sqlstate[0])
        log_line(LOG_LEVEL_ERROR, area, what, log_text("error", failure->error.text));
    return failure != NULL;
}
