/* dubanctl calendar import: foreign files to a calendar file on stdout. */
#include "calendar_args.h"

#include "calendar_import.h"
#include "duban/file.h"
#include "duban/mem.h"

#include <string.h>

#define IMPORT_BYTES_MOST ((size_t)8 << 20)

static bool import_file(struct import *import, const char *path, struct error *error)
{
    AUTO_FREE char *text = NULL;
    size_t length;
    if (!file_read(path, IMPORT_BYTES_MOST, &text, &length, error))
        return error_prefix(error, "%s", path);
    const char *begin = text + strspn(text, " \t\r\n");
    return *begin == '{' ? import_holiday_cn(import, path, text, length, error)
                         : import_icalendar(import, path, text, length, error);
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
