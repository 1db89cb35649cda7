/* The section `routes`: event kind → role → channels. */
#include "config_reader.h"

#include "duban/mem.h"

#include <string.h>

static bool belongs_to_case(const char *role)
{
    static const char *const roles[] = {"window", "department", "lead", "part"};
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (strcmp(roles[i], role) == 0)
            return true;
    return role_is_person(role);
}

/* A channel whose type is unknown has been complained of already. */
static bool may_be_personal(const struct channel *channel)
{
    return channel->type == NULL || channel->type->personal || channel->include_applicant;
}

static void check_route(const struct config_route *route, const struct yaml_node *node,
                        struct problems *problems)
{
    if (role_is_person(route->role) && !may_be_personal(route->channel))
        yaml_problem(node, problems,
                     "'%s' carries no personal data, so %s can't be reached on it; expected a "
                     "channel for texts, or one with include_applicant: true",
                     route->channel->name, route->role);
    if (strcmp(route->kind, "tacit_approval") == 0 && strcmp(route->role, "applicant") == 0)
        yaml_problem(node, problems,
                     "a proposal isn't told to the applicant: only the competent organ's signed "
                     "notice grants anything");
}

static void add_route(struct config_reader *reader, const struct config_route *route,
                      const struct yaml_node *node, struct route_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct config_route *other = &list->routes[i];
        if (other->channel == route->channel && strcmp(other->role, route->role) == 0 &&
            strcmp(other->kind, route->kind) == 0) {
            yaml_problem(node, reader->problems, "the channel '%s' is given twice",
                         route->channel->name);
            return;
        }
    }
    check_route(route, node, reader->problems);
    list->routes = mem_grow(list->routes, list->count + 1, sizeof *list->routes);
    list->routes[list->count++] = *route;
}

static void read_channel(struct config_reader *reader, const char *kind, const char *role,
                         const struct yaml_node *node, struct route_list *list)
{
    size_t index;
    if (!config_pick(reader, node, "channels", &index))
        return;
    const struct config_route route = {
        .kind = kind, .role = role, .channel = &reader->config->channels[index], .node = node};
    add_route(reader, &route, node, list);
}

/* One channel, or a list of them. */
static void read_role(struct config_reader *reader, const char *kind, const char *role,
                      const struct yaml_node *node, struct route_list *list)
{
    if (node->kind == YAML_SCALAR) {
        read_channel(reader, kind, role, node, list);
    } else if (yaml_expect(node, YAML_LIST, reader->problems)) {
        for (size_t i = 0; i < node->count; i++)
            read_channel(reader, kind, role, node->values[i], list);
    }
}

void config_read_roles(struct config_reader *reader, const char *kind, const struct yaml_node *map,
                       struct route_list *list)
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
        else if (irregularity_parse(kind, NULL) && role_is_person(config_role_words[role]))
            yaml_problem(map->keys[i], reader->problems,
                         "irregularities are told to offices; expected window, department, centre, "
                         "supervision, leader or admin");
        else
            read_role(reader, kind, config_role_words[role], map->values[i], list);
    }
}

/* Reminders and tests are told to whom their own section or command names. */
static bool is_routed(const struct yaml_node *kind, struct problems *problems)
{
    if (strcmp(kind->text, "reminder") == 0)
        yaml_problem(kind, problems,
                     "reminders are told as the section 'reminders' says; expected no route here");
    else if (strcmp(kind->text, "test") == 0)
        yaml_problem(kind, problems, "a test is told to whom it is sent; expected no route here");
    else if (strcmp(kind->text, "digest") == 0)
        yaml_problem(kind, problems,
                     "a digest goes where the events in it go; expected no route here");
    else
        return true;
    return false;
}

void config_read_web_routes(struct config_reader *reader)
{
    static const char kind[] = "level_withdrawn";
    const struct yaml_node *section = config_section(reader, "routes", true);
    struct route_list list = {0};
    if (yaml_get(section, kind))
        config_read_roles(reader, kind, yaml_get(section, kind), &list);
    reader->config->routes = list.routes;
    reader->config->route_count = list.count;
}

void config_read_routes(struct config_reader *reader)
{
    const struct yaml_node *section = config_section(reader, "routes", false);
    if (section == NULL)
        return;
    size_t count, kind;
    struct route_list list = {0};
    AUTO_FREE const char **kinds = config_event_kinds(reader->config, &count);
    for (size_t i = 0; i < section->count; i++) {
        if (yaml_read_choice(section->keys[i], kinds, count, &kind, reader->problems) &&
            is_routed(section->keys[i], reader->problems))
            config_read_roles(reader, kinds[kind], section->values[i], &list);
    }
    reader->config->routes = list.routes;
    reader->config->route_count = list.count;
}
