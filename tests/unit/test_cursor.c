/* Where a page ended. */
#include "duban/cursor.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char *written(const struct cursor *cursor)
{
    struct buf out;
    buf_init(&out, 1024);
    cursor_write(&out, cursor);
    return buf_take(&out);
}

static void it_comes_back_as_it_went(void **state)
{
    (void)state;
    static const struct cursor cursors[] = {
        {2, 1780272000000001, "SP20260601000001", "completion"},
        {0, -1, "号.码 'x'", "first-reply"},
        {INT16_MAX, 0, "a", "b"},
    };
    for (size_t i = 0; i < sizeof cursors / sizeof *cursors; i++) {
        struct cursor read;
        AUTO_FREE char *text = written(&cursors[i]);
        assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_"),
                         strlen(text));
        assert_true(cursor_read(&read, text, NULL));
        assert_int_equal(read.severity, cursors[i].severity);
        assert_int_equal(read.due_at, cursors[i].due_at);
        assert_string_equal(read.case_no, cursors[i].case_no);
        assert_string_equal(read.clock, cursors[i].clock);
    }
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    /* "", "1", "1.2", "1.2.c", "-1.2.c.a", "1.x.c.a", "1.2..a", "01.2.c.a", base64's own alphabet
     */
    static const char *const wrong[] = {
        "",         "MQ",          "MS4y",         "MS4yLmM",    "LTEuMi5jLmE", "MS54LmMuYQ",
        "MS4yLi5h", "MDEuMi5jLmE", "MS4yLmMuYQ==", "MS4yLmMu+Q", "MS4yLmMuYR",  "MS4y LmMuYQ"};
    struct cursor read = {.severity = 7};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (cursor_read(&read, wrong[i], NULL))
            fail_msg("taken: %s", wrong[i]);
    assert_int_equal(read.severity, 7);
    assert_true(cursor_read(&read, "MS4yLmMuYQ", NULL)); /* 1.2.c.a */
    struct cursor longest = {.severity = 1};
    memset(longest.case_no, 'a', CASE_NO_BYTES_MOST);
    memset(longest.clock, 'c', sizeof longest.clock - 1);
    AUTO_FREE char *text = written(&longest);
    assert_true(cursor_read(&read, text, NULL));
    AUTO_FREE char *more = mem_format("%s%s", text, text);
    assert_false(cursor_read(&read, more, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_comes_back_as_it_went),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
