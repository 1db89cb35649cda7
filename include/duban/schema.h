/* Whether a program and the schema of duban's own database go together. Several releases work on
 * one schema while an installation is upgraded: the schema is widened first (expand), then the
 * programs are replaced, then what only former programs needed is taken away (contract). No I/O. */
#ifndef DUBAN_SCHEMA_H
#define DUBAN_SCHEMA_H

#include "duban/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Of a program, from the migrations of its release (sql/versions.py). */
struct schema_range {
    int64_t needed; /* the oldest schema that it works on: its release's last expand step */
    int64_t known;  /* the newest that it was made for: needed, or a contract step after that */
};

/* Each program is linked with its own. */
extern const struct schema_range schema_range;

/* `version`: the schema's; `served`: the last contract step that was applied, 0 when there was
 * none: programs that don't know it are not served any more. False: they don't go together, and
 * what is to be done. */
bool schema_fits(const struct schema_range *program, int64_t version, int64_t served,
                 struct error *error) MUST_USE;

#endif
