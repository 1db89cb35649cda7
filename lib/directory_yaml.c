/* The directory from YAML: `entries`, a list of maps. */
#include "directory_build.h"

#include "duban/directory_file.h"
#include "duban/mem.h"
#include "duban/settings.h"

struct written {
    const char *code, *name, *parent, *locale, *deputy;
    size_t kind;
};

static const char *const kinds[ENTRY_KINDS + 1] = {
    "centre", "department", "window", "supervision", "leader", "admin", "system", /* entry_kind */
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
    {"absent", SETTING_OTHER, .optional = true, .help = "when it is away: dates and ranges"},
    {"deputy", SETTING_TEXT, AT(deputy), .optional = true,
     .help = "code of who is told while it is absent"},
    {"contacts", SETTING_OTHER, .optional = true, .help = "channel: one address, or a list"},
};

static bool add_days(void *roster, const char *words, struct error *error)
{
    return roster_add(roster, words, error);
}

static bool add_dates(void *ranges, const char *words, struct error *error)
{
    return date_ranges_add(ranges, words, error);
}

typedef bool (*adder)(void *, const char *, struct error *);

static void read_word(const struct yaml_node *node, void *days, adder add,
                      struct problems *problems)
{
    const char *words;
    struct error error;
    if (yaml_read_text(node, &words, problems) && !add(days, words, &error))
        yaml_problem(node, problems, "%s", error.text);
}

/* One text of words, or a list of them; NULL is fine. */
static void read_words(const struct yaml_node *node, void *days, adder add,
                       struct problems *problems)
{
    if (node && node->kind != YAML_LIST)
        read_word(node, days, add, problems);
    for (size_t i = 0; node && node->kind == YAML_LIST && i < node->count; i++)
        read_word(node->values[i], days, add, problems);
}

/* A map of an address and when it is on duty. */
static void read_contact(struct directory_entry *entry, const char *channel,
                         const struct yaml_node *map, struct problems *problems)
{
    static const char *const keys[] = {"address", "on", "absent"};
    const struct yaml_node *node = yaml_get(map, "address");
    const char *address;
    yaml_check_keys(map, keys, COUNT_OF(keys), problems);
    if (node == NULL)
        yaml_problem(map, problems, "'address' is missing: where it is reached on the channel");
    if (node == NULL || !yaml_read_text(node, &address, problems))
        return;
    struct directory_contact *contact =
        entry_add_contact(entry, channel, address, node->line, node->column);
    read_words(yaml_get(map, "on"), &contact->on, add_days, problems);
    read_words(yaml_get(map, "absent"), &contact->absent, add_dates, problems);
}

static void read_address(struct directory_entry *entry, const char *channel,
                         const struct yaml_node *node, struct problems *problems)
{
    const char *address;
    if (node->kind == YAML_MAP)
        read_contact(entry, channel, node, problems);
    else if (yaml_read_text(node, &address, problems))
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
    const struct yaml_node *parent = yaml_get(map, "parent"), *deputy = yaml_get(map, "deputy");
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
    entry->deputy = mem_text(written.deputy ? written.deputy : "");
    entry->deputy_line = deputy ? deputy->line : 0;
    entry->deputy_column = deputy ? deputy->column : 0;
    read_words(yaml_get(map, "absent"), &entry->absent, add_dates, problems);
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
