/* A directory as the arrays that duban.directory_replace takes. */
#ifndef CTL_DIRECTORY_PARAMS_H
#define CTL_DIRECTORY_PARAMS_H

#include "duban/directory.h"
#include "duban/pg.h"

/* Adds 6 arrays of entries, 7 of contacts and 3 of duties, all of texts. */
void directory_add_params(const struct directory *directory, struct pg_params *params);

#endif
