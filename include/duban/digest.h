/* Digests as providers' interfaces write them: in small hexadecimal digits, or in base64. */
#ifndef DUBAN_DIGEST_H
#define DUBAN_DIGEST_H

#include "duban/buf.h"

#include <stddef.h>

#define DIGEST_SHA256_BYTES 32
#define DIGEST_HEX_BYTES    (2 * DIGEST_SHA256_BYTES + 1) /* of the longest one, with its NUL */

/* Writes two digits a byte and a NUL; returns `hex`. At most DIGEST_SHA256_BYTES bytes. */
const char *digest_hex(const unsigned char *bytes, size_t length, char hex[DIGEST_HEX_BYTES]);

const char *sha256_hex(const void *bytes, size_t length, char hex[DIGEST_HEX_BYTES]);

/* The SHA-256 of the parts, one after the other. */
struct digest_part {
    const void *bytes;
    size_t length;
};
void sha256_parts(const struct digest_part *parts, size_t count,
                  unsigned char digest[DIGEST_SHA256_BYTES]);

/* MD5, which only an old interface may still ask for. */
const char *md5_hex(const void *bytes, size_t length, char hex[DIGEST_HEX_BYTES]);

void hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                 unsigned char digest[DIGEST_SHA256_BYTES]);

/* Appends the bytes in base64, padded. */
void base64_add(struct buf *out, const void *bytes, size_t length);

#endif
