/* Suspensions from the JSON of the source contract. */
#include "duban/suspension.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES_MOST (64u << 10)

static void json_release(json_t **json)
{
    json_decref(*json);
}

#define AUTO_JSON __attribute__((cleanup(json_release))) json_t

static bool is_known(const char *key)
{
    return strcmp(key, "reason") == 0 || strcmp(key, "from") == 0 || strcmp(key, "to") == 0;
}

/* A misspelt "to" would keep a clock standing for ever. */
static bool check_keys(json_t *object, struct error *error)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (!is_known(key))
            return error_set(error, "unknown key '%.40s'; expected reason, from and to", key);
    }
    return true;
}

/* Copies what fits, without cutting a character in two. */
static void copy_reason(const char *text, char reason[static 1], size_t room)
{
    size_t length = strlen(text);
    if (length >= room) {
        length = room - 1;
        while (length && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    memcpy(reason, text, length);
    reason[length] = '\0';
}

static bool read_instant(const json_t *value, const char *key, wall_us *at, struct error *error)
{
    if (!json_is_string(value))
        return error_set(error, "'%s' is %s; expected an instant", key,
                         value == NULL || json_is_null(value) ? "missing" : "not a text");
    if (!instant_parse(json_string_value(value), at, error))
        return error_prefix(error, "'%s'", key);
    return true;
}

static bool read_one(json_t *object, struct suspension *suspension, struct error *error)
{
    if (!json_is_object(object))
        return error_set(error, "not an object with reason, from and to");
    if (!check_keys(object, error))
        return false;
    struct suspension found = {.to = WALL_NONE};
    const json_t *reason = json_object_get(object, "reason");
    const json_t *to = json_object_get(object, "to");
    if (reason != NULL && !json_is_null(reason) && !json_is_string(reason))
        return error_set(error, "'reason' is not a text");
    if (!read_instant(json_object_get(object, "from"), "from", &found.from, error))
        return false;
    if (to != NULL && !json_is_null(to) && !read_instant(to, "to", &found.to, error))
        return false;
    if (found.to != WALL_NONE && found.to < found.from)
        return error_set(error, "it ends before it begins");
    copy_reason(json_is_string(reason) ? json_string_value(reason) : "", found.reason,
                sizeof found.reason);
    *suspension = found;
    return true;
}

/* By begin; of those that begin together the empty one first, the open one last. */
static int by_begin(const void *left, const void *right)
{
    const struct suspension *a = left, *b = right;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    wall_us a_to = a->to == WALL_NONE ? INT64_MAX : a->to;
    wall_us b_to = b->to == WALL_NONE ? INT64_MAX : b->to;
    return (a_to > b_to) - (a_to < b_to);
}

static bool check_order(const struct suspension *list, size_t count, struct error *error)
{
    char begin[INSTANT_TEXT_BYTES];
    for (size_t i = 1; i < count; i++) {
        if (list[i - 1].to == WALL_NONE)
            return error_set(error, "the one from %s is still open, but is not the last",
                             instant_text(list[i - 1].from, begin));
        if (list[i].from < list[i - 1].to)
            return error_set(error, "the one from %s begins before the one before it has ended",
                             instant_text(list[i].from, begin));
    }
    return true;
}

static bool read_list(json_t *array, struct suspension *list, struct error *error)
{
    size_t i;
    json_t *object;
    json_array_foreach(array, i, object)
    {
        if (!read_one(object, &list[i], error))
            return error_prefix(error, "number %zu", i + 1);
    }
    size_t count = json_array_size(array);
    qsort(list, count, sizeof *list, by_begin);
    return check_order(list, count, error);
}

bool suspensions_parse(const char *text, size_t length, struct suspension list[SUSPENSIONS_MOST],
                       size_t *count, struct error *error)
{
    if (text == NULL || length == 0) {
        *count = 0;
        return true;
    }
    if (length > TEXT_BYTES_MOST)
        return error_set(error, "suspensions: longer than 64 KiB");
    json_error_t why;
    AUTO_JSON *array = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (array == NULL)
        return error_set(error, "suspensions: not valid JSON: %s", why.text);
    if (!json_is_array(array))
        return error_set(error, "suspensions: not a JSON array");
    if (json_array_size(array) > SUSPENSIONS_MOST)
        return error_set(error, "suspensions: %zu in one case; expected %d at most",
                         json_array_size(array), SUSPENSIONS_MOST);
    struct suspension found[SUSPENSIONS_MOST];
    if (!read_list(array, found, error))
        return error_prefix(error, "suspensions");
    *count = json_array_size(array);
    memcpy(list, found, *count * sizeof *list);
    return true;
}
