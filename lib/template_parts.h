/* What a template is made of: shared by its reader (template.c) and its writer
 * (template_render.c). */
#ifndef DUBAN_TEMPLATE_PARTS_H
#define DUBAN_TEMPLATE_PARTS_H

#include "duban/template.h"
#include "duban/template_field.h"

#define TEMPLATE_TEXT_BYTES_MOST 16384 /* of a rendered message */

/* Either a literal text or a field. */
struct part {
    char *text; /* owned; NULL for a field */
    const struct template_field *field;
};

struct template
{
    size_t count;
    struct part *parts;
};

#endif
