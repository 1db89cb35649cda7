/* The files of sql/ that a migration runs, compiled in by sql/embed.py, in the order in which they
 * are run. */
#ifndef CTL_EMBEDDED_SQL_H
#define CTL_EMBEDDED_SQL_H

#include <stddef.h>

struct embedded_sql {
    const char *name;     /* "schema/001_state.sql"; a number after schema/ makes it a migration */
    const char *checksum; /* SHA-256, hex */
    const char *text;
};

extern const struct embedded_sql embedded_sql[];
extern const size_t embedded_sql_count;

#endif
