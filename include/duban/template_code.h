/* Approved templates: what a provider, that makes the text itself, calls a text of ours, and the
 * names of its parameters.
 *
 *     text: "{item}（办件{case_no}）{remaining}"
 *     code: {sms: SMS_154950909}
 *     params: {name: item, number: case_no, rest: remaining}
 *
 * The text must be the one that the provider has approved: its placeholders are the parameters,
 * all of them and no others. Without `params` each is called as its placeholder, in the order of
 * the text; a list gives another order. */
#ifndef DUBAN_TEMPLATE_CODE_H
#define DUBAN_TEMPLATE_CODE_H

#include "duban/template.h"
#include "duban/yaml.h"

#include <stddef.h>

struct template_code;

/* Reads `code` and `params` of a map. NULL after problems: no text, an empty or unusable code, a
 * parameter that is no placeholder of the text, given twice, or left out. Names stay owned by the
 * map. */
struct template_code *template_code_create(const struct yaml_node *map, const struct template *text,
                                           struct problems *problems);
void template_code_destroy(struct template_code *code);

/* The code for a channel, or NULL. `code` may be NULL. */
const char *template_code_find(const struct template_code *code, const char *channel);

/* The names of the channels for which there is a code: the keys of the map under `code`; NULL
 * without one. */
const struct yaml_node *template_code_channels(const struct template_code *code);

/* The index-th parameter: its name at the provider, and which of the text's placeholders
 * (template_placeholder) it carries; false past the last. */
bool template_code_parameter(const struct template_code *code, size_t index, const char **name,
                             size_t *placeholder);

#endif
