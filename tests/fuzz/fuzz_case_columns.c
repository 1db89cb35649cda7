/* Fuzzes the JSON of the optional columns: extensions must be sorted and within their range, and
 * every text must be UTF-8 that ends in its place. */
#include "duban/attribute.h"
#include "duban/extension.h"
#include "duban/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_text(const char *text, size_t room)
{
    size_t length = strnlen(text, room);
    if (length == room || !utf8_is_valid(text, length))
        abort();
}

static void check_extensions(const struct extension *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].more.value < 1 || list[i].more.value > LIMIT_VALUE_MOST ||
            list[i].more.unit >= LIMIT_UNITS || (i && list[i - 1].at > list[i].at))
            abort();
        expect_text(list[i].clock, sizeof list->clock);
        expect_text(list[i].approver, sizeof list->approver);
        expect_text(list[i].reason, sizeof list->reason);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct extension extensions[EXTENSIONS_MOST];
    struct attribute attributes[ATTRIBUTES_MOST];
    struct error error;
    size_t count;
    if (extensions_parse((const char *)data, size, extensions, &count, &error))
        check_extensions(extensions, count);
    if (!attributes_parse((const char *)data, size, attributes, &count, &error))
        return 0;
    for (size_t i = 0; i < count; i++) {
        expect_text(attributes[i].name, sizeof attributes->name);
        expect_text(attributes[i].value, sizeof attributes->value);
    }
    return 0;
}
