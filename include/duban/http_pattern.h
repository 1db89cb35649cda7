/* Texts of a configured HTTP request with placeholders: {to}, {text}, {id} and {secret}. Any other
 * brace stands for itself, so that JSON can be written as it is. */
#ifndef DUBAN_HTTP_PATTERN_H
#define DUBAN_HTTP_PATTERN_H

#include "duban/buf.h"
#include "duban/yaml.h"

#include <stdbool.h>
#include <stddef.h>

/* How a value is written into the text around it. */
enum pattern_escape { ESCAPE_NONE, ESCAPE_URL, ESCAPE_JSON, ESCAPE_XML };

enum pattern_field { PATTERN_TO, PATTERN_TEXT, PATTERN_ID, PATTERN_SECRET };
#define PATTERN_FIELDS 4

struct http_pattern;

/* NULL after a problem at the node: no text, or a {word} that is no placeholder. The text stays
 * owned by the node. */
struct http_pattern *http_pattern_create(const struct yaml_node *node, enum pattern_escape escape,
                                         struct problems *problems);
void http_pattern_destroy(struct http_pattern *pattern);

/* Whether a placeholder occurs. `pattern` may be NULL. */
bool http_pattern_uses(const struct http_pattern *pattern, enum pattern_field field);

/* Appends the text with values[field] for each placeholder. */
void http_pattern_render(const struct http_pattern *pattern,
                         const char *const values[PATTERN_FIELDS], struct buf *out);

#endif
