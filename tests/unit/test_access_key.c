/* Keys of sessions, tokens and forms. */
#include "duban/access_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void keys_differ_and_are_valid(void **state)
{
    (void)state;
    char one[ACCESS_KEY_BYTES], other[ACCESS_KEY_BYTES];
    access_key_make(one);
    access_key_make(other);
    assert_true(access_key_is_valid(one));
    assert_string_not_equal(one, other);
    assert_false(access_key_is_valid(""));
    assert_false(access_key_is_valid("x"));
    one[3] = 'G';
    assert_false(access_key_is_valid(one));
}

/* SHA-256 of "session", a NUL, and 64 zeros, by another program. */
static void a_digest_is_of_purpose_and_key(void **state)
{
    (void)state;
    char digest[ACCESS_KEY_BYTES], other[ACCESS_KEY_BYTES];
    static const char key[] = "0000000000000000000000000000000000000000000000000000000000000000";
    access_key_digest("session", key, digest);
    assert_string_equal(digest, "dcdea60f990cede0a8d3367fb38b01d0d348e4846cc87eec0c8f8e016a796705");
    access_key_digest("csrf", key, other);
    assert_string_not_equal(digest, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_differ_and_are_valid),
        cmocka_unit_test(a_digest_is_of_purpose_and_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
