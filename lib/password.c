/* Passwords by libsodium. */
#include "duban/password.h"

#include "duban/utf8.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Of no password: what is compared with when there is no user, so that it takes as long. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static void begin(void)
{
    if (sodium_init() < 0)
        abort();
}

bool password_check(const char *password, struct error *error)
{
    size_t length = strlen(password), characters = 0;
    if (!utf8_is_valid(password, length))
        return error_set(error, "it is no UTF-8 text");
    for (const char *at = password; *at; at++) {
        characters += ((unsigned char)*at & 0xc0) != 0x80;
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return error_set(error, "it has control characters");
    }
    if (characters < PASSWORD_LEAST)
        return error_set(error, "it has less than %d characters", PASSWORD_LEAST);
    if (length > PASSWORD_BYTES_MOST)
        return error_set(error, "it has more than %d bytes", PASSWORD_BYTES_MOST);
    return true;
}

void password_hash(const char *password, char hash[PASSWORD_HASH_BYTES])
{
    _Static_assert(PASSWORD_HASH_BYTES >= crypto_pwhash_STRBYTES, "a hash must fit");
    begin();
    if (crypto_pwhash_str_alg(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                              crypto_pwhash_MEMLIMIT_INTERACTIVE,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        abort(); /* out of memory */
}

bool password_fits(const char *password, const char *hash)
{
    begin();
    bool none = hash[0] == '\0';
    bool fits = crypto_pwhash_str_verify(none ? nobody : hash, password, strlen(password)) == 0;
    return fits && !none;
}
