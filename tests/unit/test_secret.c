/* Secrets: what is stripped, what is refused, and that no reason shows the content. */
#include "duban/secret.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/duban-secret-XXXXXX";

static void write_file(const char *name, const char *bytes, size_t length, mode_t mode)
{
    AUTO_FREE char *path = mem_format("%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static char *read_back(const char *name, struct error *error)
{
    AUTO_FREE char *path = mem_format("%s/%s", directory, name);
    return secret_read_file(path, error);
}

static void one_newline_is_stripped(void **state)
{
    (void)state;
    static const struct {
        const char *written, *read;
    } cases[] = {
        {"s3cret", "s3cret"},
        {"s3cret\n", "s3cret"},
        {"s3cret\r\n", "s3cret"},
        {" s3 cret \n", " s3 cret "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error;
        write_file("a", cases[i].written, strlen(cases[i].written), 0640);
        char *secret = read_back("a", &error);
        assert_non_null(secret);
        assert_string_equal(secret, cases[i].read);
        secret_destroy(secret);
    }
    secret_destroy(NULL);
}

static void broken_files_are_refused(void **state)
{
    (void)state;
    static const char large[SECRET_BYTES_MOST + 1] = {0};
    static const struct {
        const char *bytes;
        size_t length;
        mode_t mode;
        const char *reason;
    } cases[] = {
        {"hush", 4, 0644, "may be read by every user (mode 0644); expected chmod o= or 0600"},
        {"hush", 4, 0602, "may be written by every user (mode 0602); expected chmod o= or 0600"},
        {"", 0, 0600, "is empty; expected a secret"},
        {"\n", 1, 0600, "is empty; expected a secret"},
        {"hu\0sh", 5, 0600, "holds a NUL byte; expected text"},
        {"hush\nhush\n", 10, 0600, "has several lines; expected the secret on one"},
        {"hush\n\n", 6, 0600, "has several lines; expected the secret on one"},
        {large, sizeof large, 0600, "is larger than 4096 bytes"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error;
        write_file("a", cases[i].bytes, cases[i].length, cases[i].mode);
        assert_null(read_back("a", &error));
        assert_string_equal(error.text, cases[i].reason);
    }
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    struct error error;
    assert_null(read_back("missing", &error));
    assert_string_equal(error.text, "cannot be read: No such file or directory");
    assert_int_equal(chmod(directory, 0700), 0);
    assert_null(read_back(".", &error));
    assert_string_equal(error.text, "is not a regular file");
    AUTO_FREE char *pipe = mem_format("%s/pipe", directory);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_null(read_back("pipe", &error));
    assert_string_equal(error.text, "is not a regular file");
    unlink(pipe);
}

static void credentials_come_from_their_directory(void **state)
{
    (void)state;
    struct error error;
    write_file("db", "s3cret\n", 7, 0400);
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_null(secret_read_credential("db", &error));
    assert_non_null(strstr(error.text, "LoadCredential="));
    setenv("CREDENTIALS_DIRECTORY", directory, 1);
    char *secret = secret_read_credential("db", &error);
    assert_string_equal(secret, "s3cret");
    secret_destroy(secret);
    assert_null(secret_read_credential("../db", &error));
    assert_string_equal(error.text, "'../db' is no name of a credential");
    assert_null(secret_read_credential("", &error));
    AUTO_FREE char *path = mem_format("%s/db", directory);
    unlink(path);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    AUTO_FREE char *path = mem_format("%s/a", directory);
    unlink(path);
    return rmdir(directory);
}

/* In a process of its own, since there is no way back. */
static void a_guarded_process_leaves_no_dump(void **state)
{
    (void)state;
    assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit;
        secret_guard_process();
        bool guarded =
            getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
#ifndef __SANITIZE_ADDRESS__
        guarded = guarded && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
#endif
        _exit(guarded ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_newline_is_stripped),
        cmocka_unit_test(broken_files_are_refused),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(credentials_come_from_their_directory),
        cmocka_unit_test(a_guarded_process_leaves_no_dump),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
