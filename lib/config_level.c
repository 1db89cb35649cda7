/* What levels are called, how they look, how grave they are, and what they do beside being told. */
#include "config_reader.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

static const char *const proposals[] = {"tacit_approval"};
static const char *const colours[] = {"yellow", "red", "orange", "blue", "purple", "green", "grey"};

#define POINTS_MOST 1000

/* What is written of a level, as a reader knows it by. */
static const struct setting level_table[] = {
    {"label", SETTING_OTHER, .optional = true, .help = "as people call it; else its name"},
    {"colour", SETTING_OTHER, .optional = true,
     .help = "`yellow`, `red`, `orange`, `blue`, `purple`, `green`, `grey` or `#rrggbb`; default: "
             "its name if that is a colour, else `grey`"},
    {"points", SETTING_OTHER, .optional = true,
     .help = "marks the level for the appraisal 考核 with so many points, as -5"},
    {"propose", SETTING_OTHER, .optional = true,
     .help =
         "`tacit_approval`: duban proposes it 超时默许, which it never grants; whom is said by the "
         "route `tacit_approval`"},
    {"notify", SETTING_OTHER, .optional = true,
     .help =
         "roles and channels of this level under this policy, instead of the route of its name"},
};

const char *const config_level_keys[] = {"label", "colour", "points", "propose", "notify"};
const size_t config_level_key_count = COUNT_OF(config_level_keys);

static const char *known_colour(const char *word)
{
    for (size_t i = 0; i < COUNT_OF(colours); i++)
        if (strcmp(word, colours[i]) == 0)
            return colours[i];
    return NULL;
}

static void read_colour(const struct yaml_node *node, struct config_level *about,
                        struct problems *problems)
{
    const char *text;
    if (!yaml_read_text(node, &text, problems))
        return;
    about->colour = text;
    if (text[0] == '#' && strlen(text) == 7 && strspn(text + 1, "0123456789abcdefABCDEF") == 6)
        return;
    if (known_colour(text) == NULL)
        yaml_problem(
            node, problems,
            "'%s' is no colour; expected yellow, red, orange, blue, purple, green, grey or "
            "'#rrggbb'",
            text);
}

void config_read_level(const struct yaml_node *map, struct config_level *about, const char *name,
                       struct problems *problems)
{
    const struct yaml_node *label = yaml_get(map, "label"), *colour = yaml_get(map, "colour"),
                           *points = yaml_get(map, "points"), *propose = yaml_get(map, "propose");
    size_t index;
    about->label = name;
    about->colour = known_colour(name);
    if (about->colour == NULL)
        about->colour = "grey";
    if (label)
        yaml_read_text(label, &about->label, problems);
    if (colour)
        read_colour(colour, about, problems);
    if (points)
        yaml_read_int(points, -POINTS_MOST, POINTS_MOST, &about->points, problems);
    if (propose)
        about->proposes =
            yaml_read_choice(propose, proposals, COUNT_OF(proposals), &index, problems);
}

/* --- one order of all levels --- */

struct order {
    const char **names; /* from the mildest */
    size_t count;
};

static size_t place_of(const struct order *order, const char *name)
{
    size_t place = 0;
    while (place < order->count && strcmp(order->names[place], name) != 0)
        place++;
    return place;
}

/* A new level stands before the next one of its policy that has a place already. */
static void insert(struct order *order, const struct policy *policy, size_t level)
{
    size_t place = order->count;
    for (size_t i = level + 1; i < policy->count && place == order->count; i++)
        place = place_of(order, policy->levels[i].name);
    memmove(&order->names[place + 1], &order->names[place],
            (order->count - place) * sizeof *order->names);
    order->names[place] = policy->levels[level].name;
    order->count++;
}

void config_order_levels(struct config *config)
{
    struct order order = {
        .names = mem_zero(config->policy_count * LEVELS_MOST + 1, sizeof *order.names)};
    for (size_t p = 0; p < config->policy_count; p++) {
        const struct policy *policy = &config->policies[p].policy;
        for (size_t i = 0; i < policy->count; i++)
            if (place_of(&order, policy->levels[i].name) == order.count)
                insert(&order, policy, i);
    }
    for (size_t p = 0; p < config->policy_count; p++) {
        struct config_policy *policy = &config->policies[p];
        for (size_t i = 0; i < policy->policy.count; i++)
            policy->levels[i].severity = (int)place_of(&order, policy->policy.levels[i].name) + 1;
    }
    free(order.names);
}

/* --- who is told instead --- */

/* The levels of a policy stand in a list, or under `levels` of a map. */
static const struct yaml_node *levels_of(const struct yaml_node *policy)
{
    return policy->kind == YAML_MAP ? yaml_get(policy, "levels") : policy;
}

static void read_routes(struct config_reader *reader, const struct yaml_node *map,
                        const struct policy *policy, size_t index, struct config_level *about)
{
    const struct yaml_node *notify = yaml_get(map, "notify");
    struct route_list list = {0};
    if (notify == NULL)
        return;
    config_read_roles(reader, policy->levels[index].name, notify, &list);
    if (list.count == 0)
        yaml_problem(notify, reader->problems,
                     "this level tells nobody; expected 'notify: {window: CHANNEL}'");
    about->routes = list.routes;
    about->route_count = list.count;
}

void config_read_level_routes(struct config_reader *reader)
{
    struct config *config = reader->config;
    const struct yaml_node *section = yaml_get(reader->root, "policies");
    for (size_t p = 0; section && section->kind == YAML_MAP && p < section->count; p++) {
        const struct yaml_node *list = levels_of(section->values[p]);
        struct config_policy *policy = &config->policies[p];
        for (size_t i = 0; list && list->kind == YAML_LIST && i < policy->policy.count; i++)
            read_routes(reader, list->values[i], &policy->policy, i, &policy->levels[i]);
    }
}

void config_finish_policies(struct config *config)
{
    for (size_t p = 0; p < config->policy_count; p++)
        for (size_t i = 0; i < config->policies[p].policy.count; i++)
            free(config->policies[p].levels[i].routes);
    free(config->policies);
}

void config_document_policies(struct buf *out)
{
    buf_text(out, "\n### Levels of `policies`, beside `level` and when they are reached\n\n");
    settings_document(level_table, COUNT_OF(level_table), out);
}
