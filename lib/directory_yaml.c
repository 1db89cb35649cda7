/* The directory from YAML: `entries`, a list of maps. */
#include "directory_build.h"

#include "duban/directory_file.h"
#include "duban/mem.h"
#include "duban/settings.h"

struct written {
    const char *code, *name, *parent, *locale;
    size_t kind;
};

static const char *const kinds[ENTRY_KINDS + 1] = {
    "centre", "department", "window", "supervision", "leader", "admin", /* enum entry_kind */
};
static const char *const locales[] = {"zh-CN", "en", NULL};

#define AT(field) offsetof(struct written, field)

static const struct setting entry_table[] = {
    {"code", SETTING_TEXT, AT(code), .help = "as the approval system writes it"},
    {"kind", SETTING_CHOICE, AT(kind), .choices = kinds, .help = "what it is"},
    {"name", SETTING_TEXT, AT(name), .help = "as messages say it"},
    {"parent", SETTING_TEXT, AT(parent), .optional = true, .help = "code of what it stands under"},
    {"locale", SETTING_TEXT, AT(locale), .optional = true, .choices = locales,
     .help = "language of its messages"},
    {"contacts", SETTING_OTHER, .optional = true, .help = "channel: one address, or a list"},
};

static void read_address(struct directory_entry *entry, const char *channel,
                         const struct yaml_node *node, struct problems *problems)
{
    const char *address;
    if (yaml_read_text(node, &address, problems))
        entry_add_contact(entry, channel, address, node->line, node->column);
}

static void read_contacts(struct directory_entry *entry, const struct yaml_node *map,
                          struct problems *problems)
{
    if (map == NULL || !yaml_expect(map, YAML_MAP, problems))
        return;
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_node *value = map->values[i];
        if (value->kind != YAML_LIST) {
            read_address(entry, map->keys[i]->text, value, problems);
            continue;
        }
        for (size_t k = 0; k < value->count; k++)
            read_address(entry, map->keys[i]->text, value->values[k], problems);
    }
}

static void read_entry(struct directory *directory, const struct yaml_node *map,
                       struct problems *problems)
{
    struct written written = {0};
    if (!yaml_expect(map, YAML_MAP, problems) ||
        !settings_read(map, NULL, entry_table, COUNT_OF(entry_table), &written, problems))
        return;
    const struct yaml_node *code = yaml_get(map, "code"), *name = yaml_get(map, "name");
    const struct yaml_node *parent = yaml_get(map, "parent");
    directory_check_text(directory, "code", written.code, code->line, code->column, problems);
    directory_check_text(directory, "name", written.name, name->line, name->column, problems);
    struct directory_entry *entry = directory_add(directory, code->line, code->column);
    entry->code = mem_text(written.code);
    entry->name = mem_text(written.name);
    entry->kind = (enum entry_kind)written.kind;
    entry->parent = mem_text(written.parent ? written.parent : "");
    entry->locale = mem_text(written.locale ? written.locale : "");
    entry->parent_line = parent ? parent->line : 0;
    entry->parent_column = parent ? parent->column : 0;
    read_contacts(entry, yaml_get(map, "contacts"), problems);
}

static void read_root(struct directory *directory, const struct yaml_node *root,
                      struct problems *problems)
{
    static const char *const keys[] = {"entries"};
    if (!yaml_expect(root, YAML_MAP, problems) || !yaml_check_keys(root, keys, 1, problems))
        return;
    const struct yaml_node *entries = yaml_get(root, "entries");
    if (entries == NULL)
        yaml_problem(root, problems, "'entries' is missing: the list of windows, departments, …");
    if (entries == NULL || !yaml_expect(entries, YAML_LIST, problems))
        return;
    for (size_t i = 0; i < entries->count; i++)
        read_entry(directory, entries->values[i], problems);
}

struct directory *directory_load_yaml(const char *text, size_t length, const char *name,
                                      const struct address_check *address,
                                      struct problems *problems)
{
    size_t before = problems->total;
    struct yaml_document *document = yaml_load_text(text, length, name, problems);
    if (document == NULL)
        return NULL;
    struct directory *directory = directory_create(name);
    read_root(directory, yaml_root(document), problems);
    yaml_destroy(document);
    return directory_finish(directory, address, before, problems);
}
