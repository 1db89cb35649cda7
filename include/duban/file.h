/* Whole files into memory, and paths beside other files. */
#ifndef DUBAN_FILE_H
#define DUBAN_FILE_H

#include "duban/error.h"

#include <stddef.h>

/* Reads at most `most_bytes`. The text is owned by the caller and NUL-terminated, `length` is
 * without that NUL. Refused: what isn't a regular file, can't be read, or is larger. The error
 * doesn't name the path. */
bool file_read(const char *path, size_t most_bytes, char **text, size_t *length,
               struct error *error) MUST_USE;

/* Makes the file hold this text, in one step: whoever reads sees the old one or the new one. Only
 * its owner may read it. The error doesn't name the path. */
bool file_replace(const char *path, const char *text, size_t length, struct error *error) MUST_USE;

/* `path` as it is when absolute, else relative to the directory that `file` lies in. Owned by the
 * caller. */
char *path_beside(const char *file, const char *path);

#endif
