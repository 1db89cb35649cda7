/* Attributes from the JSON of the source contract. */
#include "duban/attribute.h"

#include "json_read.h"

#include <string.h>

#define DIGITS "0123456789"

/* The next number outside of texts, and how many bytes it has. `*at` is within valid JSON that has
 * one there. A parser keeps only a number's value: 1.50 would become 1.5, a long one a guess. */
static const char *next_number(const char **at, size_t *length)
{
    const char *c = *at;
    bool in_text = false;
    for (; in_text || strchr("-" DIGITS, *c) == NULL; c++) {
        if (*c == '"')
            in_text = !in_text;
        else if (*c == '\\')
            c++;
    }
    *length = strspn(c, "-+.eE" DIGITS);
    *at = c + *length;
    return c;
}

static bool read_number(const char **at, char *text, size_t room, struct error *error)
{
    size_t length;
    const char *number = next_number(at, &length);
    if (length >= room)
        return error_set(error, "a number of %zu characters; expected %zu at most", length,
                         room - 1);
    memcpy(text, number, length);
    text[length] = '\0';
    return true;
}

/* `*at` moves through the document along with the members, for their numbers. */
static bool read_one(const char *name, const json_t *value, const char **at,
                     struct attribute *attribute, struct error *error)
{
    if (strlen(name) >= sizeof attribute->name)
        return error_set(error, "the name '%.40s' has %zu bytes; expected %zu at most", name,
                         strlen(name), sizeof attribute->name - 1);
    json_cut_text(name, attribute->name, sizeof attribute->name);
    if (json_is_number(value)) {
        if (!read_number(at, attribute->value, sizeof attribute->value, error))
            return error_prefix(error, "'%s'", name);
    } else if (json_is_string(value)) {
        json_cut_text(json_string_value(value), attribute->value, sizeof attribute->value);
    } else if (json_is_boolean(value)) {
        json_cut_text(json_is_true(value) ? "true" : "false", attribute->value,
                      sizeof attribute->value);
    } else {
        return error_set(error, "'%s' is %s; expected a text, a number, true or false", name,
                         json_is_array(value) ? "an array" : "an object");
    }
    return true;
}

static bool read_all(json_t *object, const char *text, struct attribute *list, size_t *count,
                     struct error *error)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return error_set(error, "not a JSON object");
    json_object_foreach(object, name, value)
    {
        if (json_is_null(value))
            continue;
        if (*count == ATTRIBUTES_MOST)
            return error_set(error, "more than %d in one case", ATTRIBUTES_MOST);
        if (!read_one(name, value, &text, &list[*count], error))
            return false;
        (*count)++;
    }
    return true;
}

bool attributes_parse(const char *text, size_t length, struct attribute list[ATTRIBUTES_MOST],
                      size_t *count, struct error *error)
{
    struct attribute found[ATTRIBUTES_MOST];
    size_t found_count = 0;
    if (text == NULL || length == 0) {
        *count = 0;
        return true;
    }
    AUTO_JSON *object = json_read_document(text, length, error);
    if (object == NULL || !read_all(object, text, found, &found_count, error))
        return error_prefix(error, "attributes");
    memcpy(list, found, found_count * sizeof *list);
    *count = found_count;
    return true;
}
