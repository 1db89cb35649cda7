/* One table per section of the configuration: it drives parsing, defaults, range checks, the
 * list of known keys, and the manual page. */
#ifndef DUBAN_SETTINGS_H
#define DUBAN_SETTINGS_H

#include "duban/buf.h"
#include "duban/yaml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_kind {
    SETTING_TEXT,   /* const char *: points into the document, or to the default; with `choices`
                       one of these words, and points to it */
    SETTING_PATH,   /* char *: owned; relative ones start at the configuration file's directory */
    SETTING_INT,    /* int64_t, least … most */
    SETTING_BOOL,   /* bool */
    SETTING_SPAN,   /* span_us (int64_t), least … most in microseconds */
    SETTING_CHOICE, /* size_t: index into choices */
    SETTING_SECRET, /* char *: `KEY_file: path` or `KEY_credential: name` of the file that holds
                       it; never the secret itself in the configuration */
    SETTING_OTHER,  /* known key, read by the section's own code */
};

struct setting {
    const char *key;
    enum setting_kind kind;
    size_t offset;        /* of the field in the section's struct */
    const char *standard; /* default as it would be written in the file; NULL: required, or for
                             texts, paths and secrets with `optional` left NULL */
    bool optional;
    int64_t least, most;
    const char *const *choices; /* NULL-terminated */
    const char *help;           /* one line for the manual page */
};

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

/* The table as text for the manual page: a list item per key with what may be written, its
 * default and help. */
void settings_document(const struct setting *table, size_t count, struct buf *out);

#endif
