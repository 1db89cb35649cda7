/* Signatures of webhooks: HMAC-SHA256 over "id.timestamp.body", in base64. */
#include "duban/signature.h"

#include "duban/mem.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#define SECRET_PREFIX "whsec_"
#define BASE64_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/* Base64 with or without its padding. Returns the bytes written, or -1. */
static int decode(const char *text, unsigned char *bytes, size_t most)
{
    char padded[SIGNATURE_KEY_MOST * 4 / 3 + 8];
    unsigned char decoded[sizeof padded];
    size_t length = strspn(text, BASE64_DIGITS);
    size_t padding = strspn(text + length, "=");
    if (text[length + padding] || length % 4 == 1 || padding > 2 || length + 4 >= sizeof padded)
        return -1;
    memcpy(padded, text, length);
    size_t missing = (4 - length % 4) % 4;
    memset(padded + length, '=', missing);
    int size = EVP_DecodeBlock(decoded, (const unsigned char *)padded, (int)(length + missing));
    explicit_bzero(padded, sizeof padded);
    size -= (int)missing; /* EVP_DecodeBlock counts the padding as zero bytes */
    if (size >= 0 && (size_t)size <= most)
        memcpy(bytes, decoded, (size_t)size);
    else
        size = -1;
    explicit_bzero(decoded, sizeof decoded);
    return size;
}

bool signature_key_read(const char *secret, struct signature_key *key, struct error *error)
{
    bool encoded = strncmp(secret, SECRET_PREFIX, strlen(SECRET_PREFIX)) == 0;
    struct signature_key read = {.length = strlen(secret)};
    if (encoded) {
        int size = decode(secret + strlen(SECRET_PREFIX), read.bytes, sizeof read.bytes);
        if (size < 0)
            return error_set(error, "the secret is not base64 after 'whsec_'");
        read.length = (size_t)size;
    }
    if (read.length < SIGNATURE_KEY_LEAST || read.length > SIGNATURE_KEY_MOST)
        return error_set(error, "the secret has %zu bytes; expected %d to %d", read.length,
                         SIGNATURE_KEY_LEAST, SIGNATURE_KEY_MOST);
    if (!encoded)
        memcpy(read.bytes, secret, read.length);
    *key = read;
    explicit_bzero(&read, sizeof read);
    return true;
}

const char *signature_make(const struct signature_key *key, const char *id, int64_t timestamp_s,
                           const char *body, size_t body_length, char signature[SIGNATURE_BYTES])
{
    /* One run of bytes for one call of HMAC(): faster than feeding the parts to a context. */
    unsigned char small[4096];
    size_t most = strlen(id) + 32 + body_length;
    unsigned char *signed_bytes = most <= sizeof small ? small : mem_grow(NULL, most, 1);
    size_t head = (size_t)snprintf((char *)signed_bytes, most, "%s.%" PRId64 ".", id, timestamp_s);
    memcpy(signed_bytes + head, body, body_length);

    unsigned char digest[SHA256_DIGEST_LENGTH];
    if (!HMAC(EVP_sha256(), key->bytes, (int)key->length, signed_bytes, head + body_length, digest,
              NULL))
        abort(); /* only out of memory */
    memcpy(signature, "v1,", 3);
    EVP_EncodeBlock((unsigned char *)signature + 3, digest, sizeof digest);
    if (signed_bytes != small)
        free(signed_bytes);
    return signature;
}
