/* Fuzzes the directory: the first byte chooses YAML or CSV. */
#include "duban/directory_file.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    struct problems problems = {0};
    struct directory *directory = data[0] % 2
                                      ? directory_load_yaml(text, size - 1, "fuzz", NULL, &problems)
                                      : directory_load_csv(text, size - 1, "fuzz", NULL, &problems);
    if ((directory == NULL) != (problems.total > 0))
        abort();
    size_t count;
    if (directory)
        free(directory_duties(directory, &count));
    directory_destroy(directory);
    problems_finish(&problems);
    return 0;
}
