/* Paths of requests. */
#include "duban/path.h"

#include "duban/utf8.h"

#include <string.h>

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes one part to `to`, which has room for it. NULL: it can't be one. */
static char *read_part(const char *text, size_t length, char *to)
{
    char *begin = to;
    for (size_t i = 0; i < length; i++) {
        int byte = (unsigned char)text[i];
        if (byte == '%') {
            int high = i + 2 < length ? digit(text[i + 1]) : -1;
            int low = high < 0 ? -1 : digit(text[i + 2]);
            if (low < 0)
                return NULL;
            byte = high << 4 | low;
            i += 2;
        }
        if (byte < ' ' || byte == 0x7f)
            return NULL;
        *to++ = (char)byte;
    }
    *to = '\0';
    if (to == begin || strcmp(begin, ".") == 0 || strcmp(begin, "..") == 0 ||
        !utf8_is_valid(begin, (size_t)(to - begin)))
        return NULL;
    return to + 1;
}

bool path_read(struct path *path, const char *text, struct error *error)
{
    char *to = path->text;
    path->count = 0;
    if (text[0] != '/' || strlen(text) >= sizeof path->text)
        return error_set(error, "no path");
    if (text[1] == '\0')
        return true;
    while (*text == '/') {
        size_t length = strcspn(++text, "/");
        if (path->count == PATH_PARTS_MOST)
            return error_set(error, "too many parts");
        path->parts[path->count++] = to;
        to = read_part(text, length, to);
        if (to == NULL)
            return error_set(error, "no part of a path");
        text += length;
    }
    return true;
}

bool path_fits(const struct path *path, const char *pattern)
{
    size_t i = 0;
    for (; *pattern == '/' && pattern[1]; i++) {
        size_t length = strcspn(++pattern, "/");
        if (i == path->count)
            return false;
        if (!(length == 1 && *pattern == '*') &&
            (strlen(path->parts[i]) != length || memcmp(path->parts[i], pattern, length) != 0))
            return false;
        pattern += length;
    }
    return i == path->count;
}
