/* What in a reply means what, as rules of the configuration. The first rule that fits counts:
 *
 *     - {verdict: accepted, status: 200, json: /code, is: [0, "OK"]}
 *     - {verdict: throttled, json: /code, is: 1008, pause: 1h}
 *     - {verdict: throttled, json: /code, is: 1010, pause: 1m, scope: channel}
 *     - {verdict: permanent, contains: [空号, 黑名单]} */
#ifndef DUBAN_REPLY_RULE_H
#define DUBAN_REPLY_RULE_H

#include "duban/channel.h"

#include <jansson.h>

struct reply_rules;

/* NULL after problems: no list, unknown keys and words, a rule without a condition, no rule by
 * which a message would be accepted. Texts stay owned by the node. */
struct reply_rules *reply_rules_create(const struct yaml_node *node, struct problems *problems);
void reply_rules_destroy(struct reply_rules *rules);

/* Sets the outcome by the first rule that fits; false, and nothing set, when none does. `root` is
 * the reply's JSON, NULL when it has none; `rules` may be NULL. */
bool reply_rules_judge(const struct reply_rules *rules, const struct http_reply *reply,
                       const json_t *root, struct outcome *outcome);

/* Whether a text is a JSON pointer (RFC 6901), and what it points to, or NULL. */
bool json_pointer_check(const char *pointer);
const json_t *json_pointer_get(const json_t *root, const char *pointer);

/* A text, number or truth value as text; false for anything else, and for a
 * text that is too long. */
bool json_scalar_text(const json_t *value, char text[80]);

#endif
