/* Sections of the configuration, read and documented by their tables of settings. */
#ifndef DUBAN_SETTINGS_H
#define DUBAN_SETTINGS_H

#include "duban/buf.h"
#include "duban/setting.h"
#include "duban/yaml.h"

/* Fills `section` (zeroed by the caller) from `map` (NULL: all defaults); checks unknown keys.
 * Relative paths of secret files are relative to the directory of the configuration file. */
bool settings_read(const struct yaml_node *map, const struct yaml_node *parent,
                   const struct setting *table, size_t count, void *section,
                   struct problems *problems);

/* The same for one map whose keys belong to several tables, each with its own struct. */
struct setting_group {
    const struct setting *table;
    size_t count;
    void *section;
};

bool settings_read_groups(const struct yaml_node *map, const struct yaml_node *parent,
                          const struct setting_group *groups, size_t group_count,
                          struct problems *problems);

/* Frees what settings_read allocated, the secrets wiped. */
void settings_finish(const struct setting *table, size_t count, void *section);

/* Some of a map's keys, the others being somebody else's: unknown ones are not complained of. */
bool settings_read_some(const struct yaml_node *map, const struct setting *table, size_t count,
                        void *section, struct problems *problems);

/* The table as text for the manual page: a list item per key with what may be written, its
 * default and help. */
void settings_document(const struct setting *table, size_t count, struct buf *out);

#endif
