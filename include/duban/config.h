/* The configuration: one YAML file and what it includes (calendars). Immutable once loaded; a
 * reload makes a new one and swaps. Strings belong to the configuration. */
#ifndef DUBAN_CONFIG_H
#define DUBAN_CONFIG_H

#include "duban/calendar.h"
#include "duban/channel.h"
#include "duban/clock.h"
#include "duban/facts.h"
#include "duban/network.h"
#include "duban/template.h"

#include <stdbool.h>
#include <stddef.h>

struct config_database {
    const char *dsn; /* libpq connection string or URI, without a password */
    char *password;  /* from password_file or a credential; NULL: none */
    span_us query_timeout_us;
};

struct config_source {
    const char *relation; /* schema.view */
    span_us poll_us;
    span_us overlap_us;         /* read again behind the watermark, for late commits */
    span_us skew_us;            /* how far in the future a milestone may lie */
    span_us reconcile_pause_us; /* between two chunks of the slow reconcile */
    int64_t batch;              /* rows a page */
};

struct config_daemon {
    int64_t batch;               /* clocks, notifications or messages a turn */
    span_us poll_us;             /* backstop of the later stages */
    span_us lease_us;            /* how long a claimed message belongs to its dispatcher */
    span_us drain_us;            /* after SIGTERM */
    span_us completion_age_us;   /* an older completion is recorded, but not told */
    span_us calendar_warning_us; /* before a calendar's last day */
    int64_t retention_days;      /* messages and attempts are dropped after so many days */
};

/* Where gateways report what became of messages. */
struct config_receipts {
    const char *listen; /* as written; NULL: there is no such section */
    struct listen_place place;
    size_t allow_count;
    struct network *allow; /* who may connect */
};

struct config_level {
    const char *label; /* as people call it: 黄牌; defaults to the name */
};

struct config_policy {
    struct policy policy;
    struct config_level levels[LEVELS_MOST];
};

enum limit_source { LIMIT_PROMISED, LIMIT_STATUTORY, LIMIT_OWN };

/* Which cases a rule is for. NULL matches all. */
struct config_match {
    const char *item, *kind, *department, *window;
};

struct config_policy_choice {
    struct config_match match;
    const struct config_policy *policy;
};

struct config_clock {
    const char *name;
    const char *label;
    enum milestone from, until;
    enum limit_source limit_source;
    struct limit limit;        /* LIMIT_OWN */
    struct config_match match; /* cases that have this clock */
    struct clock_rule rule;    /* its policy is the default one; see config_rule */
    size_t choice_count;
    struct config_policy_choice *choices; /* first match wins */
};

/* Who is told of which event on which channel. */
struct config_route {
    const char *kind; /* event kind */
    const char *role;
    const struct channel *channel;
    const struct yaml_node *node; /* where the channel is named */
};

struct config_template {
    const char *kind, *role; /* NULL: every kind, every role */
    struct template *template;
    struct template_code *code; /* NULL: only a text */
};

struct config_calendar {
    const char *name;
    struct calendar *calendar;
};

struct config {
    char version[65]; /* hex hash of the file and of all calendars */
    const char *centre;
    enum locale locale;
    size_t log_level; /* index into log_level_words (log.h) */
    struct config_database state, source_database;
    struct config_source source;
    struct config_daemon daemon;
    struct config_receipts receipts;
    size_t calendar_count, policy_count, clock_count, channel_count, route_count, template_count;
    struct config_calendar *calendars;
    struct config_policy *policies;
    struct config_clock *clocks;
    struct channel *channels;
    struct config_route *routes;
    struct config_template *templates;
    const struct calendar *calendar; /* the default one: dates in texts, digests */
    char *ca_file;                   /* TLS: NULL for the system's */
    struct yaml_document *document;
};

/* Loads and checks everything, calendars and secrets included. NULL after at least one problem;
 * all problems are told at once. */
struct config *config_load(const char *path, struct problems *problems);
void config_destroy(struct config *config);

/* The rule of a clock for one case (first matching policy). Whether the case has the clock at all
 * is config_matches(&clock->match, facts). */
struct clock_rule config_rule(const struct config_clock *clock, const struct facts *facts);
bool config_matches(const struct config_match *match, const struct facts *facts);

/* The policy with its labels that a rule points at. */
const struct config_policy *config_policy_of(const struct config *config,
                                             const struct clock_rule *rule);
const struct channel *config_channel(const struct config *config, const char *name);
const struct config_clock *config_clock_named(const struct config *config, const char *name);

/* Whether an address of the directory can be used on a channel of the configuration: the check of
 * directory.h, with the configuration as its context. */
bool config_check_address(const void *config, const char *channel, const char *address,
                          struct error *error) MUST_USE;

/* The text for an event kind and role: configured, or the shipped one of the locale. Kinds that
 * the configuration doesn't know get a general text; NULL only for what is no role. */
const struct template *config_template(const struct config *config, const char *kind,
                                       const char *role);

/* The codes of the same text at providers with approved templates; NULL without any. */
const struct template_code *config_template_code(const struct config *config, const char *kind,
                                                 const char *role);

/* Every section's settings as Markdown, for docs/configuration.md and `dubanctl config reference`.
 */
void config_document(struct buf *out);

#endif
