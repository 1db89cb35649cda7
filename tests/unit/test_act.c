/* Acts, as the JSON of a request tells them. */
#include "duban/act.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool reads(const char *text)
{
    struct act act;
    return act_read(&act, text, strlen(text), NULL);
}

static void acts_are_read(void **state)
{
    (void)state;
    struct act act;
    struct error error;
    static const char text[] =
        "{\"clock\": \"completion\", \"reason\": \"系统维护\\n二\", \"note\": null,"
        " \"until\": \"2026-06-01T17:00:00+08:00\"}";
    assert_true(act_read(&act, text, strlen(text), &error));
    assert_string_equal(act.clock, "completion");
    assert_string_equal(act.reason, "系统维护\n二");
    assert_string_equal(act.note, "");
    assert_int_equal(act.until, INT64_C(1780304400) * US_PER_S);
    assert_true(act_read(&act, "", 0, &error));
    assert_int_equal(act.until, WALL_NONE);
    assert_true(reads("{}"));
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "[]",
        "\"x\"",
        "{",
        "{} {}",
        "{\"clock\": 1}",
        "{\"other\": \"x\"}",
        "{\"note\": \"\\u0000\"}",
        "{\"note\": \"\\u0007\"}",
        "{\"note\": \"a\\rb\"}",
        "{\"clock\": \"a\", \"clock\": \"b\"}",
        "{\"until\": \"tomorrow\"}",
        "{\"until\": \"2026-06-01\"}",
        "{\"note\": \"\xff\"}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (reads(wrong[i]))
            fail_msg("taken: %s", wrong[i]);
    AUTO_FREE char *fits = mem_format("{\"note\": \"%0*d\"}", ACT_TEXT_BYTES - 1, 1);
    AUTO_FREE char *large = mem_format("{\"note\": \"%0*d\"}", ACT_TEXT_BYTES, 1);
    assert_true(reads(fits));
    assert_false(reads(large));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acts_are_read),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
