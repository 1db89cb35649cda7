/* Forms and queries. */
#include "duban/form.h"

#include "duban/buf.h"
#include "duban/mem.h"
#include "duban/url.h"
#include "duban/utf8.h"

#include <string.h>

static bool is_plain(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return false;
    return utf8_is_valid(text, strlen(text));
}

static char *decode(const char *text, size_t length)
{
    struct buf out;
    buf_init(&out, length + 1);
    url_decode(&out, text, length);
    return buf_take(&out);
}

static bool read_field(struct form *form, const char *text, size_t length, struct error *error)
{
    const char *equals = memchr(text, '=', length);
    size_t name_length = equals ? (size_t)(equals - text) : length;
    if (form->count == FORM_FIELDS_MOST)
        return error_set(error, "too many fields");
    struct form_field *field = &form->fields[form->count++];
    field->name = decode(text, name_length);
    field->value = equals ? decode(equals + 1, length - name_length - 1) : mem_text("");
    if (!is_plain(field->name) || !is_plain(field->value))
        return error_set(error, "no text");
    for (const struct form_field *at = form->fields; at < field; at++)
        if (strcmp(at->name, field->name) == 0)
            return error_set(error, "a field twice");
    return true;
}

bool form_read(struct form *form, const char *text, size_t length, struct error *error)
{
    *form = (struct form){0};
    for (const char *end = text + length; text < end;) {
        const char *ampersand = memchr(text, '&', (size_t)(end - text));
        size_t part = (size_t)((ampersand ? ampersand : end) - text);
        if (part > 0 && !read_field(form, text, part, error))
            return false;
        text += part + 1;
    }
    return true;
}

void form_finish(struct form *form)
{
    for (size_t i = 0; i < form->count; i++) {
        free(form->fields[i].name);
        free(form->fields[i].value);
    }
    form->count = 0;
}

const char *form_value(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return *form->fields[i].value ? form->fields[i].value : NULL;
    return NULL;
}
