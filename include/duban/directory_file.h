/* The directory as a file: YAML, or CSV with one contact a line (docs/configuration.md).
 *
 * In YAML a contact is an address, or a map that says when it is on duty, and an entry may be away:
 *   absent: [2026-10-01..2026-10-03, 2026-10-08]
 *   deputy: AL-LD
 *   contacts:
 *     sms: ["13800138000", {address: "13900139000", on: [restdays, fri], absent: 2026-10-01}]
 * In CSV these are the columns `on` and `absent` of a contact, `entry_absent` and `deputy` of an
 * entry, with words as roster.h has them. */
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
