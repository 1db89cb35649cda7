/* Passwords: Argon2id, a hash that costs memory and time, by libsodium. Both calls take a tenth of
 * a second and 64 MiB: not on an event loop. Any thread may call them. */
#ifndef DUBAN_PASSWORD_H
#define DUBAN_PASSWORD_H

#include "duban/error.h"

#define PASSWORD_LEAST      10   /* characters */
#define PASSWORD_BYTES_MOST 1024 /* bytes */
#define PASSWORD_HASH_BYTES 128

/* Whether it may be one; the error says what is wrong, not the password. */
bool password_check(const char *password, struct error *error) MUST_USE;

/* The hash with its salt and parameters: "$argon2id$v=19$m=65536,t=2,p=1$…". */
void password_hash(const char *password, char hash[PASSWORD_HASH_BYTES]);

/* Whether the password fits. With an empty hash it takes as long, and doesn't. */
bool password_fits(const char *password, const char *hash);

#endif
