/* A YAML file as a tree in which every node knows its place.
 *
 * Limits: 4 MiB a file, 64 levels deep. Anchors and aliases are refused (a configuration that
 * expands into itself helps nobody), as are duplicate keys and several documents in one file.
 * All values are text; the typed readers below turn them into what is wanted and report what is
 * wrong, with its place, into a list.
 */
#ifndef DUBAN_YAML_H
#define DUBAN_YAML_H

#include "duban/error.h"
#include "duban/problem.h"

#include <stdint.h>

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    const char *file; /* owned by the document */
    unsigned line, column;
    char *text;              /* scalar: its value, UTF-8 without NUL bytes; else NULL */
    bool plain;              /* scalar: written without quotes */
    size_t count;            /* list: items; map: pairs */
    struct yaml_node **keys; /* map: scalar nodes, same order as values */
    struct yaml_node **values;
};

struct yaml_document; /* owns its nodes */

/* Reads a file or a text (`name` stands for the file in problems). NULL after adding at least
 * one problem. An empty file is an empty map. */
struct yaml_document *yaml_load_file(const char *path, struct problems *problems);
struct yaml_document *yaml_load_text(const char *text, size_t length, const char *name,
                                     struct problems *problems);
void yaml_destroy(struct yaml_document *document);
const struct yaml_node *yaml_root(const struct yaml_document *document);

/* Adds a problem at the node's place. */
void yaml_problem(const struct yaml_node *node, struct problems *problems, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The value under a key, or NULL. `map` may be NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* Complains about a node that isn't of the kind ("expected a list"). */
bool yaml_expect(const struct yaml_node *node, enum yaml_kind kind, struct problems *problems);

/* Complains about every key of the map that isn't in `known`, naming the nearest one. */
bool yaml_check_keys(const struct yaml_node *map, const char *const *known, size_t count,
                     struct problems *problems);

/* Typed readers: true and the result, or false and a problem. `~`, `null` and an empty plain
 * scalar are no text, number or truth value. */
bool yaml_read_text(const struct yaml_node *node, const char **text, struct problems *problems);
bool yaml_read_int(const struct yaml_node *node, int64_t least, int64_t most, int64_t *value,
                   struct problems *problems);
bool yaml_read_bool(const struct yaml_node *node, bool *value, struct problems *problems);

/* One of `words`; its index. Unknown words name the nearest one and the whole choice. */
bool yaml_read_choice(const struct yaml_node *node, const char *const *words, size_t count,
                      size_t *index, struct problems *problems);

/* A length of time: "250ms", "10s", "5m", "2h", "3d" (days of 24 hours); unit required. */
bool yaml_read_span(const struct yaml_node *node, int64_t least_us, int64_t most_us, int64_t *span,
                    struct problems *problems);

/* An amount, 1 to `most`, in a length of time: "20 per 1m". */
bool yaml_read_rate(const struct yaml_node *node, int64_t most, int64_t least_us, int64_t most_us,
                    int64_t *amount, int64_t *span, struct problems *problems);

#endif
