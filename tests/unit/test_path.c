/* Paths of requests: their parts, and tricks with them. */
#include "duban/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool reads(const char *text)
{
    struct path path;
    return path_read(&path, text, NULL);
}

static void paths_are_taken_apart(void **state)
{
    (void)state;
    struct path path;
    assert_true(path_read(&path, "/", NULL));
    assert_int_equal(path.count, 0);
    assert_true(path_read(&path, "/api/v1/cases/A%2F1%20%E5%8F%B7/silence", NULL));
    assert_int_equal(path.count, 5);
    assert_string_equal(path.parts[0], "api");
    assert_string_equal(path.parts[3], "A/1 号");
    assert_string_equal(path.parts[4], "silence");
}

static void tricks_are_refused(void **state)
{
    (void)state;
    static const char *const tricks[] = {
        "",        "a",         "//",          "/a/",
        "/a//b",   "/.",        "/..",         "/a/../b",
        "/%2e%2e", "/%2E",      "/a/%2e%2e/b", "/%00",
        "/a%",     "/a%4",      "/a%zz",       "/%ff",
        "/%c0%ae", "/a%0d%0ab", "/a%7f",       "/1/2/3/4/5/6/7",
    };
    for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++)
        if (reads(tricks[i]))
            fail_msg("taken: %s", tricks[i]);
    char large[PATH_BYTES_MOST + 1];
    memset(large, 'a', sizeof large);
    large[0] = '/';
    large[sizeof large - 1] = '\0';
    assert_false(reads(large));
    large[sizeof large - 2] = '\0';
    assert_true(reads(large));
}

static void patterns_fit(void **state)
{
    (void)state;
    struct path path;
    assert_true(path_read(&path, "/api/v1/cases/A1", NULL));
    assert_true(path_fits(&path, "/api/v1/cases/*"));
    assert_false(path_fits(&path, "/api/v1/cases"));
    assert_false(path_fits(&path, "/api/v1/cases/*/silence"));
    assert_false(path_fits(&path, "/api/v1/case/*"));
    assert_false(path_fits(&path, "/"));
    assert_true(path_read(&path, "/", NULL));
    assert_true(path_fits(&path, "/"));
    assert_false(path_fits(&path, "/*"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_taken_apart),
        cmocka_unit_test(tricks_are_refused),
        cmocka_unit_test(patterns_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
