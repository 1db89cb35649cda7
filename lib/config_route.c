/* The section `routes`: event kind → role → channels. */
#include "config_reader.h"

#include "duban/mem.h"

#include <string.h>

/* Handlers and applicants stand in no directory: their numbers come with the case. */
static bool is_person(const char *role)
{
    return strcmp(role, "handler") == 0 || strcmp(role, "applicant") == 0;
}

static bool belongs_to_case(const char *role)
{
    return is_person(role) || strcmp(role, "window") == 0 || strcmp(role, "department") == 0;
}

/* A channel whose type is unknown has been complained of already. */
static bool may_be_personal(const struct channel *channel)
{
    return channel->type == NULL || channel->type->personal || channel->include_applicant;
}

static void check_route(const struct config_route *route, const struct yaml_node *node,
                        struct problems *problems)
{
    if (is_person(route->role) && !may_be_personal(route->channel))
        yaml_problem(node, problems,
                     "'%s' carries no personal data, so %s can't be reached on it; expected a "
                     "channel for texts, or one with include_applicant: true",
                     route->channel->name, route->role);
}

static void add_route(struct config_reader *reader, const struct config_route *route,
                      const struct yaml_node *node)
{
    struct config *config = reader->config;
    for (size_t i = 0; i < config->route_count; i++) {
        const struct config_route *other = &config->routes[i];
        if (other->channel == route->channel && strcmp(other->role, route->role) == 0 &&
            strcmp(other->kind, route->kind) == 0) {
            yaml_problem(node, reader->problems, "the channel '%s' is given twice",
                         route->channel->name);
            return;
        }
    }
    check_route(route, node, reader->problems);
    config->routes = mem_grow(config->routes, config->route_count + 1, sizeof *config->routes);
    config->routes[config->route_count++] = *route;
}

static void read_channel(struct config_reader *reader, const char *kind, const char *role,
                         const struct yaml_node *node)
{
    size_t index;
    if (!config_pick(reader, node, "channels", &index))
        return;
    const struct config_route route = {
        .kind = kind, .role = role, .channel = &reader->config->channels[index], .node = node};
    add_route(reader, &route, node);
}

/* One channel, or a list of them. */
static void read_role(struct config_reader *reader, const char *kind, const char *role,
                      const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR) {
        read_channel(reader, kind, role, node);
    } else if (yaml_expect(node, YAML_LIST, reader->problems)) {
        for (size_t i = 0; i < node->count; i++)
            read_channel(reader, kind, role, node->values[i]);
    }
}

static void read_kind(struct config_reader *reader, const char *kind, const struct yaml_node *map)
{
    if (!yaml_expect(map, YAML_MAP, reader->problems))
        return;
    for (size_t i = 0; i < map->count; i++) {
        size_t role;
        if (!yaml_read_choice(map->keys[i], config_role_words, ROLES, &role, reader->problems))
            continue;
        if (config_kind_is_general(kind) && belongs_to_case(config_role_words[role]))
            yaml_problem(map->keys[i], reader->problems, "'%s' belongs to no case, and so to no %s",
                         kind, config_role_words[role]);
        else
            read_role(reader, kind, config_role_words[role], map->values[i]);
    }
}

void config_read_routes(struct config_reader *reader)
{
    const struct yaml_node *section = config_section(reader, "routes", false);
    if (section == NULL)
        return;
    size_t count, kind;
    AUTO_FREE const char **kinds = config_event_kinds(reader->config, &count);
    for (size_t i = 0; i < section->count; i++) {
        if (!yaml_read_choice(section->keys[i], kinds, count, &kind, reader->problems))
            continue;
        if (strcmp(kinds[kind], "digest") == 0)
            yaml_problem(section->keys[i], reader->problems,
                         "a digest has no route: it goes where the events in it go");
        else
            read_kind(reader, kinds[kind], section->values[i]);
    }
}
