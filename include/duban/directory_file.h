/* The directory as a file: YAML, or CSV with one contact a line (docs/configuration.md). */
#ifndef DUBAN_DIRECTORY_FILE_H
#define DUBAN_DIRECTORY_FILE_H

#include "duban/directory.h"

/* Reads and checks a file; its name ends with .yaml, .yml or .csv. The caller ends it with
 * directory_destroy. NULL after at least one problem: nothing is half read; all problems are told
 * at once. */
struct directory *directory_load_file(const char *path, const struct address_check *address,
                                      struct problems *problems) MUST_USE;

/* The same from texts; `name` stands for the file. */
struct directory *directory_load_yaml(const char *text, size_t length, const char *name,
                                      const struct address_check *address,
                                      struct problems *problems) MUST_USE;
struct directory *directory_load_csv(const char *text, size_t length, const char *name,
                                     const struct address_check *address,
                                     struct problems *problems) MUST_USE;

#endif
