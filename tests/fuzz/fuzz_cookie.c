/* Cookie headers: what is found stands in the header, behind its name, as it was sent. */
#include "duban/cookie.h"
#include "duban/mem.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *header = mem_text_n((const char *)data, size);
    char value[80];
    if (!cookie_read(header, "duban_session", value, sizeof value))
        return 0;
    AUTO_FREE char *whole = mem_format("duban_session=%s", value);
    assert(strlen(value) < sizeof value && strchr(value, ';') == NULL && strstr(header, whole));
    return 0;
}
