/* The Accept header of whoever asks for metrics. */
#include "duban/mem.h"
#include "duban/metrics.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *header = mem_text_n((const char *)data, size);
    if (*metrics_content_type(metrics_form_of(header)) == '\0')
        abort();
    return 0;
}
