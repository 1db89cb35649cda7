/* The section `hours`: role → when, or role → event kind → when. */
#include "config_reader.h"

#include "duban/mem.h"

#include <string.h>

#define EVERY_OTHER "default"

static void read_text(const struct yaml_node *node, struct hours *hours, struct problems *problems)
{
    const char *text;
    struct error error;
    if (yaml_read_text(node, &text, problems) && !hours_add(hours, text, &error))
        yaml_problem(node, problems, "%s", error.text);
}

/* One text, or a list of them. */
static void read_hours(const struct yaml_node *node, struct hours *hours, struct problems *problems)
{
    if (node->kind != YAML_LIST)
        read_text(node, hours, problems);
    else if (node->count == 0)
        yaml_problem(node, problems, "an empty list, expected when people may be told");
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        read_text(node->values[i], hours, problems);
}

static void add_hours(struct config_reader *reader, const char *role, const char *kind,
                      const struct yaml_node *node)
{
    struct config *config = reader->config;
    struct config_hours added = {.role = role, .kind = kind};
    read_hours(node, &added.hours, reader->problems);
    config->hours = mem_grow(config->hours, config->hours_count + 1, sizeof *config->hours);
    config->hours[config->hours_count++] = added;
}

/* The kinds of events, and the word for all that aren't given. */
static const char **kinds_and_default(const struct config *config, size_t *count)
{
    const char **kinds = config_event_kinds(config, count);
    kinds = mem_grow(kinds, *count + 1, sizeof *kinds);
    kinds[(*count)++] = EVERY_OTHER;
    return kinds;
}

static void read_kinds(struct config_reader *reader, const char *role, const struct yaml_node *map)
{
    size_t count, kind;
    AUTO_FREE const char **kinds = kinds_and_default(reader->config, &count);
    for (size_t i = 0; i < map->count; i++) {
        if (yaml_read_choice(map->keys[i], kinds, count, &kind, reader->problems))
            add_hours(reader, role, kind == count - 1 ? NULL : kinds[kind], map->values[i]);
    }
}

void config_read_hours(struct config_reader *reader)
{
    const struct yaml_node *section = config_section(reader, "hours", true);
    for (size_t i = 0; section && i < section->count; i++) {
        size_t role;
        if (!yaml_read_choice(section->keys[i], config_role_words, ROLES, &role, reader->problems))
            continue;
        if (section->values[i]->kind == YAML_MAP)
            read_kinds(reader, config_role_words[role], section->values[i]);
        else
            add_hours(reader, config_role_words[role], NULL, section->values[i]);
    }
}

static const struct hours *standard_hours(const char *role)
{
    static const struct hours any = {.count = 0};
    static const struct hours waking = {
        .count = 1, .parts = {{.kind = HOURS_DAILY, .from = 8 * 3600, .until = 21 * 3600}}};
    return strcmp(role, "applicant") == 0 ? &waking : &any;
}

const struct hours *config_hours(const struct config *config, const char *kind, const char *role)
{
    const struct hours *found = standard_hours(role);
    for (size_t i = 0; i < config->hours_count; i++) {
        const struct config_hours *hours = &config->hours[i];
        if (strcmp(hours->role, role) != 0)
            continue;
        if (hours->kind && strcmp(hours->kind, kind) == 0)
            return &hours->hours;
        if (hours->kind == NULL)
            found = &hours->hours;
    }
    return found;
}
