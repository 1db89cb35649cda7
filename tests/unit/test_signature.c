/* Signatures of webhooks. */
#include "duban/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The published test vector of the Standard Webhooks specification's libraries. */
static void the_specifications_example_is_reproduced(void **state)
{
    (void)state;
    struct signature_key key;
    char signature[SIGNATURE_BYTES];
    const char *body = "{\"test\": 2432232314}";
    assert_true(signature_key_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &key, NULL));
    assert_int_equal(key.length, 24);
    assert_string_equal(signature_make(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body,
                                       strlen(body), signature),
                        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void a_plain_text_is_its_own_key(void **state)
{
    (void)state;
    struct signature_key key;
    assert_true(signature_key_read("0123456789abcdef", &key, NULL));
    assert_int_equal(key.length, 16);
    assert_memory_equal(key.bytes, "0123456789abcdef", 16);
    assert_true(signature_key_read("whsec_AAECAwQFBgcICQoLDA0ODw", &key, NULL)); /* no padding */
    assert_int_equal(key.length, 16);
    assert_int_equal(key.bytes[15], 15);
}

static void bad_secrets_are_refused_and_not_quoted(void **state)
{
    (void)state;
    static const char *const secrets[] = {
        "",
        "tooshort1234567",
        "whsec_",
        "whsec_AAECAwQFBgcICQoLDA0O",
        "whsec_not*base64*not*base64*",
        "whsec_AAECAwQFBgcICQoLDA0OD",
        "whsec_AAECAwQFBgcICQoLDA0ODw===",
    };
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        struct signature_key key = {.length = 7};
        struct error error;
        assert_false(signature_key_read(secrets[i], &key, &error));
        assert_int_equal(key.length, 7);
        assert_null(strlen(secrets[i]) > 6 ? strstr(error.text, secrets[i] + 6) : NULL);
    }
    char longest[SIGNATURE_KEY_MOST + 2];
    struct signature_key key;
    memset(longest, 'x', sizeof longest);
    longest[SIGNATURE_KEY_MOST + 1] = '\0';
    assert_false(signature_key_read(longest, &key, NULL));
    longest[SIGNATURE_KEY_MOST] = '\0';
    assert_true(signature_key_read(longest, &key, NULL));
}

static void long_bodies_are_signed_whole(void **state)
{
    (void)state;
    size_t length = 100000;
    char *body = malloc(length);
    assert_non_null(body);
    memset(body, 'a', length);
    struct signature_key key;
    char one[SIGNATURE_BYTES], other[SIGNATURE_BYTES];
    assert_true(signature_key_read("0123456789abcdef", &key, NULL));
    signature_make(&key, "id", 1, body, length, one);
    assert_int_equal(strlen(one), SIGNATURE_BYTES - 1);
    body[length - 1] = 'b';
    assert_string_not_equal(signature_make(&key, "id", 1, body, length, other), one);
    body[length - 1] = 'a';
    assert_string_not_equal(signature_make(&key, "id", 2, body, length, other), one);
    assert_string_not_equal(signature_make(&key, "ie", 1, body, length, other), one);
    assert_string_equal(signature_make(&key, "id", 1, body, length, other), one);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_specifications_example_is_reproduced),
        cmocka_unit_test(a_plain_text_is_its_own_key),
        cmocka_unit_test(bad_secrets_are_refused_and_not_quoted),
        cmocka_unit_test(long_bodies_are_signed_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
