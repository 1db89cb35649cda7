/* The tree of a directory: each entry's parent as an index. */
#ifndef DUBAN_DIRECTORY_TREE_H
#define DUBAN_DIRECTORY_TREE_H

#include "duban/directory.h"

#define NO_ENTRY SIZE_MAX

/* Finds every parent. An entry without one, or whose parent isn't known (a problem, unless
 * `problems` is NULL), has NO_ENTRY. Codes given twice are a problem, too. The array is the
 * caller's to free. */
size_t *directory_parents(const struct directory *directory, struct problems *problems);

#endif
