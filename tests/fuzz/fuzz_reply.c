/* Replies of gateways and receivers: whatever they say, each channel comes to a verdict that can
 * be kept and shown. */
#include "duban/channel.h"
#include "duban/mem.h"
#include "duban/retry_after.h"
#include "duban/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    AUTO_FREE char *body = mem_text_n((const char *)data + 3, size - 3);
    struct http_reply reply = {.failure = data[0] % 5,
                               .status = data[1] << 8 | data[2],
                               .body = body,
                               .body_length = size - 3,
                               .retry_after_s = retry_after_s(body, 0)};
    size_t count;
    const char *const *names = channel_type_names(&count);
    for (size_t i = 0; i < count; i++) {
        struct channel channel = {.type = channel_type_find(names[i])};
        struct outcome outcome;
        channel.type->verdict(&channel, &reply, &outcome);
        assert(outcome.verdict < VERDICTS && outcome.retry_after_us >= 0);
        assert(memchr(outcome.detail, '\0', sizeof outcome.detail));
        assert(utf8_is_valid(outcome.detail, strlen(outcome.detail)));
    }
    return 0;
}
