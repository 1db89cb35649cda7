/* Digests and the signatures of clouds, by the vectors that their documentation gives. */
#include "duban/cloud_signature.h"
#include "duban/digest.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOTHING_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void digests_are_those_of_the_standards(void **state)
{
    (void)state;
    char hex[DIGEST_HEX_BYTES];
    assert_string_equal(sha256_hex("", 0, hex), NOTHING_SHA256);
    assert_string_equal(sha256_hex("abc", 3, hex), /* FIPS 180-4 */
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(md5_hex("abc", 3, hex), "900150983cd24fb0d6963f7d28e17f72"); /* RFC 1321 */
    unsigned char digest[DIGEST_SHA256_BYTES];
    hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, digest); /* RFC 4231 */
    assert_string_equal(digest_hex(digest, sizeof digest, hex),
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void base64_is_padded(void **state)
{
    (void)state;
    static const struct {
        const char *text, *encoded; /* RFC 4648 */
    } cases[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_BUF out;
        buf_init(&out, 64);
        base64_add(&out, cases[i].text, strlen(cases[i].text));
        assert_string_equal(buf_string(&out), cases[i].encoded);
    }
}

static const char *canonical_digest(const struct cloud_request *request)
{
    static char hex[DIGEST_HEX_BYTES];
    AUTO_BUF canonical;
    buf_init(&canonical, 4096);
    cloud_canonical(request, &canonical);
    return sha256_hex(buf_string(&canonical), canonical.length, hex);
}

/* Alibaba Cloud, "V3 version request structure and signature": the example with fixed values. */
static void acs3_reproduces_the_documentations_example(void **state)
{
    (void)state;
    static const struct cloud_header headers[] = {
        {"host", "ecs.cn-shanghai.aliyuncs.com"},
        {"x-acs-action", "RunInstances"},
        {"x-acs-content-sha256", NOTHING_SHA256},
        {"x-acs-date", "2023-10-26T10:22:32Z"},
        {"x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"},
        {"x-acs-version", "2014-05-26"},
    };
    const struct cloud_request request = {
        .method = "POST",
        .path = "/",
        .query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"
                 "&RegionId=cn-shanghai",
        .headers = headers,
        .header_count = COUNT_OF(headers),
        .body = "",
    };
    assert_string_equal(canonical_digest(&request),
                        "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
    AUTO_BUF out;
    buf_init(&out, 1024);
    acs3_authorize(&request, &(struct cloud_key){"YourAccessKeyId", "YourAccessKeySecret"}, &out);
    assert_string_equal(
        buf_string(&out),
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
        "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
}

/* Tencent Cloud, "Signature v3": DescribeInstances at 1551113065. */
static struct cloud_request describe_instances(const struct cloud_header *headers, size_t count)
{
    static const char body[] = "{\"Limit\": 1, \"Filters\": [{\"Values\": "
                               "[\"\\u672a\\u547d\\u540d\"], \"Name\": \"instance-name\"}]}";
    return (struct cloud_request){
        .method = "POST",
        .path = "/",
        .query = "",
        .headers = headers,
        .header_count = count,
        .body = body,
        .body_length = sizeof body - 1,
    };
}

static const struct cloud_header tencent_headers[] = {
    {"content-type", "application/json; charset=utf-8"},
    {"host", "cvm.tencentcloudapi.com"},
    {"x-tc-action", "describeinstances"},
};

static void tc3_reproduces_the_documentations_example(void **state)
{
    (void)state;
    const struct cloud_request request = describe_instances(tencent_headers, 2);
    assert_string_equal(canonical_digest(&request),
                        "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031");
    AUTO_BUF out;
    buf_init(&out, 1024);
    const struct cloud_key key = {"AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
                                  "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"};
    tc3_authorize(&request, &key, "cvm", 1551113065, &out);
    assert_string_equal(
        buf_string(&out),
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/"
        "tc3_request, SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168");
}

/* The documentation's newer example signs the action too, and shows this digest. */
static void the_action_may_be_signed_too(void **state)
{
    (void)state;
    const struct cloud_request request = describe_instances(tencent_headers, 3);
    assert_string_equal(canonical_digest(&request),
                        "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standards),
        cmocka_unit_test(base64_is_padded),
        cmocka_unit_test(acs3_reproduces_the_documentations_example),
        cmocka_unit_test(tc3_reproduces_the_documentations_example),
        cmocka_unit_test(the_action_may_be_signed_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
