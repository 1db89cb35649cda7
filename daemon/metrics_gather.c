/* What a daemon knows of itself, put into gauges. */
#include "metrics_gather.h"

#include "duband.h"
#include "metrics_process.h"
#include "metrics_table.h"

#include "duban/mem.h"
#include "duban/steady.h"
#include "duban/zone.h"

static void set(struct duband *duband, enum metrics_family family, const char *first,
                const char *second, double value)
{
    metric_set(metrics_at(duband->context.metrics, family, first, second), value);
}

static void grow(struct duband *duband, enum metrics_family family, const char *first,
                 const char *second, size_t amount)
{
    struct metric *metric = metrics_at(duband->context.metrics, family, first, second);
    metric_set(metric, metric_value(metric) + (double)amount);
}

static void forget(struct duband *duband, const enum metrics_family *families, size_t count)
{
    for (size_t i = 0; i < count; i++)
        metrics_forget(duband->context.metrics, families[i]);
}

/* --- configuration --- */

static void gather_config(struct duband *duband)
{
    const struct config *config = duband->context.config->config;
    static const enum metrics_family families[] = {METRIC_CONFIG, METRIC_CALENDAR};
    wall_us now = context_now(&duband->context);
    forget(duband, families, COUNT_OF(families));
    set(duband, METRIC_CONFIG, config->version, config->rules_version, 1);
    set(duband, METRIC_RELOAD_SUCCESSFUL, NULL, NULL, duband->reload_failed ? 0 : 1);
    set(duband, METRIC_RELOAD_AT, NULL, NULL, duband->reloaded_at);
    for (size_t i = 0; i < config->calendar_count; i++) {
        const struct calendar *calendar = config->calendars[i].calendar;
        wall_us end = zone_first(calendar_zone(calendar), calendar_last_day(calendar) + 1, 0);
        set(duband, METRIC_CALENDAR, config->calendars[i].name, NULL, (double)(end - now) / 1e6);
    }
}

/* --- leadership, databases, stages --- */

/* Since the daemon was started when the source was never read. */
static double source_lag_s(const struct duband *duband)
{
    const struct context *context = &duband->context;
    if (duband->intake.looked_at == 0)
        return steady_s() - duband->begun;
    span_us lag = context_now(context) - duband->intake.looked_at;
    return lag > 0 ? (double)lag / 1e6 : 0.;
}

static void gather_leader(struct duband *duband)
{
    const struct context *context = &duband->context;
    static const enum metrics_family families[] = {METRIC_SOURCE_LAG, METRIC_FIRST_CONTACT,
                                                   METRIC_RULES_FOLLOWED};
    forget(duband, families, COUNT_OF(families));
    set(duband, METRIC_LEADER, NULL, NULL, context->leads ? 1 : 0);
    if (!context->leads)
        return;
    set(duband, METRIC_SOURCE_LAG, NULL, NULL, source_lag_s(duband));
    set(duband, METRIC_FIRST_CONTACT, NULL, NULL, context->first_contact_done ? 1 : 0);
    if (context->rules != RULES_UNKNOWN)
        set(duband, METRIC_RULES_FOLLOWED, NULL, NULL, context->rules == RULES_FOLLOWED ? 1 : 0);
}

static void gather_connections(struct duband *duband)
{
    const struct context *context = &duband->context;
    set(duband, METRIC_CONNECTED, "lead", NULL, pg_is_up(context->lead) ? 1 : 0);
    set(duband, METRIC_CONNECTED, "work", NULL, pg_is_up(context->work) ? 1 : 0);
    set(duband, METRIC_CONNECTED, "metrics", NULL, pg_is_up(duband->metrics_look.pg) ? 1 : 0);
    set(duband, METRIC_CONNECTED, "source", NULL, context_has_source(context) ? 1 : 0);
}

static void gather_stages(struct duband *duband)
{
    struct stage *stages[CONTEXT_STAGES];
    context_stages(&duband->context, stages);
    for (size_t i = 0; i < CONTEXT_STAGES; i++)
        set(duband, METRIC_STAGE_AGE, stages[i]->name, NULL, stage_age_s(stages[i]));
}

/* --- endpoints --- */

static void begin_channels(struct duband *duband)
{
    const struct config *config = duband->context.config->config;
    struct metrics *metrics = duband->context.metrics;
    for (size_t i = 0; i < config->channel_count; i++) {
        const char *name = config->channels[i].name;
        for (int verdict = 0; verdict < VERDICTS; verdict++)
            metrics_at(metrics, METRIC_ATTEMPTS, name, verdict_word((enum verdict)verdict));
        metrics_at(metrics, METRIC_DEAD_LETTERS, name, NULL);
        for (int state = 0; state < ENDPOINT_STATES; state++)
            set(duband, METRIC_ENDPOINTS, name, endpoint_state_word((enum endpoint_state)state), 0);
        set(duband, METRIC_IN_HAND, name, NULL, 0);
        set(duband, METRIC_REQUESTS, name, NULL, 0);
    }
}

static void gather_endpoints(struct duband *duband)
{
    static const enum metrics_family families[] = {METRIC_ENDPOINTS, METRIC_IN_HAND,
                                                   METRIC_REQUESTS};
    const struct lanes *lanes = &duband->dispatcher.lanes;
    forget(duband, families, COUNT_OF(families));
    begin_channels(duband);
    for (size_t i = 0; i < lanes->count; i++) {
        const struct lane *lane = lanes->items[i];
        grow(duband, METRIC_ENDPOINTS, lane->channel, endpoint_state_word(lane->breaker.state), 1);
        grow(duband, METRIC_IN_HAND, lane->channel, NULL, lane->queue.count);
        grow(duband, METRIC_REQUESTS, lane->channel, NULL, lane->sending);
    }
}

/* --- all --- */

void metrics_gather(struct duband *duband)
{
    gather_config(duband);
    gather_leader(duband);
    gather_connections(duband);
    gather_stages(duband);
    gather_endpoints(duband);
    metrics_gather_process(duband->context.metrics);
}

void metrics_begin(struct duband *duband)
{
    struct metrics *metrics = duband->context.metrics;
    struct stage *stages[CONTEXT_STAGES];
    for (size_t i = 0; i < METRIC_FAMILIES; i++)
        if (metrics_table[i].labels[0] == NULL && metrics_table[i].type != METRIC_GAUGE)
            metrics_at(metrics, i, NULL, NULL);
    metrics_at(metrics, METRIC_RELOADS, "success", NULL);
    metrics_at(metrics, METRIC_RELOADS, "failure", NULL);
    set(duband, METRIC_BUILD, DUBAN_VERSION, NULL, 1);
    set(duband, METRIC_STARTED, NULL, NULL, duband->started_at);
    context_stages(&duband->context, stages);
    for (size_t i = 0; i < CONTEXT_STAGES; i++)
        stages[i]->turns = metrics_at(metrics, METRIC_STAGE_TURN, stages[i]->name, NULL);
}
