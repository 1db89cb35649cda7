/* The daemon's parts, wired together. */
#include "duband.h"

#include "metrics_gather.h"
#include "metrics_table.h"

#include "duban/log.h"
#include "duban/mem.h"
#include "duban/schema.h"
#include "duban/service.h"
#include "duban/steady.h"

#include <stddef.h>
#include <string.h>

#define CONNECTIONS_MOST 256
#define DRAIN_EACH_S     0.02

/* --- connections --- */

/* `connection`: as the metrics call it. */
static void log_change(const struct duband *duband, const char *name, const char *connection,
                       enum pg_event event, const struct error *error)
{
    struct metric *losses = metrics_at(duband->context.metrics, METRIC_LOSSES, connection, NULL);
    if (event == PG_UP) {
        log_plain(LOG_LEVEL_INFO, name, "connected");
        return;
    }
    metric_add(losses, 1);
    log_line(LOG_LEVEL_WARNING, name, "not connected", log_text("error", error ? error->text : ""));
}

static void on_lead(void *owner, enum pg_event event, const struct error *error)
{
    struct duband *duband = owner;
    log_change(duband, "state", "lead", event, error);
    database_alarm_hear(&duband->database_alarm, DATABASE_STATE, event, error);
    if (event == PG_UP) {
        alarm_contacts_ask(&duband->alarm_contacts);
        leader_try(&duband->leader);
    } else {
        leader_lost(&duband->leader);
    }
}

static void on_work(void *owner, enum pg_event event, const struct error *error)
{
    struct duband *duband = owner;
    log_change(duband, "queue", "work", event, error);
    if (event == PG_UP)
        dispatcher_join(&duband->dispatcher);
    else
        dispatcher_lost(&duband->dispatcher);
}

static void on_source(void *owner, enum pg_event event, const struct error *error)
{
    struct duband *duband = owner;
    log_change(duband, "source", "source", event, error);
    database_alarm_hear(&duband->database_alarm, DATABASE_SOURCE, event, error);
    if (event == PG_UP)
        source_link_check(&duband->source_link);
    else
        source_link_lost(&duband->source_link);
}

static void on_metrics(void *owner, enum pg_event event, const struct error *error)
{
    struct duband *duband = owner;
    log_change(duband, "metrics", "metrics", event, error);
    if (event == PG_UP)
        metrics_look_up(&duband->metrics_look);
    else
        metrics_look_lost(&duband->metrics_look);
}

/* `schema`: which ones of the state this program works on; NULL for the source. */
static struct pg *connect_to(struct duband *duband, const struct config_database *database,
                             const char *name, const struct schema_range *schema,
                             pg_changed changed)
{
    const struct pg_settings settings = {
        .name = name,
        .dsn = database->dsn,
        .password = database->password,
        .query_timeout_us = database->query_timeout_us,
        .read_write = schema != NULL,
        .read_only = schema == NULL,
        .schema = schema,
        .lineage = &duband->lineage,
    };
    return pg_create(duband->context.loop, &settings, changed, duband);
}

static void on_decided(void *owner, struct config *config);

/* This daemon has its number. */
static void on_node(void *owner)
{
    leader_try(&((struct duband *)owner)->leader);
}

