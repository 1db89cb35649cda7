/* Log lines, read back from a pipe in the place of stderr. */
#include "duban/log.h"
#include "duban/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int reader, stderr_copy;
static char got[8192];

static int redirect(void **state)
{
    (void)state;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    stderr_copy = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    reader = ends[0];
    log_set_level(LOG_LEVEL_INFO);
    return 0;
}

static int restore(void **state)
{
    (void)state;
    dup2(stderr_copy, STDERR_FILENO);
    close(stderr_copy);
    close(reader);
    return 0;
}

/* What was written since the last call. */
static const char *written(void)
{
    ssize_t length = read(reader, got, sizeof got - 1);
    got[length > 0 ? length : 0] = '\0';
    return got;
}

static void a_line_has_priority_area_text_and_fields(void **state)
{
    (void)state;
    log_line(LOG_LEVEL_WARNING, "intake", "row set aside", log_text("case", "SP2026督办"),
             log_text("reason", "unknown unit"), log_int("rows", INT64_MIN),
             log_instant("at", INT64_C(1795311296000000)));
    assert_string_equal(written(),
                        "<4>intake: row set aside case=SP2026督办 reason=\"unknown unit\""
                        " rows=-9223372036854775808 at=2026-11-22T01:34:56Z\n");
    log_plain(LOG_LEVEL_ERROR, "main", "no fields");
    assert_string_equal(written(), "<3>main: no fields\n");
    log_line(LOG_LEVEL_INFO, "main", "nothing", log_text("text", NULL), log_text("empty", ""),
             log_instant("at", WALL_NONE));
    assert_string_equal(written(), "<6>main: nothing text=- empty=\"\" at=-\n");
}

static void the_level_limits_what_is_written(void **state)
{
    (void)state;
    log_plain(LOG_LEVEL_DEBUG, "main", "hidden");
    assert_string_equal(written(), "");
    log_set_level(LOG_LEVEL_DEBUG);
    log_plain(LOG_LEVEL_DEBUG, "main", "shown");
    assert_string_equal(written(), "<7>main: shown\n");
    log_set_level(LOG_LEVEL_ERROR);
    log_plain(LOG_LEVEL_WARNING, "main", "hidden");
    assert_string_equal(written(), "");
}

static void data_cannot_forge_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *value, *shown;
    } cases[] = {
        {"a\n<3>main: forged", "\"a\\n<3>main: forged\""},
        {"a\"b", "\"a\\\"b\""},
        {"a\\", "\"a\\\\\""},
        {"a=b", "\"a=b\""},
        {"\x1b[31m", "\"\\u001b[31m\""},
        {"\r\x7f", "\"\\u000d\\u007f\""},
        {"a\xc2\x85z", "\"a\\u0085z\""},         /* next line, in C1 */
        {"\xe2\x80\xaetxet", "\"\\u202etxet\""}, /* right-to-left override */
        {"\xe2\x80\xa8", "\"\\u2028\""},         /* line separator */
        {"\xff\xfe", "\"\\xff\\xfe\""},          /* no UTF-8 */
        {"\xc0\x8a", "\"\\xc0\\x8a\""},          /* overlong newline */
        {"\xed\xa0\x80", "\"\\xed\\xa0\\x80\""}, /* surrogate */
        {"\xe7\x9d", "\"\\xe7\\x9d\""},          /* cut off */
        {"\xf4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\""},
        {"\xf0\x9f\x93\x85", "\xf0\x9f\x93\x85"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_FREE char *expected = mem_format("<6>a: b v=%s n=1\n", cases[i].shown);
        log_line(LOG_LEVEL_INFO, "a", "b", log_text("v", cases[i].value), log_int("n", 1));
        assert_string_equal(written(), expected);
    }
    log_plain(LOG_LEVEL_INFO, "a", "two\nlines \"quoted\"");
    assert_string_equal(written(), "<6>a: two\\nlines \"quoted\"\n");
}

static void a_long_line_is_cut_between_characters(void **state)
{
    (void)state;
    for (size_t pad = 0; pad < 8; pad++) {
        AUTO_FREE char *value = mem_zero(9000, 1);
        memset(value, ' ', pad);
        for (size_t i = 0; i < 2500; i++)
            memcpy(value + pad + 3 * i, "督", 3);
        log_line(LOG_LEVEL_INFO, "a", "b", log_text("v", value), log_int("n", 1));
        const char *line = written();
        size_t length = strlen(line);
        assert_in_range(length, 4080, 4096);
        assert_ptr_equal(strchr(line, '\n'), line + length - 1);
        const char *end = pad ? "督…\"\n" : "督…\n";
        assert_string_equal(line + length - strlen(end), end);
    }
    AUTO_FREE char *words = mem_zero(9000, 1);
    memset(words, 'w', 8999);
    log_line(LOG_LEVEL_INFO, "a", words, log_int("n", 1));
    assert_non_null(strstr(written(), "www…\n"));
}

/* Every length around the limit, so that no end is written past the buffer. */
static void the_limit_is_exact(void **state)
{
    (void)state;
    AUTO_FREE char *value = mem_zero(5000, 1);
    size_t whole = 0, cut = 0;
    for (size_t length = 4000; length < 4200; length++) {
        memset(value, ' ', length);
        log_line(LOG_LEVEL_INFO, "a", "b", log_text("v", value), log_text("w", " "));
        const char *line = written();
        assert_true(strlen(line) <= 4096);
        assert_int_equal(line[strlen(line) - 1], '\n');
        bool is_cut = strstr(line, "…") != NULL;
        assert_true(is_cut || strstr(line, " w=\" \"\n"));
        assert_true(!cut || is_cut);
        cut += is_cut;
        whole += !is_cut;
    }
    assert_true(whole > 50 && cut > 50);
}

static void a_full_pipe_stops_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++)
        log_line(LOG_LEVEL_INFO, "a", "b", log_int("n", i));
    assert_non_null(strstr(written(), "<6>a: b n=0\n"));
}

/* JOURNAL_STREAM is inherited by whoever is started from a service: it must be stderr's own. */
static void without_a_journal_of_its_own_there_are_lines(void **state)
{
    (void)state;
    setenv("JOURNAL_STREAM", "8:1", 1);
    log_begin();
    log_line(LOG_LEVEL_INFO, "intake", "taken in", log_text("case", "SP1"));
    assert_string_equal(written(), "<6>intake: taken in case=SP1\n");
    unsetenv("JOURNAL_STREAM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_has_priority_area_text_and_fields, redirect,
                                        restore),
        cmocka_unit_test_setup_teardown(the_level_limits_what_is_written, redirect, restore),
        cmocka_unit_test_setup_teardown(data_cannot_forge_a_line, redirect, restore),
        cmocka_unit_test_setup_teardown(a_long_line_is_cut_between_characters, redirect, restore),
        cmocka_unit_test_setup_teardown(the_limit_is_exact, redirect, restore),
        cmocka_unit_test_setup_teardown(a_full_pipe_stops_nothing, redirect, restore),
        cmocka_unit_test_setup_teardown(without_a_journal_of_its_own_there_are_lines, redirect,
                                        restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
