/* The state of the machines, as lines of the log. */
#include "state_dump.h"

#include "duband.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/steady.h"

#define AREA           "state"
#define ENDPOINTS_MOST 200

static int64_t ms(double seconds)
{
    return (int64_t)(seconds * 1e3);
}

static void dump_daemon(const struct duband *duband)
{
    const struct context *context = &duband->context;
    log_line(LOG_LEVEL_INFO, AREA, "daemon", log_int("node", context->node),
             log_text("leads", context->leads ? "yes" : "no"),
             log_text("stopping", context->stopping ? "yes" : "no"),
             log_text("version", DUBAN_VERSION),
             log_text("config", context->config->config->version),
             log_text("rules", context->config->config->rules_version),
             log_int("running_ms", ms(steady_s() - duband->begun)),
             log_instant("state_time", context_now(context)));
}

/* --- connections --- */

static void dump_connection(const char *name, const struct pg *pg)
{
    log_line(LOG_LEVEL_INFO, AREA, "connection", log_text("connection", name),
             log_text("state", pg_state_word(pg)), log_int("waiting", (int64_t)pg_waiting(pg)));
}

static void dump_connections(const struct duband *duband)
{
    const struct context *context = &duband->context;
    dump_connection("lead", context->lead);
    dump_connection("work", context->work);
    dump_connection("source", context->source);
    dump_connection("metrics", duband->metrics_look.pg);
    log_line(LOG_LEVEL_INFO, AREA, "source view",
             log_text("satisfies", context->source_is_fine ? "yes" : "no"));
    log_line(LOG_LEVEL_INFO, AREA, "listener",
             log_text("metrics", duband->metrics_listener.listener ? "listening" : "no"));
}

/* --- stages --- */

static const char *intake_word(enum intake_step step)
{
    static const char *const words[] = {
        [INTAKE_BEGIN] = "begin",       [INTAKE_MARK] = "mark",   [INTAKE_PAGES] = "pages",
        [INTAKE_BASELINE] = "baseline", [INTAKE_ENDED] = "ended",
    };
    return words[step];
}

static const char *composer_word(enum composer_step step)
{
    static const char *const words[] = {
        [COMPOSER_TAKE] = "take",
        [COMPOSER_FACTS] = "facts",
        [COMPOSER_USAGE] = "usage",
        [COMPOSER_WRITE] = "write",
    };
    return words[step];
}

static void dump_stage(const struct stage *stage, const char *step, int64_t writes, int64_t rows)
{
    log_line(LOG_LEVEL_INFO, AREA, "stage", log_text("stage", stage->name),
             log_text("state", stage->busy      ? "busy"
                               : stage->enabled ? "waiting"
                                                : "off"),
             log_text("step", stage->busy ? step : ""), log_int("busy_ms", ms(stage_age_s(stage))),
             log_text("woken", stage->wanted ? "yes" : "no"), log_int("writes", writes),
             log_int("rows", rows));
}

static void dump_stages(const struct duband *duband)
{
    const struct intake *intake = &duband->intake;
    const struct escalator *escalator = &duband->escalator;
    const struct composer *composer = &duband->composer;
    struct stage *stages[CONTEXT_STAGES];
    context_stages(&duband->context, stages);
    for (size_t i = 0; i < CONTEXT_STAGES; i++) {
        if (stages[i] == &intake->stage)
            dump_stage(stages[i], intake_word(intake->step), intake->writes, intake->rows);
        else if (stages[i] == &escalator->stage)
            dump_stage(stages[i], escalator->asking ? "facts" : "", escalator->writes,
                       (int64_t)escalator->due.count);
        else if (stages[i] == &composer->stage)
            dump_stage(stages[i], composer_word(composer->step), composer->writes,
                       (int64_t)composer->count);
        else
            dump_stage(stages[i], "", 0, 0);
    }
}

/* --- delivery --- */

static void dump_endpoint(const struct duband *duband, const struct lane *lane)
{
    bool open = lane->breaker.state == ENDPOINT_OPEN;
    log_line(
        LOG_LEVEL_INFO, AREA, "endpoint", log_text("channel", lane->channel),
        log_int("endpoint", lane->endpoint),
        log_text("state", endpoint_state_word(lane->breaker.state)),
        log_int("pause_ms", open && lane->breaker.until != WALL_NONE
                                ? (lane->breaker.until - context_now(&duband->context)) / US_PER_MS
                                : 0),
        log_int("failures", lane->breaker.failures), log_int("queued", (int64_t)lane->queue.count),
        log_int("sending", (int64_t)lane->sending), log_int("window", (int64_t)lane->window),
        log_text("probing", lane->probing ? "yes" : "no"));
}

static void dump_delivery(const struct duband *duband)
{
    const struct dispatcher *dispatcher = &duband->dispatcher;
    const struct lanes *lanes = &dispatcher->lanes;
    size_t told = 0, idle = 0;
    for (size_t i = 0; i < lanes->count; i++) {
        const struct lane *lane = lanes->items[i];
        if (lane_is_well(lane) && lane->queue.count + lane->sending == 0)
            idle++;
        else if (told++ < ENDPOINTS_MOST)
            dump_endpoint(duband, lane);
    }
    log_line(LOG_LEVEL_INFO, AREA, "dispatcher",
             log_int("messages", (int64_t)dispatcher->custody.count),
             log_text("joined", dispatcher->custody.joined ? "yes" : "no"),
             log_int("to_complete", (int64_t)dispatcher->completer.done.count),
             log_int("completing", (int64_t)dispatcher->completer.under_way),
             log_int("endpoints_idle", (int64_t)idle),
             log_int("endpoints_not_told",
                     (int64_t)(told > ENDPOINTS_MOST ? told - ENDPOINTS_MOST : 0)));
}

void state_dump(const struct duband *duband)
{
    enum log_level level = (enum log_level)duband->context.config->config->log_level;
    if (level < LOG_LEVEL_INFO)
        log_set_level(LOG_LEVEL_INFO);
    dump_daemon(duband);
    dump_connections(duband);
    dump_stages(duband);
    dump_delivery(duband);
    log_set_level(level);
}
