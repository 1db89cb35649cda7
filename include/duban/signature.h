/* Signatures of webhooks, as the Standard Webhooks specification has them. */
#ifndef DUBAN_SIGNATURE_H
#define DUBAN_SIGNATURE_H

#include "duban/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_KEY_LEAST 16
#define SIGNATURE_KEY_MOST  256
#define SIGNATURE_BYTES     48 /* "v1,", 44 characters of base64, NUL */

struct signature_key {
    unsigned char bytes[SIGNATURE_KEY_MOST];
    size_t length;
};

/* A secret as it is handed out: "whsec_" and base64, or any other text, whose bytes are the key.
 * The error doesn't quote the secret. */
bool signature_key_read(const char *secret, struct signature_key *key,
                        struct error *error) MUST_USE;

/* "v1," and the base64 of HMAC-SHA256(key, "id.timestamp.body"). `timestamp_s` in seconds since
 * 1970. Returns `signature`. */
const char *signature_make(const struct signature_key *key, const char *id, int64_t timestamp_s,
                           const char *body, size_t body_length, char signature[SIGNATURE_BYTES]);

#endif
