/* The placeholders of templates: a table of names and of what they put into the text. */
#ifndef DUBAN_TEMPLATE_FIELD_H
#define DUBAN_TEMPLATE_FIELD_H

#include "duban/buf.h"
#include "duban/locale.h"
#include "duban/notice.h"

/* What may be done to a value that is too long. */
enum field_length {
    FIELD_EXACT,    /* nothing: a cut number, date or amount would be another one */
    FIELD_CUT,      /* words: cut to what a provider's parameter holds */
    FIELD_SHORTENS, /* a long name: also cut to make a text fit into one message */
    FIELD_LIST, /* items between TEMPLATE_LIST_SEPARATOR: left out from the end, not the first */
};

/* Between the items of a list; nothing else in it has it. */
const char *template_list_separator(enum locale locale);

struct template_field {
    const char *name;
    /* Appends the value; nothing for what the notice doesn't have. */
    void (*render)(const struct notice *notice, enum locale locale, struct buf *out);
    enum field_length length;
    const char *help;
};

/* All of them; never changes. */
const struct template_field *template_fields(size_t *count);

/* NULL when there is none of this name. */
const struct template_field *template_field_find(const char *name);

/* The name nearest to a wrong one, or NULL. */
const char *template_field_nearest(const char *name);

#endif
