/* Migrations: the schema's versions that this program knows, and bringing a database to the
 * newest one. Tells nothing by itself. */
#ifndef CTL_MIGRATION_H
#define CTL_MIGRATION_H

#include "duban/pg_block.h"

#include <stdint.h>

struct migration_wish {
    bool dry_run;  /* everything is tried and then undone */
    bool contract; /* this release's contract steps too */
};

struct migration_report {
    int64_t from, to; /* versions before and after; 0: there was none */
};

/* The name of a version, "001_state", of `length` bytes; it ends at the file's extension. NULL when
 * this program knows no such version. */
const char *migration_name(int64_t version, int *length);

/* Brings the schema to the newest version in one transaction: what is missing is applied,
 * functions and rights are made anew, partitions of the coming days are made; none is dropped. This
 * release's contract steps are left out unless they are wished for, or the database is new. Waits
 * for another migration of the same database; tries again when daemons at work are in the way.
 * Fails, with nothing changed, when the database is newer than this program, when a migration that
 * was applied is not the one known here, when programs are at work that a contract step would
 * break, or when any statement fails. */
bool migration_run(struct pg_block *pg, const struct migration_wish *wish,
                   struct migration_report *report, struct error *error) MUST_USE;

#endif
