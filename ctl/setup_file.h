/* Files that setup writes, and takes back when it fails. */
#ifndef CTL_SETUP_FILE_H
#define CTL_SETUP_FILE_H

#include "duban/error.h"

#include <stdbool.h>
#include <stddef.h>

#define SECRETS      "secrets" /* the folder beside duban.yaml */
#define WRITTEN_MOST 4

/* What was made by this run. Zeroed memory is nothing. */
struct written {
    size_t count;
    char *paths[WRITTEN_MOST];
    bool folder; /* the folder of secrets too */
    char *folder_path;
};

/* A secret in a file of its own in the folder of secrets beside `output`: of its owner alone, or
 * root's and readable by the service where there is one. One that is there with the same secret
 * does; with another one it fails. */
bool written_secret(struct written *written, const char *output, const char *name,
                    const char *secret, struct error *error) MUST_USE;

/* The configuration, in one step and only where none stands. It is loaded before it gets its name,
 * with the secrets and calendars that it names. */
bool written_config(struct written *written, const char *output, const char *text,
                    struct error *error) MUST_USE;

/* Forgets what was written, or (`undo`) removes it. */
void written_finish(struct written *written, bool undo);

/* How a file names another: relative when that lies in its folder or below, else absolute. The
 * caller's to free(). */
char *beside_or_absolute(const char *file, const char *path);

#endif
