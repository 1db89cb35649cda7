/* Passwords: what may be one, and that it fits its hash only. */
#include "duban/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void what_may_be_a_password(void **state)
{
    (void)state;
    struct error error;
    assert_true(password_check("0123456789", &error));
    assert_true(password_check("一二三四五六七八九十", &error));
    assert_false(password_check("一二三四五六七八九", &error));
    assert_string_equal(error.text, "it has less than 10 characters");
    assert_false(password_check("0123456789\n", &error));
    assert_false(password_check("0123456789\xff", &error));
    char large[PASSWORD_BYTES_MOST + 2];
    memset(large, 'x', sizeof large);
    large[sizeof large - 1] = '\0';
    assert_false(password_check(large, &error));
}

static void it_fits_its_own_hash_only(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_BYTES], other[PASSWORD_HASH_BYTES];
    password_hash("correct horse 电池", hash);
    password_hash("correct horse 电池", other);
    assert_string_not_equal(hash, other); /* salted */
    assert_non_null(strstr(hash, "$argon2id$v=19$m=65536,t=2,p=1$"));
    assert_true(password_fits("correct horse 电池", hash));
    assert_true(password_fits("correct horse 电池", other));
    assert_false(password_fits("correct horse 电", hash));
    assert_false(password_fits("", hash));
    assert_false(password_fits("", ""));
    assert_false(password_fits("x", "rubbish"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_a_password),
        cmocka_unit_test(it_fits_its_own_hash_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
