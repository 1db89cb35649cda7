/* What a proxy tells of its guest's address. */
#include "duban/forwarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_last_address_counts(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"198.51.100.7", "198.51.100.7"},
        {"203.0.113.9, 198.51.100.7", "198.51.100.7"},
        {"unknown,2001:DB8:0::1 ", "2001:db8::1"},
        {"::ffff:198.51.100.7", "198.51.100.7"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char address[ADDRESS_TEXT_BYTES] = "";
        assert_true(forwarded_read(cases[i][0], address));
        assert_string_equal(address, cases[i][1]);
    }
}

static void what_is_none_is_left_out(void **state)
{
    (void)state;
    static const char *const cases[] = {NULL,
                                        "",
                                        ",",
                                        "198.51.100.7,",
                                        "10.0.0.0/8",
                                        "localhost",
                                        "[::1]:8090",
                                        "198.51.100.7:80",
                                        "unix",
                                        "1.2.3",
                                        "198.51.100.7x"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char address[ADDRESS_TEXT_BYTES] = "as before";
        assert_false(forwarded_read(cases[i], address));
        assert_string_equal(address, "as before");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_last_address_counts),
                                       cmocka_unit_test(what_is_none_is_left_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
