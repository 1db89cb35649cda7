/* The section `irregularities`: which rules are on, their parameters, and who is told. A rule's
 * routes join those of the section `routes`, under its name. */
#include "config_reader.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(struct irregularity_rules, field)

#define SECTION    "irregularities"
#define CASES_MOST 100000

static const struct setting section_table[] = {
    {"tell", SETTING_OTHER, .optional = true,
     .help = "roles and their channels, as in `routes`, for every rule that says nothing else"},
};

static const struct setting rule_table[] = {
    {"tell", SETTING_OTHER, .optional = true,
     .help = "who is told of this one; else its entry in `routes`, else the section's `tell`"},
};

static const struct setting supplement_table[] = {
    {"most", SETTING_INT, AT(supplements_most), "1", .least = 0, .most = 100,
     .help = "so many requests for papers are allowed"},
    {"reason", SETTING_TEXT, AT(supplement), "supplement",
     .help = "the reason of the suspensions that stand for such a request"},
};

static const struct setting late_table[] = {
    {"within", SETTING_OTHER, .optional = true,
     .help = "the last working hours before `completion` is due; default `4 workhours`"},
};

static const struct setting changed_table[] = {
    {"from", SETTING_OTHER, .optional = true,
     .help = "the level from which on a change is one; default `yellow`"},
};

static const struct setting red_table[] = {
    {"from", SETTING_OTHER, .optional = true,
     .help = "the level from which on it is one; default `red`"},
};

static const struct setting differs_table[] = {
    {"tolerance", SETTING_OTHER, .optional = true,
     .help = "how far the two dates may be apart, in days or workdays: `0 days` is the same day; "
             "default `1 workday`"},
};

static const char *const equals[] = {"report", "ignore", NULL};

static const struct setting stages_table[] = {
    {"equal", SETTING_CHOICE, AT(ignores_equal), "report", .choices = equals,
     .help = "what is thought of two steps at the very same time, instant cases aside"},
};

static const struct setting accepted_table[] = {
    {"after", SETTING_OTHER, .optional = true,
     .help = "how long after the reception a case may be accepted; default `5 workdays`"},
};

static const struct setting returned_table[] = {
    {"reason", SETTING_TEXT, AT(notice), "supplement",
     .help = "the reason of the suspensions that stand for a notice of what is missing"},
};

static const struct setting windows_table[] = {
    {"within", SETTING_OTHER, .optional = true,
     .help = "so long after the first reception the second one counts; default `30 days`"},
};

static const struct setting hour_table[] = {
    {"within", SETTING_OTHER, .optional = true,
     .help = "the last working time before `completion` is due; default `1 workhour`"},
    {"cases", SETTING_INT, AT(habit_cases), "20", .least = 1, .most = CASES_MOST,
     .help = "at least so many cases completed in the month"},
    {"share", SETTING_OTHER, .optional = true,
     .help = "at least so many of them in that time; default `90%`"},
};

/* --- parameters --- */

struct place {
    struct config_reader *reader;
    const struct yaml_node *key, *map; /* the map is NULL when the rule is only switched on */
    const struct yaml_node *common;    /* who is told of every rule; may be NULL */
    struct irregularity_rules *rules;
};

/* A limit in one of the units given, from the smallest value on. */
static void read_limit(const struct place *place, const char *key, const char *standard,
                       unsigned units, int32_t least, struct limit *limit)
{
    const struct yaml_node *node = yaml_get(place->map, key);
    struct error error;
    if (node == NULL) {
        if (!limit_parse(standard, limit, &error))
            abort(); /* our own default */
        return;
    }
    if (!config_read_limit(node, limit, place->reader->problems))
        return;
    if (!(units & 1u << limit->unit) || limit->value < least)
        yaml_problem(node, place->reader->problems,
                     "'%s' doesn't fit here; expected an amount as in '%s: %s'", node->text, key,
                     standard);
}

static void read_level(const struct place *place, const char *standard, int *severity)
{
    const struct config *config = place->reader->config;
    const struct yaml_node *node = yaml_get(place->map, "from");
    const char *wanted = node && node->kind == YAML_SCALAR ? node->text : standard;
    AUTO_FREE const char **names = mem_zero(config->policy_count * LEVELS_MOST + 1, sizeof *names);
    size_t count = 0, index;
    for (size_t p = 0; p < config->policy_count; p++) {
        const struct config_policy *policy = &config->policies[p];
        for (size_t i = 0; i < policy->policy.count; i++) {
            names[count++] = policy->policy.levels[i].name;
            if (strcmp(names[count - 1], wanted) == 0)
                *severity = policy->levels[i].severity;
        }
    }
    if (*severity > 0)
        return;
    if (node)
        (void)yaml_read_choice(node, names, count, &index, place->reader->problems);
    else
        yaml_problem(place->key, place->reader->problems,
                     "no level is called '%s'; expected 'from: LEVEL', one of 'policies'",
                     standard);
}

