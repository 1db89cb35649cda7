/* Columns of the source contract that hold JSON: their documents, lists of objects, instants and
 * texts. */
#ifndef DUBAN_JSON_READ_H
#define DUBAN_JSON_READ_H

#include "duban/error.h"
#include "duban/instant.h"

#include <jansson.h>

void json_release(json_t **json);
#define AUTO_JSON __attribute__((cleanup(json_release))) json_t

/* The document of a column, owned by the caller; every number is a real. NULL with a reason: longer
 * than 64 KiB, not JSON, a key twice in one object. */
json_t *json_read_document(const char *text, size_t length, struct error *error) MUST_USE;

/* A column that is an array of objects of one kind. */
struct json_list {
    const char *column;      /* begins every error */
    const char *const *keys; /* NULL-terminated; any other is refused */
    size_t most;             /* more objects are refused */
    size_t item_bytes;
    bool (*read)(const json_t *object, void *item, struct error *error);
};

/* Reads the objects in their order into `items`, which has room for `list->most`; on failure some
 * may be written, `count` is not. `text` NULL, or of length 0, is an empty list. */
bool json_read_list(const struct json_list *list, const char *text, size_t length, void *items,
                    size_t *count, struct error *error) MUST_USE;

/* One member of an object. Null or missing: WALL_NONE, "". */
bool json_read_instant(const json_t *object, const char *key, wall_us *at,
                       struct error *error) MUST_USE;
/* What doesn't fit into `room` bytes with the NUL is cut between two characters. */
bool json_read_text(const json_t *object, const char *key, char *text, size_t room,
                    struct error *error) MUST_USE;

/* Copies a text and cuts it in the same way. */
void json_cut_text(const char *from, char *text, size_t room);

#endif
