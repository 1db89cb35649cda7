/* X-Forwarded-For: what is read is an address, written as we write it. */
#include "duban/forwarded.h"
#include "duban/mem.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *header = mem_text_n((const char *)data, size);
    char address[ADDRESS_TEXT_BYTES] = "", again[ADDRESS_TEXT_BYTES] = "";
    if (forwarded_read(header, address))
        assert(forwarded_read(address, again) && strcmp(address, again) == 0);
    else
        assert(*address == '\0');
    return 0;
}
