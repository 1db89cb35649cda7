/* Connection strings of libpq, as setup takes them apart. */
#ifndef CTL_SETUP_DSN_H
#define CTL_SETUP_DSN_H

#include "duban/error.h"

/* Whether it is one, without a password, since others can read a command line. */
bool dsn_check(const char *dsn, struct error *error) MUST_USE;

/* The value that it gives a keyword ("dbname"), or NULL; the caller's to free(). */
char *dsn_value(const char *dsn, const char *keyword);

/* The same connection to another database, as another user; NULL: as it is. The caller's to free().
 * `dsn` must be one (dsn_check). */
char *dsn_with(const char *dsn, const char *database, const char *user);

/* Whether both lead to the same hosts and ports, as far as they say so. */
bool dsn_same_server(const char *one, const char *other);

/* Whether it leads over a Unix socket, where no password need be asked for. */
bool dsn_is_local(const char *dsn);

#endif