static void read_share(const struct place *place, int64_t *share)
{
    const struct yaml_node *node = yaml_get(place->map, "share");
    const char *text;
    int amount, used = 0;
    *share = 90;
    if (node == NULL || !yaml_read_text(node, &text, place->reader->problems))
        return;
    if (text[0] < '0' || text[0] > '9' || sscanf(text, "%4d%%%n", &amount, &used) != 1 ||
        used == 0 || text[used] != '\0' || amount < 1 || amount > 100)
        yaml_problem(node, place->reader->problems, "'%s' is no share; expected 1%% to 100%%",
                     text);
    else
        *share = amount;
}

static void check_reason(const struct place *place, const char *reason)
{
    size_t most = sizeof((struct suspension *)0)->reason - 1;
    if (reason && strlen(reason) > most)
        yaml_problem(yaml_get(place->map, "reason"), place->reader->problems,
                     "'%s' is too long for a reason; expected %zu bytes at most", reason, most);
}

/* --- one small function for each rule with parameters of its own kinds --- */

static void finish_supplement(const struct place *place)
{
    check_reason(place, place->rules->supplement);
}

static void finish_returned(const struct place *place)
{
    check_reason(place, place->rules->notice);
}

static void finish_late(const struct place *place)
{
    read_limit(place, "within", "4 workhours", 1u << LIMIT_WORKHOUR, 1, &place->rules->late_within);
}

static void finish_changed(const struct place *place)
{
    read_level(place, "yellow", &place->rules->changed_from);
}

static void finish_vanished(const struct place *place)
{
    read_level(place, "red", &place->rules->vanished_from);
}

static void finish_reopened(const struct place *place)
{
    read_level(place, "red", &place->rules->reopened_from);
}

static void finish_differs(const struct place *place)
{
    read_limit(place, "tolerance", "1 workday", 1u << LIMIT_WORKDAY | 1u << LIMIT_DAY, 0,
               &place->rules->tolerance);
}

static void finish_accepted(const struct place *place)
{
    read_limit(place, "after", "5 workdays", ~0u, 1, &place->rules->accepted_after);
}

static void finish_windows(const struct place *place)
{
    struct limit within = {0};
    read_limit(place, "within", "30 days", 1u << LIMIT_DAY, 1, &within);
    place->rules->reception_within_us = within.value * US_PER_DAY;
}

static void finish_hour(const struct place *place)
{
    read_limit(place, "within", "1 workhour", 1u << LIMIT_WORKHOUR, 1, &place->rules->last_hour);
    read_share(place, &place->rules->habit_share);
}

#define TABLE(name) name, COUNT_OF(name)

static const struct rule {
    const struct setting *table;
    size_t count;
    void (*finish)(const struct place *place);
} rules[IRREGULARITIES] = {
    [IRREGULAR_SECOND_SUPPLEMENT] = {TABLE(supplement_table), finish_supplement},
    [IRREGULAR_LATE_SUSPENSION] = {TABLE(late_table), finish_late},
    [IRREGULAR_DEADLINE_CHANGED] = {TABLE(changed_table), finish_changed},
    [IRREGULAR_DUE_DIFFERS] = {TABLE(differs_table), finish_differs},
    [IRREGULAR_STAGES] = {TABLE(stages_table), NULL},
    [IRREGULAR_ACCEPTED_LATE] = {TABLE(accepted_table), finish_accepted},
    [IRREGULAR_RETURNED_WITHOUT_NOTICE] = {TABLE(returned_table), finish_returned},
    [IRREGULAR_VANISHED_AFTER_LEVEL] = {TABLE(red_table), finish_vanished},
    [IRREGULAR_REOPENED_AFTER_LEVEL] = {TABLE(red_table), finish_reopened},
    [IRREGULAR_TWO_WINDOWS] = {TABLE(windows_table), finish_windows},
    [IRREGULAR_LAST_HOUR_WINDOW] = {TABLE(hour_table), finish_hour},
};

/* --- who is told --- */

static bool is_routed(const struct config *config, const char *kind)
{
    for (size_t i = 0; i < config->route_count; i++)
        if (strcmp(config->routes[i].kind, kind) == 0)
            return true;
    return false;
}

