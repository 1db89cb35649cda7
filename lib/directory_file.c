/* The directory from a file, by the end of its name. */
#include "duban/directory_file.h"

#include "duban/file.h"
#include "duban/mem.h"

#include <string.h>

#define FILE_BYTES_MOST (4u << 20)

typedef struct directory *(*loader)(const char *, size_t, const char *,
                                    const struct address_check *, struct problems *);

static loader find_loader(const char *path)
{
    static const struct {
        const char *suffix;
        loader load;
    } forms[] = {
        {".yaml", directory_load_yaml},
        {".yml", directory_load_yaml},
        {".csv", directory_load_csv},
    };
    size_t length = strlen(path);
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        size_t suffix = strlen(forms[i].suffix);
        if (length > suffix && strcasecmp(path + length - suffix, forms[i].suffix) == 0)
            return forms[i].load;
    }
    return NULL;
}

struct directory *directory_load_file(const char *path, const struct address_check *address,
                                      struct problems *problems)
{
    char *text;
    size_t length;
    struct error error;
    loader load = find_loader(path);
    if (load == NULL) {
        problems_add(problems, path, 0, 0, "expected a name that ends with .yaml, .yml or .csv");
        return NULL;
    }
    if (!file_read(path, FILE_BYTES_MOST, &text, &length, &error)) {
        problems_add(problems, path, 0, 0, "%s", error.text);
        return NULL;
    }
    struct directory *directory = load(text, length, path, address, problems);
    free(text);
    return directory;
}
