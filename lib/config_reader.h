/* What the sections of the configuration share while it is read. One file a section, in the order
 * in which they need each other: each reads its part of the root into the configuration and adds
 * its problems. */
#ifndef DUBAN_CONFIG_READER_H
#define DUBAN_CONFIG_READER_H

#include "duban/config.h"
#include "duban/settings.h"

struct config_reader {
    const struct yaml_node *root; /* a map */
    struct config *config;
    struct problems *problems;
};

/* The top level alone. */
void config_read_top(struct config_reader *reader);
/* A database: where it is, and how to log in. `relation` NULL, or of the key `relation` beside. */
void config_read_database(struct config_reader *reader, const struct yaml_node *section,
                          struct config_database *database, const char **relation);
void config_finish_database(struct config_database *database);
/* Plain settings: top level, state, source, daemon, tls. */
void config_read_sections(struct config_reader *reader);
void config_finish_sections(struct config *config);
void config_document_sections(struct buf *out);

/* A list of addresses and networks, as a fresh array; without `node` those of the machine itself,
 * or none. Returns how many. */
size_t config_read_networks(const struct yaml_node *node, bool or_loopback,
                            struct network **networks, struct problems *problems);

void config_read_web(struct config_reader *reader);
void config_finish_web(struct config *config);
void config_document_web(struct buf *out);

void config_read_dns(struct config_reader *reader);
void config_finish_dns(struct config *config);
void config_document_dns(struct buf *out);

void config_read_calendars(struct config_reader *reader);
void config_read_policies(struct config_reader *reader);
/* What the levels are called and do, beside when they are reached. */
void config_read_level(const struct yaml_node *map, struct config_level *about, const char *name,
                       struct problems *problems);
extern const char *const config_level_keys[];
extern const size_t config_level_key_count;
/* Puts all levels into one order: `severity`. */
void config_order_levels(struct config *config);
/* `notify` of the levels, once the channels are known. */
void config_read_level_routes(struct config_reader *reader);
void config_finish_policies(struct config *config);
void config_document_policies(struct buf *out);
void config_read_suspensions(struct config_reader *reader);
void config_document_suspensions(struct buf *out);
/* The keys of a match in `map`, which may have others beside them. */
void config_read_match(const struct yaml_node *map, struct match *match, struct problems *problems);
extern const struct setting config_match_table[];
extern const size_t config_match_count;
/* Where a clock begins, or ends; `clocks` are those before it in the file. */
void config_read_points(struct config_reader *reader, const struct yaml_node *map,
                        struct config_clock *clock);
/* A limit as `5 workdays`; false after a problem. */
bool config_read_limit(const struct yaml_node *node, struct limit *limit,
                       struct problems *problems);
/* `version` of its terms and choices, once they are complete. */
void config_clock_set_versions(struct config_clock *clock);
/* That of the configuration, once all clocks but the self-test's are read. */
void config_set_rules_version(struct config *config);
void config_read_clocks(struct config_reader *reader);
void config_finish_clocks(struct config *config);
void config_document_clocks(struct buf *out);
void config_read_channels(struct config_reader *reader);
/* For duban-web: names, types, and what its acts and receipts need; no secret but, where there is a
 * section `receipts`, that of their path. */
void config_read_web_channels(struct config_reader *reader);
/* What limits a channel: without the key, as its type has it. */
bool config_read_rate(struct channel *channel, const struct yaml_node *map,
                      struct problems *problems);
void config_read_quotas(struct channel *channel, const struct yaml_node *map,
                        struct problems *problems);
void config_finish_channels(struct config *config);
void config_document_channels(struct buf *out);
void config_read_receipts(struct config_reader *reader);
void config_finish_receipts(struct config *config);
void config_document_receipts(struct buf *out);
void config_read_metrics(struct config_reader *reader);
void config_finish_metrics(struct config *config);
void config_document_metrics(struct buf *out);
void config_read_routes(struct config_reader *reader);
/* For duban-web: the routes of its acts. */
void config_read_web_routes(struct config_reader *reader);
void config_read_hours(struct config_reader *reader);
void config_read_reminders(struct config_reader *reader);
void config_finish_reminders(struct config *config);
void config_document_reminders(struct buf *out);
void config_read_alarms(struct config_reader *reader);
void config_finish_alarms(struct config *config);
void config_document_alarms(struct buf *out);
/* After the routes, which it adds to. */
void config_read_irregularities(struct config_reader *reader);
void config_document_irregularities(struct buf *out);
void config_read_selftest(struct config_reader *reader);
void config_document_selftest(struct buf *out);
void config_read_templates(struct config_reader *reader);
void config_finish_templates(struct config *config);

/* The map under a key of the root: NULL when it is missing or isn't a map, which is a problem
 * unless it is `optional` and missing. */
const struct yaml_node *config_section(struct config_reader *reader, const char *key,
                                       bool optional);

/* Whether a key may be a name: a small letter, then small letters, digits, _ or -, shorter than
 * LEVEL_NAME_BYTES. */
bool config_check_name(const struct yaml_node *key, struct problems *problems);

/* Which key of the section `node` names; false after a problem. When the section itself is
 * missing, false without one: that was told already. */
bool config_pick(struct config_reader *reader, const struct yaml_node *node, const char *section,
                 size_t *index);

/* A growing list of routes. */
struct route_list {
    struct config_route *routes;
    size_t count;
};

/* Reads a map of roles and their channels into routes of one event kind, added to `list`. */
void config_read_roles(struct config_reader *reader, const char *kind, const struct yaml_node *map,
                       struct route_list *list);

/* The kinds of events that routes may name: those of duban itself, the levels of all policies, each
 * once, and irregularities. The array is the caller's to free, the words aren't. */
const char **config_event_kinds(const struct config *config, size_t *count);
/* The same and the kinds that have texts, but whose ways other sections tell. */
const char **config_text_kinds(const struct config *config, size_t *count);
/* Whether duban has a meaning of its own for the word, so that no level may bear it. */
bool config_kind_is_reserved(const char *word);
/* Whether events of this kind belong to no case. */
bool config_kind_is_general(const char *kind);

/* Whom a route may name; ROLES words. */
#define ROLES 12
extern const char *const config_role_words[ROLES];

#endif
