/* Digests, on OpenSSL's EVP. They only fail out of memory, which aborts here as everywhere. */
#include "duban/digest.h"

#include "duban/mem.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

const char *digest_hex(const unsigned char *bytes, size_t length, char hex[DIGEST_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * length] = '\0';
    return hex;
}

static const char *hex_of(const EVP_MD *kind, const void *bytes, size_t length,
                          char hex[DIGEST_HEX_BYTES])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size;
    if (!EVP_Digest(bytes, length, digest, &size, kind, NULL))
        abort();
    return digest_hex(digest, size, hex);
}

const char *sha256_hex(const void *bytes, size_t length, char hex[DIGEST_HEX_BYTES])
{
    return hex_of(EVP_sha256(), bytes, length, hex);
}

void sha256_parts(const struct digest_part *parts, size_t count,
                  unsigned char digest[DIGEST_SHA256_BYTES])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    for (size_t i = 0; good && i < count; i++)
        good = EVP_DigestUpdate(context, parts[i].bytes, parts[i].length);
    if (!good || !EVP_DigestFinal_ex(context, digest, NULL))
        abort();
    EVP_MD_CTX_free(context);
}

const char *md5_hex(const void *bytes, size_t length, char hex[DIGEST_HEX_BYTES])
{
    return hex_of(EVP_md5(), bytes, length, hex);
}

void hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                 unsigned char digest[DIGEST_SHA256_BYTES])
{
    if (!HMAC(EVP_sha256(), key, (int)key_length, bytes, length, digest, NULL))
        abort();
}

/* EVP_EncodeBlock counts in int; three bytes at a time keep it, and the buffer's cap, simple. */
void base64_add(struct buf *out, const void *bytes, size_t length)
{
    const unsigned char *from = bytes;
    unsigned char encoded[5];
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        EVP_EncodeBlock(encoded, from + i, left < 3 ? (int)left : 3);
        buf_add(out, encoded, 4);
    }
}
