/* Lines of an export: "NUMBER AFTER UP_TO EVENTS SEALED_AT HASH", or a JSON object each. */
#include "ledger_file.h"

#include "duban/mem.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#define LINE_BYTES 1024

static bool take_hash(struct ledger_file *file, int64_t number, const char *hash)
{
    size_t length = hash ? strlen(hash) : 0;
    if (number <= file->number || length != DIGEST_HEX_BYTES - 1 ||
        strspn(hash, "0123456789abcdef") != length)
        return false;
    file->number = number;
    memcpy(file->hash, hash, length + 1);
    return true;
}

static bool read_json(struct ledger_file *file, const char *line)
{
    json_t *object = json_loads(line, 0, NULL);
    bool good = take_hash(file, json_integer_value(json_object_get(object, "number")),
                          json_string_value(json_object_get(object, "hash")));
    json_decref(object);
    return good;
}

static bool read_text(struct ledger_file *file, char *line)
{
    char *rest, *last = strrchr(line, ' ');
    errno = 0;
    long long number = strtoll(line, &rest, 10);
    return last && errno == 0 && *rest == ' ' && take_hash(file, number, last + 1);
}

static bool is_empty(const char *line)
{
    return line[0] == '\0' || line[0] == '#';
}

bool ledger_file_next(struct ledger_file *file, struct error *error)
{
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, file->stream)) {
        file->line++;
        line[strcspn(line, "\r\n")] = '\0';
        if (is_empty(line))
            continue;
        if (line[0] == '{' ? read_json(file, line) : read_text(file, line))
            return true;
        return error_set(error, "%s:%lld: no line of `dubanctl ledger export`, or out of its order",
                         file->path, file->line);
    }
    if (ferror(file->stream))
        return error_set(error, "%s: %s", file->path, strerror(errno));
    file->number = 0;
    return true;
}

bool ledger_file_open(struct ledger_file *file, const char *path, struct error *error)
{
    *file = (struct ledger_file){.path = path, .stream = fopen(path, "re")};
    if (file->stream == NULL)
        return error_set(error, "%s: %s", path, strerror(errno));
    if (!ledger_file_next(file, error))
        return false;
    return file->number > 0 || error_set(error, "%s: holds no seal", path);
}

void ledger_file_close(struct ledger_file *file)
{
    if (file->stream)
        fclose(file->stream);
    file->stream = NULL;
}
