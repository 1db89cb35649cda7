/* A secret: a password or key that stands in a file of its own, never in the configuration.
 *
 * The file holds the secret and perhaps one newline at its end. Refused, each with a reason that
 * doesn't show the content: a file that others may read or write, an empty one, one larger than
 * SECRET_BYTES_MOST, a NUL byte or a newline inside. */
#ifndef DUBAN_SECRET_H
#define DUBAN_SECRET_H

#include "duban/error.h"

#define SECRET_BYTES_MOST 4096

/* The secret in a file; the caller ends it with secret_destroy. NULL on failure. */
char *secret_read_file(const char *path, struct error *error) MUST_USE;

/* The secret that systemd put into $CREDENTIALS_DIRECTORY under this name (LoadCredential=). */
char *secret_read_credential(const char *name, struct error *error) MUST_USE;

/* Whether a file keeps a secret: others may neither read nor write it. For secrets that a library
 * reads itself, as a private key. */
bool secret_check_file(const char *path, struct error *error) MUST_USE;

/* Whether the text is the secret, without telling by the time it takes where they differ. */
bool secret_equals(const char *secret, const char *text);

/* From now on this process leaves no core dump, and other processes of its user can't look into its
 * memory: what it holds in clear stays there. For daemons, at their start. */
void secret_guard_process(void);

/* Wipes and frees. NULL is fine. */
void secret_destroy(char *secret);

#endif
