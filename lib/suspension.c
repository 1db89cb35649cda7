/* Suspensions from the JSON of the source contract. */
#include "duban/suspension.h"

#include "json_read.h"

#include <stdlib.h>
#include <string.h>

static bool read_one(const json_t *object, void *item, struct error *error)
{
    struct suspension *found = item;
    if (!json_read_text(object, "reason", found->reason, sizeof found->reason, error) ||
        !json_read_instant(object, "from", &found->from, error) ||
        !json_read_instant(object, "to", &found->to, error))
        return false;
    if (found->from == WALL_NONE)
        return error_set(error, "'from' is missing; expected an instant");
    if (found->to != WALL_NONE && found->to < found->from)
        return error_set(error, "it ends before it begins");
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

bool suspensions_parse(const char *text, size_t length, struct suspension list[SUSPENSIONS_MOST],
                       size_t *count, struct error *error)
{
    static const char *const keys[] = {"reason", "from", "to", NULL};
    static const struct json_list form = {.column = "suspensions",
                                          .keys = keys,
                                          .most = SUSPENSIONS_MOST,
                                          .item_bytes = sizeof(struct suspension),
                                          .read = read_one};
    struct suspension found[SUSPENSIONS_MOST];
    size_t found_count;
    if (!json_read_list(&form, text, length, found, &found_count, error))
        return false;
    qsort(found, found_count, sizeof *found, by_begin);
    if (!check_order(found, found_count, error))
        return error_prefix(error, "suspensions");
    memcpy(list, found, found_count * sizeof *list);
    *count = found_count;
    return true;
}
