/* Paths: the parts of one that is taken lead nowhere but down. */
#include "duban/mem.h"
#include "duban/path.h"
#include "duban/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = mem_text_n((const char *)data, size);
    struct path path;
    if (!path_read(&path, text, NULL))
        return 0;
    assert(path.count <= PATH_PARTS_MOST &&
           path_fits(&path, "/static/*") ==
               (path.count == 2 && strcmp(path.parts[0], "static") == 0));
    for (size_t i = 0; i < path.count; i++) {
        const char *part = path.parts[i];
        assert(*part && strcmp(part, ".") != 0 && strcmp(part, "..") != 0);
        assert(utf8_is_valid(part, strlen(part)));
    }
    return 0;
}
