/* Every scenario of tests/scenarios, one test each, and what is told of mistakes in one. */
#include "scenario.h"

#include "duban/buf.h"
#include "duban/file.h"
#include "duban/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FOLDER SOURCE_DIR "/tests/scenarios"

static char credentials[] = "/tmp/duban-scenarios-XXXXXX";

/* All that is wrong with a scenario, with paths from the source tree's root on. */
static void run(const char *path, struct buf *told)
{
    struct problems problems = {0};
    AUTO_BUF printed;
    buf_init(&printed, 1 << 18);
    struct scenario *scenario = scenario_load(path, &problems);
    if (scenario)
        scenario_run(scenario, &problems);
    scenario_destroy(scenario);
    problems_print(&problems, &printed);
    problems_finish(&problems);
    for (const char *rest = buf_string(&printed); *rest; rest++) {
        if (strncmp(rest, SOURCE_DIR "/", strlen(SOURCE_DIR "/")) == 0)
            rest += strlen(SOURCE_DIR "/");
        buf_char(told, *rest);
    }
}

static void it_is_as_written(void **state)
{
    AUTO_FREE char *path = mem_format("%s/%s", FOLDER, (const char *)*state);
    AUTO_BUF told;
    buf_init(&told, 1 << 18);
    run(path, &told);
    if (told.length)
        fail_msg("\n%s", buf_string(&told));
}

/* Compared with a golden file; with UPDATE_GOLDEN set the file is written anew. */
static void compare_golden(const char *golden, const struct buf *told)
{
    AUTO_FREE char *expected = NULL;
    size_t length;
    struct error error;
    if (getenv("UPDATE_GOLDEN")) {
        FILE *file = fopen(golden, "w");
        assert_non_null(file);
        fputs(buf_string(told), file);
        assert_int_equal(fclose(file), 0);
    }
    if (!file_read(golden, 1 << 16, &expected, &length, &error))
        fail_msg("%s %s; found:\n%s", golden, error.text, buf_string(told));
    assert_string_equal(buf_string(told), expected);
}

static void mistakes_are_told_with_their_places(void **state)
{
    (void)state;
    static const char *const names[] = {"reading", "facts", "differing"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO_FREE char *path = mem_format("%s/tests/unit/scenario/%s.yaml", SOURCE_DIR, names[i]);
        AUTO_FREE char *golden = mem_format("%s/tests/unit/scenario/%s.txt", SOURCE_DIR, names[i]);
        AUTO_BUF told;
        buf_init(&told, 1 << 18);
        run(path, &told);
        compare_golden(golden, &told);
    }
}

/* --- the tests are as many as the files --- */

static int is_scenario(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

static int set_up(void **state)
{
    (void)state;
    static const char *const names[] = {"kannel", "webhook"};
    if (mkdtemp(credentials) == NULL)
        return -1;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO_FREE char *path = mem_format("%s/%s", credentials, names[i]);
        int descriptor = open(path, O_CREAT | O_WRONLY, 0600);
        if (write(descriptor, "a secret of some length\n", 24) != 24)
            return -1;
        close(descriptor);
    }
    return setenv("CREDENTIALS_DIRECTORY", credentials, 1);
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"kannel", "webhook"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO_FREE char *path = mem_format("%s/%s", credentials, names[i]);
        unlink(path);
    }
    return rmdir(credentials);
}

int main(void)
{
    struct dirent **files;
    int count = scandir(FOLDER, &files, is_scenario, alphasort);
    if (count <= 0)
        return 1;
    struct CMUnitTest *tests = mem_zero((size_t)count + 1, sizeof *tests);
    tests[0] = (struct CMUnitTest)cmocka_unit_test(mistakes_are_told_with_their_places);
    for (int i = 0; i < count; i++)
        tests[i + 1] = (struct CMUnitTest){.name = files[i]->d_name,
                                           .test_func = it_is_as_written,
                                           .initial_state = files[i]->d_name};
    int failed = _cmocka_run_group_tests("scenarios", tests, (size_t)count + 1, set_up, tear_down);
    for (int i = 0; i < count; i++)
        free(files[i]);
    free(files);
    free(tests);
    return failed;
}