void duband_init(struct duband *duband, struct ev_loop *loop, const char *config_path,
                 struct config *config)
{
    *duband = (struct duband){.context = {.loop = loop}, .config_path = config_path};
    struct context *context = &duband->context;
    duband->context.config = shared_config_create(config);
    duband->context.metrics = metrics_create(metrics_table, METRIC_FAMILIES);
    duband->started_at = duband->reloaded_at = ev_now(loop);
    duband->begun = steady_s();
    const struct http_settings http = {.ca_file = config->ca_file,
                                       .user_agent = "duban/" DUBAN_VERSION,
                                       .connections_most = CONNECTIONS_MOST,
                                       .resolver = {.servers = config->dns_servers}};
    duband->context.http = http_create(loop, &http);
    source_link_init(&duband->source_link, context);
    leader_init(&duband->leader, context);
    rules_gate_init(&duband->rules_gate, context, config_path, on_decided, duband);
    intake_init(&duband->intake, context);
    reconcile_init(&duband->reconcile, context);
    recompute_init(&duband->recompute, context);
    escalator_init(&duband->escalator, context);
    reminder_stage_init(&duband->reminder, context);
    composer_init(&duband->composer, context);
    dispatcher_init(&duband->dispatcher, context, on_node, duband);
    alarm_contacts_init(&duband->alarm_contacts, context);
    alarm_teller_init(&duband->alarm_teller, context, &duband->alarm_contacts);
    alarm_watch_init(&duband->alarm_watch, context, &duband->alarm_teller);
    database_alarm_init(&duband->database_alarm, context, &duband->alarm_teller);
    selftest_init(&duband->selftest, context);
    receipt_watch_init(&duband->receipt_watch, context);
    enquiry_stage_init(&duband->enquiry, context);
    sealer_init(&duband->sealer, context);
    duband->context.lead =
        connect_to(duband, &config->state, "duband lead", &schema_range, on_lead);
    duband->context.work =
        connect_to(duband, &config->state, "duband work", &schema_range, on_work);
    duband->context.source =
        connect_to(duband, &config->source_database, "duband source", NULL, on_source);
    metrics_look_init(&duband->metrics_look, context);
    metrics_look_use(&duband->metrics_look, connect_to(duband, &config->state, "duband metrics",
                                                       &schema_range, on_metrics));
    metrics_begin(duband);
    metrics_listener_init(&duband->metrics_listener, duband);
}

void duband_finish(struct duband *duband)
{
    ev_timer_stop(duband->context.loop, &duband->drain_timer);
    metrics_listener_finish(&duband->metrics_listener);
    http_destroy(duband->context.http);
    pg_destroy(duband->context.lead);
    pg_destroy(duband->context.work);
    pg_destroy(duband->context.source);
    pg_destroy(duband->metrics_look.pg);
    metrics_look_finish(&duband->metrics_look);
    selftest_finish(&duband->selftest);
    database_alarm_finish(&duband->database_alarm);
    alarm_watch_finish(&duband->alarm_watch);
    alarm_teller_finish(&duband->alarm_teller);
    alarm_contacts_finish(&duband->alarm_contacts);
    sealer_finish(&duband->sealer);
    enquiry_stage_finish(&duband->enquiry);
    receipt_watch_finish(&duband->receipt_watch);
    dispatcher_finish(&duband->dispatcher);
    composer_finish(&duband->composer);
    reminder_stage_finish(&duband->reminder);
    escalator_finish(&duband->escalator);
    recompute_finish(&duband->recompute);
    reconcile_finish(&duband->reconcile);
    intake_finish(&duband->intake);
    rules_gate_finish(&duband->rules_gate);
    leader_finish(&duband->leader);
    source_link_finish(&duband->source_link);
    source_sql_finish(&duband->context.source_sql);
    shared_config_drop(duband->context.config);
    metrics_destroy(duband->context.metrics);
}

/* --- reload --- */

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* What can't change under running sessions. */
static void warn_of_restart(const struct config *old, const struct config *new)
{
    if (!same_text(old->state.dsn, new->state.dsn) ||
        !same_text(old->state.password, new->state.password))
        log_plain(LOG_LEVEL_WARNING, "reload", "state.dsn changes with a restart only");
    if (!same_text(old->source_database.dsn, new->source_database.dsn) ||
        !same_text(old->source_database.password, new->source_database.password) ||
        !same_text(old->source.relation, new->source.relation))
        log_plain(LOG_LEVEL_WARNING, "reload",
                  "source.dsn and relation change with a restart only");
    if (!same_text(old->ca_file, new->ca_file) || !same_text(old->dns_servers, new->dns_servers))
        log_plain(LOG_LEVEL_WARNING, "reload",
                  "tls.ca_file and dns.servers change with a restart only");
    if (!same_text(old->metrics.listen, new->metrics.listen))
        log_plain(LOG_LEVEL_WARNING, "reload", "metrics.listen changes with a restart only");
}

