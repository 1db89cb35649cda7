/* Sections of the configuration, read and documented by their tables. */
#include "duban/settings.h"

#include "duban/file.h"
#include "duban/mem.h"
#include "duban/secret.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void *field(const struct setting *setting, void *section)
{
    return (char *)section + setting->offset;
}

static size_t count_words(const char *const *words)
{
    size_t count = 0;
    while (words[count])
        count++;
    return count;
}

/* Texts with choices are one of these words; the choice itself is kept, not the node's text. */
static bool read_text(const struct setting *setting, const struct yaml_node *node,
                      const char **text, struct problems *problems)
{
    if (setting->choices == NULL)
        return yaml_read_text(node, text, problems);
    size_t index;
    if (!yaml_read_choice(node, setting->choices, count_words(setting->choices), &index, problems))
        return false;
    *text = setting->choices[index];
    return true;
}

static bool read_path(const struct yaml_node *node, char **path, struct problems *problems)
{
    const char *text;
    if (!yaml_read_text(node, &text, problems))
        return false;
    *path = path_beside(node->file, text);
    return true;
}

static bool read_value(const struct setting *setting, const struct yaml_node *node, void *section,
                       struct problems *problems)
{
    void *to = field(setting, section);
    switch (setting->kind) {
    case SETTING_TEXT:
        return read_text(setting, node, to, problems);
    case SETTING_PATH:
        return read_path(node, to, problems);
    case SETTING_INT:
        return yaml_read_int(node, setting->least, setting->most, to, problems);
    case SETTING_BOOL:
        return yaml_read_bool(node, to, problems);
    case SETTING_SPAN:
        return yaml_read_span(node, setting->least, setting->most, to, problems);
    case SETTING_CHOICE:
        return yaml_read_choice(node, setting->choices, count_words(setting->choices), to,
                                problems);
    case SETTING_SECRET:
    case SETTING_OTHER:
        break;
    }
    return true;
}

/* A default that can't be read is our own bug. */
static void set_standard(const struct setting *setting, void *section)
{
    char *text = mem_text(setting->standard);
    bool plain = setting->kind != SETTING_TEXT; /* an empty text is one, if it is quoted */
    const struct yaml_node node = {.file = "default", .text = text, .plain = plain};
    struct problems problems = {0};
    bool read = read_value(setting, &node, section, &problems);
    assert(read);
    (void)read;
    if (setting->kind == SETTING_TEXT && setting->choices == NULL)
        *(const char **)field(setting, section) = setting->standard;
    problems_finish(&problems);
    free(text);
}

/* The two keys under which a secret may stand. */
struct secret_keys {
    char file[64], credential[64], bare[64];
};

static struct secret_keys secret_keys(const struct setting *setting)
{
    struct secret_keys keys;
    snprintf(keys.file, sizeof keys.file, "%s_file", setting->key);
    snprintf(keys.credential, sizeof keys.credential, "%s_credential", setting->key);
    snprintf(keys.bare, sizeof keys.bare, "%s", setting->key);
    return keys;
}

static char *load_secret(const struct yaml_node *file, const struct yaml_node *credential,
                         struct problems *problems)
{
    const struct yaml_node *node = file ? file : credential;
    const char *name;
    struct error error;
    if (!yaml_read_text(node, &name, problems))
        return NULL;
    AUTO_FREE char *path = path_beside(node->file, name);
    char *secret = file ? secret_read_file(path, &error) : secret_read_credential(name, &error);
    if (secret == NULL)
        yaml_problem(node, problems, "%s %s", file ? path : name, error.text);
    return secret;
}

