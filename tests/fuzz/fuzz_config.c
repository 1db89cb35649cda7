/* Fuzzes the configuration: any bytes as duban.yaml, without files beside it. */
#include "duban/config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/duban-fuzz-XXXXXX";
    int descriptor = mkstemp(path);
    if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size)
        abort();
    close(descriptor);
    struct problems problems = {0};
    struct config *config = config_load(path, &problems);
    if ((config == NULL) != (problems.total > 0))
        abort();
    config_destroy(config);
    problems_finish(&problems);
    unlink(path);
    return 0;
}
