/* Texts with placeholders: "{case_no} 剩余{days_left}个工作日". Compiled at load, so that a broken
 * template can't lose a message later. "{{" and "}}" stand for single braces. */
#ifndef DUBAN_TEMPLATE_H
#define DUBAN_TEMPLATE_H

#include "duban/buf.h"
#include "duban/error.h"
#include "duban/locale.h"
#include "duban/notice.h"
#include "duban/yaml.h"

struct template;
struct template_field;

/* NULL after problems at the node's place: unknown placeholder (with the nearest), open brace,
 * 【】 (which only the gateway may add), control characters. Text stays owned by the node. */
struct template *template_create(const struct yaml_node *node, struct problems *problems);
/* The same from a text; `where` stands for the file. */
struct template *template_create_text(const char *text, const char *where,
                                      struct problems *problems);
void template_destroy(struct template *template);

/* Appends the text. When it would be longer than `units_most` UTF-16 units (0: no limit), long
 * names (item, window, department) are shortened with "…", the longest first, to no less than
 * four characters. 【】 in a value become 〔〕, lest they pass for the gateway's signature, and
 * control characters spaces. Nothing else is cut: if that doesn't help, the names stay whole, since
 * a text that is split anyway needs no maimed names. */
void template_render(const struct template *template, const struct notice *notice,
                     enum locale locale, size_t units_most, struct buf *out);

/* The index-th of the placeholders that the text has, each counted once, in the order in which
 * they come first; NULL past the last. */
const struct template_field *template_placeholder(const struct template *template, size_t index);

/* What a text's placeholders became: one value for each, in the order of template_placeholder. */
struct template_values {
    size_t count;
    char **texts; /* owned */
};

/* Appends the text as a provider's approved template makes it from parameters, and gives these.
 * As template_render, but a value of more than `characters_most` characters is cut with "…", or,
 * where it can't be cut (a number, a date), is a failure, and an empty one becomes "-", which a
 * provider takes. */
bool template_render_values(const struct template *template, const struct notice *notice,
                            enum locale locale, size_t units_most, size_t characters_most,
                            struct buf *out, struct template_values *values,
                            struct error *error) MUST_USE;
void template_values_finish(struct template_values *values);

/* The placeholders and what they mean, one line each, for the manual page. */
void template_document(struct buf *out);

/* The shipped text for an event kind ("yellow", "red", "completed", …) and role, which
 * configuration may replace. Falls back to a general text for levels of other names. */
const char *template_default(const char *kind, const char *role, enum locale locale);

#endif
