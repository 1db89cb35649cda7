/* Paths of requests, taken apart. */
#ifndef DUBAN_PATH_H
#define DUBAN_PATH_H

#include "duban/error.h"

#include <stddef.h>

#define PATH_PARTS_MOST 6
#define PATH_BYTES_MOST 1024

struct path {
    size_t count;
    char text[PATH_BYTES_MOST];         /* the parts, each with its NUL */
    const char *parts[PATH_PARTS_MOST]; /* decoded: UTF-8 without control characters */
};

/* Reads "/api/v1/cases/A%2F1" as sent. Refused: empty parts, . and .., broken or needless escapes
 * (%00, a percent sign without two digits), what isn't UTF-8 or has control characters, more parts,
 * more bytes. "/" has no parts. */
bool path_read(struct path *path, const char *text, struct error *error) MUST_USE;

/* Whether it is made of these parts; "*" stands for any one. */
bool path_fits(const struct path *path, const char *pattern);

#endif
