/* The section `templates`, completed with the shipped texts for whatever it leaves out. */
#include "config_reader.h"

#include "duban/mem.h"

#include <string.h>

static void add_template(struct config *config, const char *kind, const char *role,
                         struct template *template)
{
    if (template == NULL)
        return;
    config->templates =
        mem_grow(config->templates, config->template_count + 1, sizeof *config->templates);
    config->templates[config->template_count++] =
        (struct config_template){.kind = kind, .role = role, .template = template};
}

static void read_kind(struct config_reader *reader, const char *kind, const struct yaml_node *node)
{
    struct config *config = reader->config;
    if (node->kind == YAML_SCALAR) {
        add_template(config, kind, NULL, template_create(node, reader->problems));
        return;
    }
    if (!yaml_expect(node, YAML_MAP, reader->problems))
        return;
    for (size_t i = 0; i < node->count; i++) {
        size_t role;
        if (yaml_read_choice(node->keys[i], config_role_words, ROLES, &role, reader->problems) &&
            yaml_expect(node->values[i], YAML_SCALAR, reader->problems))
            add_template(config, kind, config_role_words[role],
                         template_create(node->values[i], reader->problems));
    }
}

/* `kind` NULL: whatever event, also of a level that the configuration no longer knows. */
static void add_shipped(struct config_reader *reader, const char *kind)
{
    struct config *config = reader->config;
    for (size_t i = 0; i < ROLES; i++) {
        const char *role = config_role_words[i];
        const char *text = template_default(kind ? kind : "", role, config->locale);
        add_template(config, kind, role,
                     template_create_text(text, "shipped text", reader->problems));
    }
}

/* Configured ones stand first, so that the first that fits is the right one. */
void config_read_templates(struct config_reader *reader)
{
    const struct yaml_node *section = config_section(reader, "templates", true);
    size_t count, kind;
    AUTO_FREE const char **kinds = config_event_kinds(reader->config, &count);
    for (size_t i = 0; section && i < section->count; i++) {
        if (yaml_read_choice(section->keys[i], kinds, count, &kind, reader->problems))
            read_kind(reader, kinds[kind], section->values[i]);
    }
    for (size_t i = 0; i < count; i++)
        add_shipped(reader, kinds[i]);
    add_shipped(reader, NULL);
}

static bool fits(const char *own, const char *asked)
{
    return own == NULL || strcmp(own, asked) == 0;
}

const struct template *config_template(const struct config *config, const char *kind,
                                       const char *role)
{
    for (size_t i = 0; i < config->template_count; i++) {
        const struct config_template *known = &config->templates[i];
        if (fits(known->kind, kind) && fits(known->role, role))
            /* cppcheck-suppress CastIntegerToAddressAtReturn ; to C, template is no keyword */
            return known->template;
    }
    return NULL;
}

void config_finish_templates(struct config *config)
{
    for (size_t i = 0; i < config->template_count; i++)
        template_destroy(config->templates[i].template);
    free(config->templates);
}
