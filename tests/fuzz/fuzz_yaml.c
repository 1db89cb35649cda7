/* Any bytes as a YAML file: problems, but neither a crash nor a leak. */
#include "duban/yaml.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems problems = {0};
    yaml_destroy(yaml_load_text((const char *)data, size, "fuzz.yaml", &problems));
    problems_finish(&problems);
    return 0;
}
