/* The configuration: one YAML file and what it includes (calendars). Immutable once loaded; a
 * reload makes a new one and swaps. Strings belong to the configuration. */
#ifndef DUBAN_CONFIG_H
#define DUBAN_CONFIG_H

#include "duban/calendar.h"
#include "duban/channel.h"
#include "duban/clock.h"
#include "duban/facts.h"
#include "duban/hours.h"
#include "duban/irregularity_rule.h"
#include "duban/match.h"
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
    bool rules_need_plan;        /* other rules must be approved before they come into force */
};

/* Where gateways report what became of messages. */
struct config_receipts {
    const char *listen; /* as written; NULL: there is no such section */
    struct listen_place place;
    size_t allow_count;
    struct network *allow; /* who may connect */
};

/* Where monitors ask for figures and health. */
struct config_metrics {
    const char *listen; /* as written; NULL: there is no such section */
    struct listen_place place;
    size_t allow_count;
    struct network *allow; /* who may connect */
};

struct config_level {
    const char *label;  /* as people call it: 黄牌; defaults to the name */
    const char *colour; /* yellow, red, orange, blue, purple, green, grey, or #rrggbb */
    int severity;       /* its place among all levels of the configuration, from 1 */
    int64_t points;     /* for the appraisal 考核; negative: taken off */
    bool proposes;      /* tacit approval 超时默许: an event `tacit_approval` is told as well */
    size_t route_count; /* `notify`: who is told instead of the routes of its name */
    struct config_route *routes;
};

struct config_policy {
    struct policy policy;
    const char *law; /* where it comes from, for people; NULL if it isn't said */
    struct config_level levels[LEVELS_MOST];
};

/* --- suspensions --- */

enum suspension_effect {
    SUSPENSION_STOPS,    /* the clock stands still (行政许可法 45) */
    SUSPENSION_RESTARTS, /* when it is over the clock begins anew: papers are complete */
    SUSPENSION_IGNORED,  /* the clock runs on */
};

/* What a reason for a suspension means. */
struct config_suspension {
    const char *reason; /* a word of the approval system */
    const char *label;  /* as people call it: 补正 */
    const char *law;    /* NULL if it isn't said */
    enum suspension_effect effect;
    bool has_longest;
    struct limit longest; /* the longest allowed */
    bool resumes;         /* after the longest allowed the clock runs again */
};

/* All of them; a reason that isn't among them stops a clock without limit. */
struct config_suspensions {
    size_t count;
    struct config_suspension *items;
};

/* --- clocks --- */

enum limit_source { LIMIT_PROMISED, LIMIT_STATUTORY, LIMIT_OWN };

enum point_kind {
    POINT_MILESTONE,
    POINT_SUSPENDED, /* a suspension of that reason begins */
    POINT_RESUMED,   /* it ends */
    POINT_LEVEL,     /* another clock reaches that level */
};

/* Something in the life of a case at which a clock may begin or end. */
struct clock_point {
    enum point_kind kind;
    enum milestone milestone;
    const char *reason;
    const struct config_clock *clock; /* POINT_LEVEL: one that stands before in the file, */
    const char *level;                /* and its level; never, if the case's policy lacks it */
};

#define RULES_VERSION_BYTES 17

/* What may differ from case to case; zeroed but for the rule, a clock has the promised limit and
 * takes no extensions. */
struct config_terms {
    struct clock_rule rule;
    const struct config_policy *policy; /* that of the rule */
    enum limit_source limit_source;
    struct limit limit; /* LIMIT_OWN */
    bool extends;       /* extensions lengthen the limit */
    bool has_most;
    struct limit extension_most;       /* all of them together */
    const char *law;                   /* of the limit; NULL if it isn't said */
    char version[RULES_VERSION_BYTES]; /* hex hash of all rules that the due instant and the levels
                                          come from, the calendar included */
};

/* Other terms for some cases. */
struct config_choice {
    struct match match;
    struct config_terms terms;
};

#define UNTIL_MOST 4

struct config_clock {
    const char *name;
    const char *label;
    const struct config_clock *first; /* of the configuration's clocks, which stand in an array */
    struct clock_point from;
    size_t until_count; /* the first of them that comes ends it */
    struct clock_point until[UNTIL_MOST];
    bool has_deemed; /* a case that isn't accepted, and nothing asked of it, after so long counts as
                        accepted when it was received (行政许可法 32) */
    struct limit deemed_after;
    bool stopped_by_all; /* else by the reasons named */
    size_t stopped_by_count;
    const char **stopped_by;
    const struct config_suspensions *suspensions;
    struct match match; /* cases that have this clock */
    struct config_terms terms;
    size_t choice_count;
    struct config_choice *choices; /* first match wins */
};

/* Who is told of which event on which channel. */
struct config_route {
    const char *kind; /* event kind */
    const char *role;
    const struct channel *channel;
    const struct yaml_node *node; /* where the channel is named */
};

/* When a role may be told. */
struct config_hours {
    const char *role;
    const char *kind; /* event kind; NULL: every other one */
    struct hours hours;
};

