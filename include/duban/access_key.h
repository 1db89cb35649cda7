/* Keys that browsers and programs present: sessions, API tokens, and what guards forms. */
#ifndef DUBAN_ACCESS_KEY_H
#define DUBAN_ACCESS_KEY_H

#include <stdbool.h>

#define ACCESS_KEY_BYTES 65 /* 64 hex digits and a NUL */

/* A new one, from the system's random bytes. */
void access_key_make(char key[ACCESS_KEY_BYTES]);

/* Whether a text may be one: nothing else is looked for in the database. */
bool access_key_is_valid(const char *text);

/* What is kept of it: the hex SHA-256 of `purpose` and the key. A purpose is a word of ours, so
 * that one value can't stand for another. */
void access_key_digest(const char *purpose, const char *key, char digest[ACCESS_KEY_BYTES]);

#endif
