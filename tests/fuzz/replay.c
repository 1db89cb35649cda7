/* Runs a fuzzer's function over the files of its corpus: what fuzzing once found stays tested in
 * the ordinary test build, by any compiler. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MOST (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* False when the file can't be read. A copy of exact size lets ASan see every overrun. */
static bool replay_file(const char *directory, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    uint8_t *input = malloc(INPUT_MOST);
    size_t size = input ? fread(input, 1, INPUT_MOST, file) : 0;
    uint8_t *exact = malloc(size ? size : 1);
    bool done = input && exact && !ferror(file);
    fclose(file);
    if (done) {
        memcpy(exact, input, size);
        LLVMFuzzerTestOneInput(exact, size);
    }
    free(exact);
    free(input);
    return done;
}

int main(int count, char **arguments)
{
    struct dirent **entries;
    if (count != 2)
        return 2;
    int found = scandir(arguments[1], &entries, is_visible, alphasort);
    if (found < 0) {
        fprintf(stderr, "%s: %s\n", arguments[1], strerror(errno));
        return 1;
    }
    bool all_read = true;
    for (int i = 0; i < found; i++) {
        printf("replay %s\n", entries[i]->d_name);
        all_read &= replay_file(arguments[1], entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return all_read && found > 0 ? 0 : 1;
}
