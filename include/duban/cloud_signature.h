/* How requests to clouds are signed: Alibaba Cloud's ACS3-HMAC-SHA256 and Tencent Cloud's
 * TC3-HMAC-SHA256. Both digest the same canonical form of a request. */
#ifndef DUBAN_CLOUD_SIGNATURE_H
#define DUBAN_CLOUD_SIGNATURE_H

#include "duban/buf.h"

#include <stddef.h>
#include <stdint.h>

/* A header that is signed: its name in small letters, its value as it is sent. */
struct cloud_header {
    const char *name, *value;
};

struct cloud_request {
    const char *method;
    const char *path;                   /* "/" */
    const char *query;                  /* sorted and percent-encoded, without the ?; "" for none */
    const struct cloud_header *headers; /* sorted by name */
    size_t header_count;
    const char *body;
    size_t body_length;
};

struct cloud_key {
    const char *id, *secret;
};

/* Appends what is digested, for tests and for finding out why a signature is refused. */
void cloud_canonical(const struct cloud_request *request, struct buf *out);

/* Append the value of the header Authorization. `service` is the first part of the product's
 * host; `timestamp_s` the X-TC-Timestamp of the same request. */
void acs3_authorize(const struct cloud_request *request, const struct cloud_key *key,
                    struct buf *out);
void tc3_authorize(const struct cloud_request *request, const struct cloud_key *key,
                   const char *service, int64_t timestamp_s, struct buf *out);

#endif
