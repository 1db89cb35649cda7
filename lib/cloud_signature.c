/* Signatures of requests to clouds.
 *
 * The canonical form is the method, the path, the query, the signed headers, their names and the
 * digest of the body, a line each. ACS3 signs its digest with the secret itself; TC3 with a key
 * that is derived from it for one day and one service. */
#include "duban/cloud_signature.h"

#include "duban/digest.h"
#include "duban/instant.h"

#include <inttypes.h>
#include <string.h>

#define CANONICAL_BYTES_MOST 65536
#define SIGNED_BYTES_MOST    512

static void add_names(const struct cloud_request *request, struct buf *out)
{
    for (size_t i = 0; i < request->header_count; i++)
        buf_format(out, "%s%s", i ? ";" : "", request->headers[i].name);
}

void cloud_canonical(const struct cloud_request *request, struct buf *out)
{
    char hex[DIGEST_HEX_BYTES];
    buf_format(out, "%s\n%s\n%s\n", request->method, request->path, request->query);
    for (size_t i = 0; i < request->header_count; i++)
        buf_format(out, "%s:%s\n", request->headers[i].name, request->headers[i].value);
    buf_char(out, '\n');
    add_names(request, out);
    buf_format(out, "\n%s", sha256_hex(request->body, request->body_length, hex));
}

static const char *canonical_digest(const struct cloud_request *request, char hex[DIGEST_HEX_BYTES])
{
    AUTO_BUF canonical;
    buf_init(&canonical, CANONICAL_BYTES_MOST);
    cloud_canonical(request, &canonical);
    return sha256_hex(buf_string(&canonical), canonical.length, hex);
}

static void add_authorization(const struct cloud_request *request, const char *algorithm,
                              const char *credential, const char *separator, const char *signature,
                              struct buf *out)
{
    buf_format(out, "%s Credential=%s%sSignedHeaders=", algorithm, credential, separator);
    add_names(request, out);
    buf_format(out, "%sSignature=%s", separator, signature);
}

void acs3_authorize(const struct cloud_request *request, const struct cloud_key *key,
                    struct buf *out)
{
    static const char algorithm[] = "ACS3-HMAC-SHA256";
    unsigned char digest[DIGEST_SHA256_BYTES];
    char hex[DIGEST_HEX_BYTES];
    AUTO_BUF to_sign;
    buf_init(&to_sign, SIGNED_BYTES_MOST);
    buf_format(&to_sign, "%s\n%s", algorithm, canonical_digest(request, hex));
    hmac_sha256(key->secret, strlen(key->secret), buf_string(&to_sign), to_sign.length, digest);
    add_authorization(request, algorithm, key->id, ",", digest_hex(digest, sizeof digest, hex),
                      out);
}

/* "TC3" and the secret → day → service → "tc3_request" → what is signed. */
static void sign_by_chain(const char *secret, const char *const *links, size_t count,
                          unsigned char digest[DIGEST_SHA256_BYTES])
{
    AUTO_BUF first;
    buf_init(&first, SIGNED_BYTES_MOST);
    buf_format(&first, "TC3%s", secret);
    hmac_sha256(buf_string(&first), first.length, links[0], strlen(links[0]), digest);
    explicit_bzero(first.data, first.length);
    for (size_t i = 1; i < count; i++) {
        unsigned char key[DIGEST_SHA256_BYTES];
        memcpy(key, digest, sizeof key);
        hmac_sha256(key, sizeof key, links[i], strlen(links[i]), digest);
        explicit_bzero(key, sizeof key);
    }
}

void tc3_authorize(const struct cloud_request *request, const struct cloud_key *key,
                   const char *service, int64_t timestamp_s, struct buf *out)
{
    static const char algorithm[] = "TC3-HMAC-SHA256", last_link[] = "tc3_request";
    unsigned char digest[DIGEST_SHA256_BYTES];
    char hex[DIGEST_HEX_BYTES], day[DAY_TEXT_BYTES];
    AUTO_BUF scope, to_sign, credential;
    buf_init(&scope, SIGNED_BYTES_MOST);
    buf_init(&to_sign, SIGNED_BYTES_MOST);
    buf_init(&credential, SIGNED_BYTES_MOST);
    day_text((day_number)(timestamp_s / 86400), day);
    buf_format(&scope, "%s/%s/%s", day, service, last_link);
    buf_format(&to_sign, "%s\n%" PRId64 "\n%s\n%s", algorithm, timestamp_s, buf_string(&scope),
               canonical_digest(request, hex));
    const char *const links[] = {day, service, last_link, buf_string(&to_sign)};
    sign_by_chain(key->secret, links, sizeof links / sizeof *links, digest);
    buf_format(&credential, "%s/%s", key->id, buf_string(&scope));
    add_authorization(request, algorithm, buf_string(&credential), ", ",
                      digest_hex(digest, sizeof digest, hex), out);
}
