/* Keys of sessions, tokens and forms. */
#include "duban/access_key.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const char digits[] = "0123456789abcdef";

static void write_hex(const unsigned char *bytes, size_t count, char *text)
{
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * count] = '\0';
}

void access_key_make(char key[ACCESS_KEY_BYTES])
{
    unsigned char bytes[32];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        abort();
    write_hex(bytes, sizeof bytes, key);
}

bool access_key_is_valid(const char *text)
{
    return strlen(text) == ACCESS_KEY_BYTES - 1 && strspn(text, digits) == ACCESS_KEY_BYTES - 1;
}

void access_key_digest(const char *purpose, const char *key, char digest[ACCESS_KEY_BYTES])
{
    unsigned char hash[32];
    unsigned int length = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL || !EVP_DigestInit_ex(context, EVP_sha256(), NULL) ||
        !EVP_DigestUpdate(context, purpose, strlen(purpose) + 1) ||
        !EVP_DigestUpdate(context, key, strlen(key)) ||
        !EVP_DigestFinal_ex(context, hash, &length) || length != sizeof hash)
        abort();
    EVP_MD_CTX_free(context);
    write_hex(hash, sizeof hash, digest);
}
