/* dubanctl calendar import: foreign files to a calendar file on stdout. */
#include "calendar_args.h"

#include "duban/calendar_import.h"
#include "duban/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define IMPORT_BYTES_MOST ((size_t)8 << 20)

static bool read_whole(const char *path, char **text, size_t *length, struct error *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return error_set(error, "%s: %s", path, strerror(errno));
    char *bytes = mem_zero(IMPORT_BYTES_MOST + 1, 1);
    size_t got = fread(bytes, 1, IMPORT_BYTES_MOST + 1, file);
    bool failed = ferror(file) != 0 || got > IMPORT_BYTES_MOST;
    fclose(file);
    if (failed) {
        free(bytes);
        return error_set(error, "%s: cannot be read, or is larger than 8 MiB", path);
    }
    *text = bytes;
    *length = got;
    return true;
}

static bool import_file(struct import *import, const char *path, struct error *error)
{
    char *text;
    size_t length;
    if (!read_whole(path, &text, &length, error))
        return false;
    const char *begin = text + strspn(text, " \t\r\n");
    bool fine = *begin == '{' ? import_holiday_cn(import, path, text, length, error)
                              : import_icalendar(import, path, text, length, error);
    free(text);
    return fine;
}

int run_calendar_import(struct context *context, int argc, char **argv)
{
    struct calendar_args args;
    struct error error;
    struct import import = {0};
    if (!calendar_args_read(context, argc, argv, &args) || args.word_count == 0)
        return EXIT_USAGE;
    bool fine = true;
    for (int i = 0; i < args.word_count && fine; i++)
        fine = import_file(&import, args.words[i], &error);
    int result = EXIT_FAILED;
    if (fine) {
        AUTO_BUF out;
        buf_init(&out, IMPORT_BYTES_MOST);
        import_write(&import, args.name ? args.name : "imported", &out);
        result = print_buf(&out);
    } else {
        fail(&error);
    }
    import_finish(&import);
    return result;
}