static void add_routes(struct config *config, const struct route_list *list, const char *kind)
{
    config->routes =
        mem_grow(config->routes, config->route_count + list->count + 1, sizeof *config->routes);
    for (size_t i = 0; i < list->count; i++) {
        config->routes[config->route_count] = list->routes[i];
        config->routes[config->route_count++].kind = kind;
    }
}

/* Its own `tell`, or its route, or what the section says for all. */
static void tell(const struct place *place, const char *kind, const struct route_list *common)
{
    struct config_reader *reader = place->reader;
    const struct yaml_node *own = yaml_get(place->map, "tell");
    bool routed = is_routed(reader->config, kind);
    struct route_list list = {0};
    if (own && routed)
        yaml_problem(own, reader->problems,
                     "'routes' says who is told of '%s'; expected one of the two", kind);
    else if (own)
        config_read_roles(reader, kind, own, &list);
    if (own || !routed)
        add_routes(reader->config, own ? &list : common, kind);
    free(list.routes);
    if (!own && !routed && place->common == NULL)
        yaml_problem(
            place->key, reader->problems,
            "nobody is told of it; expected 'tell: {supervision: CHANNEL}' in this section");
}

/* --- the section --- */

/* True when the rule is on; `map` are its parameters, if there are any. */
static bool is_on(const struct yaml_node *node, const struct yaml_node **map,
                  struct problems *problems)
{
    static const char *const words[] = {"on", "true", "yes", "off", "false", "no"};
    size_t index;
    *map = node->kind == YAML_SCALAR ? NULL : node;
    if (*map == NULL)
        return yaml_read_choice(node, words, COUNT_OF(words), &index, problems) && index < 3;
    return yaml_expect(node, YAML_MAP, problems);
}

static void read_rule(struct config_reader *reader, const struct yaml_node *key,
                      const struct yaml_node *value, const struct route_list *common)
{
    struct irregularity_rules *target = &reader->config->irregularities;
    enum irregularity_kind kind;
    struct place place = {.reader = reader, .key = key, .rules = target};
    place.common = yaml_get(yaml_get(reader->root, SECTION), "tell");
    if (!irregularity_parse(key->text, &kind) || !is_on(value, &place.map, reader->problems))
        return;
    const struct rule *rule = &rules[kind];
    const struct setting_group groups[] = {
        {rule_table, COUNT_OF(rule_table), target},
        {rule->table, rule->count, target},
    };
    (void)settings_read_groups(place.map, key, groups, COUNT_OF(groups), reader->problems);
    if (rule->finish)
        rule->finish(&place);
    target->any = target->on[kind] = true;
    tell(&place, irregularity_word(kind), common);
}

static void check_keys(const struct yaml_node *section, struct problems *problems)
{
    const char *known[IRREGULARITIES + 1] = {"tell"};
    for (size_t i = 0; i < IRREGULARITIES; i++)
        known[i + 1] = irregularity_word((enum irregularity_kind)i);
    (void)yaml_check_keys(section, known, COUNT_OF(known), problems);
}

/* A route to what is never found would be a silent mistake. */
static void check_routes(const struct config_reader *reader, const struct yaml_node *section)
{
    const struct config *config = reader->config;
    for (size_t i = 0; i < config->route_count; i++) {
        const struct config_route *route = &config->routes[i];
        if (irregularity_parse(route->kind, NULL) && yaml_get(section, route->kind) == NULL)
            yaml_problem(route->node, reader->problems,
                         "'%s' is never found; expected it in the section 'irregularities'",
                         route->kind);
    }
}

void config_read_irregularities(struct config_reader *reader)
{
    const struct yaml_node *section = config_section(reader, SECTION, true);
    const struct yaml_node *common = yaml_get(section, "tell");
    struct route_list list = {0};
    if (section)
        check_keys(section, reader->problems);
    if (common)
        config_read_roles(reader, irregularity_word(IRREGULAR_LAST_HOUR_WINDOW), common, &list);
    for (size_t i = 0; section && i < section->count; i++)
        read_rule(reader, section->keys[i], section->values[i], &list);
    check_routes(reader, section);
    free(list.routes);
}

void config_document_irregularities(struct buf *out)
{
    buf_text(out, "\n### `irregularities`\n\nEach rule by its name: `on`, `off`, or a map of what "
                  "follows.\n\n");
    settings_document(section_table, COUNT_OF(section_table), out);
    buf_text(out, "\nOf every rule:\n\n");
    settings_document(rule_table, COUNT_OF(rule_table), out);
    for (size_t i = 0; i < IRREGULARITIES; i++) {
        buf_format(out, "\n`%s`%s\n", irregularity_word((enum irregularity_kind)i),
                   rules[i].count ? ":\n" : ": nothing else.");
        settings_document(rules[i].table, rules[i].count, out);
    }
}
