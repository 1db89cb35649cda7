/* Extensions from the JSON of the source contract. */
#include "duban/extension.h"

#include "json_read.h"

#include <string.h>

/* Databases write 10 also as 10.00. */
static bool read_value(const json_t *object, int32_t *value, struct error *error)
{
    double number = json_number_value(json_object_get(object, "value")); /* 0 unless a number */
    if (!(number >= 1 && number <= LIMIT_VALUE_MOST) || number > (int32_t)number)
        return error_set(error, "'value' is not a whole number from 1 to %d", LIMIT_VALUE_MOST);
    *value = (int32_t)number;
    return true;
}

static bool read_one(const json_t *object, void *item, struct error *error)
{
    struct extension *found = item;
    char unit[24];
    return read_value(object, &found->more.value, error) &&
           json_read_text(object, "unit", unit, sizeof unit, error) &&
           limit_unit_parse(unit, &found->more.unit, error) &&
           json_read_text(object, "clock", found->clock, sizeof found->clock, error) &&
           json_read_text(object, "approver", found->approver, sizeof found->approver, error) &&
           json_read_text(object, "reason", found->reason, sizeof found->reason, error) &&
           json_read_instant(object, "at", &found->at, error);
}

/* By `at`; those of the same instant keep their order, so that equal columns give equal lists.
 * WALL_NONE is before everything. */
static void insert(struct extension *list, size_t count, const struct extension *one)
{
    for (; count && list[count - 1].at > one->at; count--)
        list[count] = list[count - 1];
    list[count] = *one;
}

bool extensions_parse(const char *text, size_t length, struct extension list[EXTENSIONS_MOST],
                      size_t *count, struct error *error)
{
    static const char *const keys[] = {"value", "unit", "approver", "reason", "at", "clock", NULL};
    static const struct json_list form = {.column = "extensions",
                                          .keys = keys,
                                          .most = EXTENSIONS_MOST,
                                          .item_bytes = sizeof(struct extension),
                                          .read = read_one};
    struct extension found[EXTENSIONS_MOST];
    size_t found_count;
    if (!json_read_list(&form, text, length, found, &found_count, error))
        return false;
    for (size_t i = 0; i < found_count; i++)
        insert(list, i, &found[i]);
    *count = found_count;
    return true;
}