static void use(struct duband *duband, struct config *config)
{
    warn_of_restart(duband->context.config->config, config);
    log_set_level((enum log_level)config->log_level);
    shared_config_drop(duband->context.config);
    duband->context.config = shared_config_create(config);
    duband->leader.told_day = 0;
    recompute_restart(&duband->recompute);
    alarm_contacts_ask(&duband->alarm_contacts);
    stage_wake(&duband->alarm_watch.stage);
    stage_wake(&duband->selftest.stage);
    metrics_listener_reload(&duband->metrics_listener);
    dispatcher_reload(&duband->dispatcher);
    log_line(LOG_LEVEL_INFO, "reload", "configuration in use", log_text("version", config->version),
             log_text("rules", config->rules_version));
}

/* NULL: it wasn't taken. */
static void on_decided(void *owner, struct config *config)
{
    struct duband *duband = owner;
    const char *result = config ? "success" : "failure";
    metric_add(metrics_at(duband->context.metrics, METRIC_RELOADS, result, NULL), 1);
    duband->reload_failed = config == NULL;
    if (config) {
        duband->reloaded_at = ev_now(duband->context.loop);
        use(duband, config);
    }
    service_ready();
}

void duband_reload(struct duband *duband)
{
    struct problems problems = {0};
    service_reloading();
    struct config *config = config_load(duband->config_path, &problems);
    for (size_t i = 0; config == NULL && i < problems.count; i++) {
        const struct problem *problem = &problems.items[i];
        log_line(LOG_LEVEL_ERROR, "reload", "the old configuration goes on",
                 log_text("file", problem->file), log_int("line", problem->line),
                 log_int("column", problem->column), log_text("problem", problem->text));
    }
    problems_finish(&problems);
    if (config)
        rules_gate_offer(&duband->rules_gate, config);
    else
        on_decided(duband, NULL);
}

/* --- stop --- */

static void on_drain(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    struct duband *duband =
        (struct duband *)(void *)((char *)timer - offsetof(struct duband, drain_timer));
    bool drained =
        dispatcher_is_drained(&duband->dispatcher) && pg_waiting(duband->context.lead) == 0;
    if (!drained && steady_s() < duband->drain_end)
        return;
    if (!drained)
        log_line(LOG_LEVEL_WARNING, "stop", "messages under way are left to their leases",
                 log_int("messages", (int64_t)duband->dispatcher.custody.count));
    ev_break(loop, EVBREAK_ALL);
}

void duband_stop(struct duband *duband)
{
    if (duband->context.stopping)
        return;
    duband->context.stopping = true;
    service_stopping();
    log_line(LOG_LEVEL_INFO, "stop", "finishing what is under way",
             log_int("messages", (int64_t)duband->dispatcher.custody.count));
    stage_disable(&duband->intake.stage);
    stage_disable(&duband->reconcile.stage);
    stage_disable(&duband->recompute.stage);
    stage_disable(&duband->escalator.stage);
    stage_disable(&duband->reminder.stage);
    stage_disable(&duband->composer.stage);
    stage_disable(&duband->alarm_watch.stage);
    stage_disable(&duband->selftest.stage);
    stage_disable(&duband->enquiry.stage);
    stage_disable(&duband->sealer.stage);
    dispatcher_drain(&duband->dispatcher);
    duband->drain_end = steady_s() + (double)duband->context.config->config->daemon.drain_us / 1e6;
    ev_timer_init(&duband->drain_timer, on_drain, 0., DRAIN_EACH_S);
    ev_timer_start(duband->context.loop, &duband->drain_timer);
}
