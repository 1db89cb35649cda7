/* Requests of gateways: whatever they say, what is read from them can be kept and shown. */
#include "duban/mem.h"
#include "duban/receipt.h"
#include "duban/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = mem_text_n((const char *)data, size);
    struct receipt_request request = {.query = text, .body = text, .body_length = size};
    size_t count;
    const char *const *names = channel_type_names(&count);
    for (size_t i = 0; i < count; i++) {
        const struct receipt_format *format = channel_type_find(names[i])->receipt;
        struct receipt_list list = {0};
        if (format == NULL || !format->read(&request, &list, NULL))
            continue;
        assert(list.count > 0);
        for (const struct receipt *at = list.items; at < list.items + list.count; at++)
            assert((*at->public_id || *at->provider_id) &&
                   utf8_is_valid(at->detail, strlen(at->detail)));
        receipt_list_finish(&list);
    }
    return 0;
}