/* From reminder `from` on, the first `route_count` routes of its reminders count. */
struct config_reminder_step {
    int64_t from;
    size_t route_count;
};

/* A level that is told again until somebody acknowledges it. */
struct config_reminder {
    const char *kind; /* the level's name */
    int64_t most;     /* reminders in all */
    size_t step_count, route_count;
    struct config_reminder_step *steps; /* `from` grows; the first is from 1 */
    struct config_route *routes;        /* of kind "reminder" */
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

/* A way by which alarms go. */
struct config_alarm_channel {
    const struct channel *channel;
    const struct yaml_node *node; /* where the channel is named */
    size_t address_count;         /* 0: the contacts of the directory's administrators */
    const char **addresses;
};

/* Whom duban tells of its own troubles. */
struct config_alarms {
    span_us database_us; /* how long a database may be away */
    span_us queue_us;    /* how long a message may wait beyond its time */
    char *cache;         /* file that remembers the administrators' contacts; NULL: none */
    size_t count;        /* 0: there are no alarms */
    struct config_alarm_channel *channels;
};

#define SELFTEST "selftest" /* its clock, its policy, its level */

/* A case of duban's own that goes all the way through it. */
struct config_selftest {
    const char *recipient; /* of the directory; NULL: there is no self-test */
    const struct channel *channel;
    span_us interval_us;
    span_us within_us; /* for the whole way */
};

/* The board, duban-web's own part. */
struct config_web {
    const char *listen;
    struct listen_place place;
    size_t allow_count, proxy_count, vouch_count;
    struct network *allow;   /* who may connect */
    struct network *proxies; /* whose X-Forwarded-For and -Proto count */
    struct network *vouch;   /* who may name the user in `user_header` */
    const char *user_header; /* NULL: nobody may */
    char *certificate, *key; /* PEM files; NULL: no TLS */
    span_us session_idle_us, session_most_us;
    int64_t rate, burst;                  /* requests a second of one address, and at once */
    bool wall_public;                     /* the wall asks nobody to log in */
    struct config_database state, source; /* the source's dsn is NULL without one */
    const char *relation;                 /* of the source */
};

struct config {
    char version[65];                        /* hex hash of the file and of all calendars */
    char rules_version[RULES_VERSION_BYTES]; /* of all that deadlines and levels come from;
                                                channels, routes and texts leave it as it is */
    const char *centre;
    enum locale locale;
    size_t log_level; /* index into log_level_words (log.h) */
    struct config_database state, source_database;
    struct config_source source;
    struct config_daemon daemon;
    struct config_receipts receipts;
    struct config_metrics metrics;
    struct config_suspensions suspensions;
    size_t calendar_count, policy_count, clock_count, channel_count, route_count, template_count;
    size_t hours_count;
    struct config_calendar *calendars;
    struct config_policy *policies;
    struct config_clock *clocks;
    struct channel *channels;
    struct config_route *routes;
    size_t reminder_count;
    struct config_reminder *reminders;
    struct config_template *templates;
    struct config_hours *hours;
    struct config_alarms alarms;
    struct config_selftest selftest;
    struct irregularity_rules irregularities;
    struct config_web web;
    const struct calendar *calendar; /* the default one: dates in texts, digests */
    char *ca_file;                   /* TLS: NULL for the system's */
    char *dns_servers;               /* as resolver.h wants them; NULL: the system's */
    struct yaml_document *document;
};

/* Loads and checks everything, calendars and secrets included. NULL after at least one problem;
 * all problems are told at once. */
struct config *config_load(const char *path, struct problems *problems);
void config_destroy(struct config *config);

/* The same for duban-web: only the top level, calendars, policies, suspensions, clocks, `receipts`
 * and `web`, of the channels names, types and the path of their receipts, and of the routes
 * level_withdrawn: so that it needs none of the gateways' secrets. Channels have no options, and
 * levels tell nobody. */
struct config *config_load_web(const char *path, struct problems *problems);

/* The terms of a clock for one case: those of the first choice that fits, else its own. Whether the
 * case has the clock at all is match_fits(&clock->match, facts). */
const struct config_terms *config_terms(const struct config_clock *clock,
                                        const struct facts *facts);

/* What a reason for suspensions means; NULL when it isn't configured. */
const struct config_suspension *config_suspension(const struct config_suspensions *suspensions,
                                                  const char *reason);

const struct channel *config_channel(const struct config *config, const char *name);
const struct config_clock *config_clock_named(const struct config *config, const char *name);

/* Whether what becomes of one clock may begin another: its level, or that a case counts as
 * accepted. */
bool config_clocks_depend(const struct config *config);

/* How events of a kind are repeated; NULL: they aren't. */
const struct config_reminder *config_reminder(const struct config *config, const char *kind);

/* Whether an address of the directory can be used on a channel of the configuration: the check of
 * directory.h, with the configuration as its context. */
bool config_check_address(const void *config, const char *channel, const char *address,
                          struct error *error) MUST_USE;

/* When a role may be told of an event: as configured for the kind, else for the role, else
 * applicants from 08:00 until 21:00 and everybody else at any time. Never NULL. */
const struct hours *config_hours(const struct config *config, const char *kind, const char *role);

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
