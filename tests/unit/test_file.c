/* A file that is replaced in one step. */
#include "duban/file.h"

#include "duban/mem.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/duban-file-XXXXXX";

static size_t count_entries(void)
{
    size_t count = 0;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count - 2; /* . and .. */
}

static void a_file_is_replaced_whole_and_for_its_owner_alone(void **state)
{
    (void)state;
    AUTO_FREE char *path = mem_format("%s/contacts", folder);
    static const char *const texts[] = {"sms\t13800000001\n", "", "hook\thttps://example.org/\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct error error;
        struct stat status;
        char *text;
        size_t length;
        assert_true(file_replace(path, texts[i], strlen(texts[i]), &error));
        assert_true(file_read(path, 100, &text, &length, &error));
        assert_string_equal(text, texts[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        assert_int_equal(count_entries(), 1);
        free(text);
    }
    unlink(path);
}

static void what_cannot_be_written_leaves_nothing(void **state)
{
    (void)state;
    struct error error;
    AUTO_FREE char *nowhere = mem_format("%s/none/contacts", folder);
    assert_false(file_replace(nowhere, "x", 1, &error));
    assert_string_equal(error.text, "cannot be written: No such file or directory");
    AUTO_FREE char *taken = mem_format("%s/taken", folder);
    assert_int_equal(mkdir(taken, 0700), 0);
    assert_false(file_replace(taken, "x", 1, &error));
    assert_int_equal(count_entries(), 1);
    rmdir(taken);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_replaced_whole_and_for_its_owner_alone),
        cmocka_unit_test(what_cannot_be_written_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
