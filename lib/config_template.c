/* The section `templates`, completed with the shipped texts for whatever it leaves out. */
#include "config_reader.h"

#include "duban/mem.h"

#include <string.h>

static void add_template(struct config *config, const struct config_template *template)
{
    if (template->template == NULL)
        return;
    config->templates =
        mem_grow(config->templates, config->template_count + 1, sizeof *config->templates);
    config->templates[config->template_count++] = *template;
}

/* Whether each channel under `code` makes texts from approved templates. */
static void check_codes(struct config_reader *reader, const struct template_code *code)
{
    const struct yaml_node *channels = code ? template_code_channels(code) : NULL;
    for (size_t i = 0; channels && i < channels->count; i++) {
        size_t index;
        if (!config_pick(reader, channels->keys[i], "channels", &index))
            continue;
        const struct channel *channel = &reader->config->channels[index];
        if (channel->type && channel->type->code == CODE_NONE)
            yaml_problem(channels->keys[i], reader->problems,
                         "'%s' sends texts as they are and has no use for a code", channel->name);
    }
}

/* A text alone, or a map of the text, its codes at providers, and their parameters. */
static void read_text(struct config_reader *reader, const char *kind, const char *role,
                      const struct yaml_node *node)
{
    static const char *const keys[] = {"text", "code", "params"};
    struct config_template made = {.kind = kind, .role = role};
    if (node->kind != YAML_MAP) {
        if (yaml_expect(node, YAML_SCALAR, reader->problems))
            made.template = template_create(node, reader->problems);
    } else if (yaml_get(node, "text") == NULL) {
        yaml_problem(node, reader->problems, "'text' is missing");
    } else if (yaml_check_keys(node, keys, COUNT_OF(keys), reader->problems)) {
        made.template = template_create(yaml_get(node, "text"), reader->problems);
        if (made.template)
            made.code = template_code_create(node, made.template, reader->problems);
        check_codes(reader, made.code);
    }
    add_template(reader->config, &made);
}

static void read_kind(struct config_reader *reader, const char *kind, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR || yaml_get(node, "text")) {
        read_text(reader, kind, NULL, node);
        return;
    }
    if (!yaml_expect(node, YAML_MAP, reader->problems))
        return;
    for (size_t i = 0; i < node->count; i++) {
        size_t role;
        if (yaml_read_choice(node->keys[i], config_role_words, ROLES, &role, reader->problems))
            read_text(reader, kind, config_role_words[role], node->values[i]);
    }
}

/* `kind` NULL: whatever event, also of a level that the configuration no longer knows. */
static void add_shipped(struct config_reader *reader, const char *kind)
{
    struct config *config = reader->config;
    for (size_t i = 0; i < ROLES; i++) {
        const char *role = config_role_words[i];
        const char *text = template_default(kind ? kind : "", role, config->locale);
        const struct config_template made = {
            .kind = kind,
            .role = role,
            .template = template_create_text(text, "shipped text", reader->problems)};
        add_template(config, &made);
    }
}

/* What goes to a provider that takes only approved templates has to have a code there. */
static void check_way(struct config_reader *reader, const struct channel *channel, const char *kind,
                      const char *role, const struct yaml_node *node)
{
    if (channel->type == NULL || channel->type->code != CODE_REQUIRED ||
        template_code_find(config_template_code(reader->config, kind, role), channel->name))
        return;
    yaml_problem(node, reader->problems,
                 "'%s' sends approved templates only, and the text of %s for %s has no code there; "
                 "expected one in templates: %s: %s: {text: …, code: {%s: …}}",
                 channel->name, kind, role, kind, role, channel->name);
}

static void check_routes(struct config_reader *reader, const struct config_route *routes,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_way(reader, routes[i].channel, routes[i].kind, routes[i].role, routes[i].node);
}

static void check_alarms(struct config_reader *reader)
{
    const struct config_alarms *alarms = &reader->config->alarms;
    for (size_t i = 0; i < alarms->count; i++) {
        const struct config_alarm_channel *way = &alarms->channels[i];
        check_way(reader, way->channel, "alarm", "admin", way->node);
        check_way(reader, way->channel, "alarm_over", "admin", way->node);
    }
}

/* A provider that takes only approved templates can be sent a digest when it has one for that:
 * else what it is sent isn't gathered, unless the configuration insists. */
static void check_digests(struct config_reader *reader, const struct config_route *routes,
                          size_t count)
{
    const struct config *config = reader->config;
    const struct yaml_node *section = yaml_get(reader->root, "channels");
    for (size_t i = 0; i < count; i++) {
        const struct config_route *route = &routes[i];
        struct channel *channel = &config->channels[route->channel - config->channels];
        if (channel->type == NULL || channel->type->code != CODE_REQUIRED ||
            channel->digest_us == 0 ||
            template_code_find(config_template_code(config, "digest", route->role), channel->name))
            continue;
        const struct yaml_node *node = yaml_get(yaml_get(section, channel->name), "digest");
        if (node)
            yaml_problem(node, reader->problems,
                         "'%s' sends approved templates only, and the text of digest for %s has no "
                         "code there; expected one in templates, or digest: 0s",
                         channel->name, route->role);
        channel->digest_us = 0;
    }
}

/* Configured ones stand first, so that the first that fits is the right one. */
void config_read_templates(struct config_reader *reader)
{
    const struct yaml_node *section = config_section(reader, "templates", true);
    size_t count, kind, before = reader->problems->total;
    AUTO_FREE const char **kinds = config_text_kinds(reader->config, &count);
    for (size_t i = 0; section && i < section->count; i++) {
        if (yaml_read_choice(section->keys[i], kinds, count, &kind, reader->problems))
            read_kind(reader, kinds[kind], section->values[i]);
    }
    for (size_t i = 0; i < count; i++)
        add_shipped(reader, kinds[i]);
    add_shipped(reader, NULL);
    if (reader->problems->total != before)
        return;
    const struct config *config = reader->config;
    check_alarms(reader);
    check_routes(reader, config->routes, config->route_count);
    check_digests(reader, config->routes, config->route_count);
    for (size_t i = 0; i < config->reminder_count; i++) {
        const struct config_reminder *reminder = &config->reminders[i];
        check_routes(reader, reminder->routes, reminder->route_count);
        check_digests(reader, reminder->routes, reminder->route_count);
    }
}

static bool fits(const char *own, const char *asked)
{
    return own == NULL || strcmp(own, asked) == 0;
}

static const struct config_template *find(const struct config *config, const char *kind,
                                          const char *role)
{
    for (size_t i = 0; i < config->template_count; i++) {
        const struct config_template *known = &config->templates[i];
        if (fits(known->kind, kind) && fits(known->role, role))
            return known;
    }
    return NULL;
}

const struct template *config_template(const struct config *config, const char *kind,
                                       const char *role)
{
    const struct config_template *found = find(config, kind, role);
    /* cppcheck-suppress CastIntegerToAddressAtReturn ; to C, template is no keyword */
    return found ? found->template : NULL;
}

const struct template_code *config_template_code(const struct config *config, const char *kind,
                                                 const char *role)
{
    const struct config_template *found = find(config, kind, role);
    return found ? found->code : NULL;
}

void config_finish_templates(struct config *config)
{
    for (size_t i = 0; i < config->template_count; i++) {
        template_destroy(config->templates[i].template);
        template_code_destroy(config->templates[i].code);
    }
    free(config->templates);
}
