/* Columns that hold JSON, read with errors that name the place. */
#include "json_read.h"

#include "duban/buf.h"
#include "duban/utf8.h"

#include <string.h>

#define COLUMN_BYTES_MOST (64u << 10)

void json_release(json_t **json)
{
    json_decref(*json);
}

json_t *json_read_document(const char *text, size_t length, struct error *error)
{
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL;
    json_error_t why;
    if (length > COLUMN_BYTES_MOST) {
        error_set(error, "longer than %u KiB", COLUMN_BYTES_MOST >> 10);
        return NULL;
    }
    json_t *document = json_loadb(text, length, flags, &why);
    if (document == NULL)
        error_set(error, "not valid JSON: %s", why.text);
    return document;
}

/* "reason, from and to" */
static void add_keys(struct buf *out, const char *const *keys)
{
    for (size_t i = 0; keys[i]; i++)
        buf_format(out, "%s%s", i == 0 ? "" : keys[i + 1] ? ", " : " and ", keys[i]);
}

static bool is_known(const char *const *keys, const char *key)
{
    for (; *keys; keys++) {
        if (strcmp(*keys, key) == 0)
            return true;
    }
    return false;
}

/* A misspelt key would be a fact that nobody sees: a clock standing for ever without its "to". */
static bool check_object(json_t *object, const char *const *keys, struct error *error)
{
    AUTO_BUF known;
    buf_init(&known, ERROR_TEXT_BYTES);
    add_keys(&known, keys);
    if (!json_is_object(object))
        return error_set(error, "not an object with %s", buf_string(&known));
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (!is_known(keys, key))
            return error_set(error, "unknown key '%.40s'; expected %s", key, buf_string(&known));
    }
    return true;
}

static bool read_items(const struct json_list *list, json_t *array, char *items,
                       struct error *error)
{
    size_t i;
    json_t *object;
    if (!json_is_array(array))
        return error_set(error, "not a JSON array");
    if (json_array_size(array) > list->most)
        return error_set(error, "%zu in one case; expected %zu at most", json_array_size(array),
                         list->most);
    json_array_foreach(array, i, object)
    {
        if (!check_object(object, list->keys, error) ||
            !list->read(object, items + i * list->item_bytes, error))
            return error_prefix(error, "number %zu", i + 1);
    }
    return true;
}

bool json_read_list(const struct json_list *list, const char *text, size_t length, void *items,
                    size_t *count, struct error *error)
{
    if (text == NULL || length == 0) {
        *count = 0;
        return true;
    }
    AUTO_JSON *array = json_read_document(text, length, error);
    if (array == NULL || !read_items(list, array, items, error))
        return error_prefix(error, "%s", list->column);
    *count = json_array_size(array);
    return true;
}

bool json_read_instant(const json_t *object, const char *key, wall_us *at, struct error *error)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL || json_is_null(value)) {
        *at = WALL_NONE;
        return true;
    }
    if (!json_is_string(value))
        return error_set(error, "'%s' is not a text; expected an instant", key);
    if (!instant_parse(json_string_value(value), at, error))
        return error_prefix(error, "'%s'", key);
    return true;
}

bool json_read_text(const json_t *object, const char *key, char *text, size_t room,
                    struct error *error)
{
    const json_t *value = json_object_get(object, key);
    bool empty = value == NULL || json_is_null(value);
    if (!empty && !json_is_string(value))
        return error_set(error, "'%s' is not a text", key);
    json_cut_text(empty ? "" : json_string_value(value), text, room);
    return true;
}

void json_cut_text(const char *from, char *text, size_t room)
{
    size_t length = utf8_cut(from, room - 1);
    memcpy(text, from, length);
    text[length] = '\0';
}
