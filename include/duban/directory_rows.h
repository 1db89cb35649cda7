/* The directory as the state database holds it. */
#ifndef DUBAN_DIRECTORY_ROWS_H
#define DUBAN_DIRECTORY_ROWS_H

#include "duban/directory.h"
#include "duban/pg.h"

/* From the answer of duban.directory_tree(NULL). The caller ends it with directory_destroy. NULL
 * when the rows can't be understood. */
struct directory *directory_from_rows(const PGresult *tree, struct error *error) MUST_USE;

#endif