static bool read_secret(const struct setting *setting, const struct yaml_node *map,
                        const struct yaml_node *place, void *section, struct problems *problems)
{
    struct secret_keys keys = secret_keys(setting);
    const struct yaml_node *file = yaml_get(map, keys.file);
    const struct yaml_node *credential = yaml_get(map, keys.credential);
    const struct yaml_node *bare = yaml_get(map, keys.bare);
    if (bare) {
        yaml_problem(bare, problems,
                     "a secret doesn't belong into the configuration; put it into a file that only "
                     "duban may read, and give '%s: PATH'",
                     keys.file);
        return false;
    }
    if (file && credential) {
        yaml_problem(credential, problems, "expected either '%s' or '%s', not both", keys.file,
                     keys.credential);
        return false;
    }
    if (file == NULL && credential == NULL) {
        if (!setting->optional)
            yaml_problem(place, problems, "'%s' or '%s' is missing: %s", keys.file, keys.credential,
                         setting->help);
        return setting->optional;
    }
    char *secret = load_secret(file, credential, problems);
    *(char **)field(setting, section) = secret;
    return secret != NULL;
}

static bool read_setting(const struct setting *setting, const struct yaml_node *map,
                         const struct yaml_node *place, void *section, struct problems *problems)
{
    if (setting->kind == SETTING_OTHER)
        return true;
    if (setting->kind == SETTING_SECRET)
        return read_secret(setting, map, place, section, problems);
    const struct yaml_node *node = yaml_get(map, setting->key);
    if (node)
        return read_value(setting, node, section, problems);
    if (setting->standard)
        set_standard(setting, section);
    else if (!setting->optional)
        yaml_problem(place, problems, "'%s' is missing: %s", setting->key, setting->help);
    return setting->standard || setting->optional;
}

/* The keys of all groups; a secret is known by its three, so that each gets its own answer. */
static bool check_keys(const struct yaml_node *map, const struct setting_group *groups,
                       size_t group_count, struct problems *problems)
{
    size_t total = 0, used = 0, secrets = 0;
    for (size_t g = 0; g < group_count; g++)
        total += groups[g].count;
    AUTO_FREE const char **known = mem_zero(3 * total, sizeof *known);
    AUTO_FREE struct secret_keys *names = mem_zero(total, sizeof *names);
    for (size_t g = 0; g < group_count; g++) {
        for (size_t i = 0; i < groups[g].count; i++) {
            const struct setting *setting = &groups[g].table[i];
            if (setting->kind != SETTING_SECRET) {
                known[used++] = setting->key;
                continue;
            }
            struct secret_keys *keys = &names[secrets++];
            *keys = secret_keys(setting);
            known[used++] = keys->file;
            known[used++] = keys->credential;
            known[used++] = keys->bare;
        }
    }
    return yaml_check_keys(map, known, used, problems);
}

bool settings_read_groups(const struct yaml_node *map, const struct yaml_node *parent,
                          const struct setting_group *groups, size_t group_count,
                          struct problems *problems)
{
    if (map && !yaml_expect(map, YAML_MAP, problems))
        return false;
    bool fine = map == NULL || check_keys(map, groups, group_count, problems);
    for (size_t g = 0; g < group_count; g++) {
        for (size_t i = 0; i < groups[g].count; i++)
            fine &= read_setting(&groups[g].table[i], map, map ? map : parent, groups[g].section,
                                 problems);
    }
    return fine;
}

bool settings_read_some(const struct yaml_node *map, const struct setting *table, size_t count,
                        void *section, struct problems *problems)
{
    bool fine = true;
    for (size_t i = 0; i < count; i++)
        fine &= read_setting(&table[i], map, map, section, problems);
    return fine;
}

bool settings_read(const struct yaml_node *map, const struct yaml_node *parent,
                   const struct setting *table, size_t count, void *section,
                   struct problems *problems)
{
    const struct setting_group group = {.table = table, .count = count, .section = section};
    return settings_read_groups(map, parent, &group, 1, problems);
}

void settings_finish(const struct setting *table, size_t count, void *section)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].kind != SETTING_SECRET && table[i].kind != SETTING_PATH)
            continue;
        char **text = field(&table[i], section);
        if (table[i].kind == SETTING_SECRET)
            secret_destroy(*text);
        else
            free(*text);
        *text = NULL;
    }
}
