/* How the readers of YAML and CSV put a directory together. */
#ifndef DUBAN_DIRECTORY_BUILD_H
#define DUBAN_DIRECTORY_BUILD_H

#include "duban/directory.h"

struct directory *directory_create(const char *file);

/* A new entry at the end, zeroed but for the place. Earlier pointers into `entries` end. */
struct directory_entry *directory_add(struct directory *directory, unsigned line, unsigned column);

/* The new contact is on duty every day. It is valid until the next one is added. */
struct directory_contact *entry_add_contact(struct directory_entry *entry, const char *channel,
                                            const char *address, unsigned line, unsigned column);

/* Checks codes and names: not empty, at most 64 and 200 bytes, no control characters. */
bool directory_check_text(const struct directory *directory, const char *what, const char *text,
                          unsigned line, unsigned column, struct problems *problems);

/* The directory when there are no problems beyond `before`, and it passes its checks; else NULL,
 * and it is destroyed. */
struct directory *directory_finish(struct directory *directory, const struct address_check *address,
                                   size_t before, struct problems *problems);

#endif
