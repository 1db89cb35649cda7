/* Settings tables: values, defaults, what is wrong, and their text. */
#include "duban/settings.h"

#include "duban/mem.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct section {
    const char *name, *word;
    int64_t batch, poll_us;
    bool loud;
    size_t mode;
    char *path, *password;
};

static const char *const modes[] = {"closing", "end_of_day", NULL};
static const char *const words[] = {"park", "resend", NULL};

#define AT(field_) offsetof(struct section, field_)

static const struct setting table[] = {
    {.key = "name", .kind = SETTING_TEXT, .offset = AT(name), .help = "who it is"},
    {.key = "unknown",
     .kind = SETTING_TEXT,
     .offset = AT(word),
     .standard = "park",
     .choices = words,
     .help = "what then"},
    {.key = "batch",
     .kind = SETTING_INT,
     .offset = AT(batch),
     .standard = "500",
     .least = 1,
     .most = 1000,
     .help = "rows a turn"},
    {.key = "poll",
     .kind = SETTING_SPAN,
     .offset = AT(poll_us),
     .standard = "2s",
     .least = 100000,
     .most = INT64_C(90000000),
     .help = "pause"},
    {.key = "loud", .kind = SETTING_BOOL, .offset = AT(loud), .standard = "true", .help = "noise"},
    {.key = "mode",
     .kind = SETTING_CHOICE,
     .offset = AT(mode),
     .standard = "end_of_day",
     .choices = modes,
     .help = "when"},
    {.key = "ca", .kind = SETTING_PATH, .offset = AT(path), .optional = true, .help = "whom"},
    {.key = "password",
     .kind = SETTING_SECRET,
     .offset = AT(password),
     .optional = true,
     .help = "key"},
    {.key = "items", .kind = SETTING_OTHER, .optional = true, .help = "others"},
};

static char directory[] = "/tmp/duban-settings-XXXXXX";

struct reading {
    struct yaml_document *document;
    struct section section;
    struct buf problems;
    bool fine;
};

/* Reads a text that stands for DIRECTORY/t.yaml; problems come without the directory. */
static void reading_start(struct reading *reading, const char *text)
{
    AUTO_FREE char *path = mem_format("%s/t.yaml", directory);
    struct problems problems = {0};
    AUTO_BUF printed;
    memset(reading, 0, sizeof *reading);
    buf_init(&reading->problems, 8192);
    buf_init(&printed, 8192);
    reading->document = yaml_load_text(text, strlen(text), path, &problems);
    assert_non_null(reading->document);
    reading->fine = settings_read(yaml_root(reading->document), NULL, table, COUNT_OF(table),
                                  &reading->section, &problems);
    assert_int_equal(reading->fine, problems.total == 0);
    problems_print(&problems, &printed);
    problems_finish(&problems);
    for (const char *rest = buf_string(&printed); *rest; rest++) {
        if (strncmp(rest, directory, strlen(directory)) == 0)
            rest += strlen(directory) + 1;
        buf_char(&reading->problems, *rest);
    }
}

static void reading_finish(struct reading *reading)
{
    settings_finish(table, COUNT_OF(table), &reading->section);
    assert_null(reading->section.password);
    buf_finish(&reading->problems);
    yaml_destroy(reading->document);
}

static void told(const char *text, const char *problems)
{
    struct reading reading;
    reading_start(&reading, text);
    assert_string_equal(buf_string(&reading.problems), problems);
    reading_finish(&reading);
}

static void defaults_fill_what_is_not_given(void **state)
{
    (void)state;
    struct reading reading;
    reading_start(&reading, "name: x\n");
    assert_string_equal(reading.section.name, "x");
    assert_string_equal(reading.section.word, "park");
    assert_int_equal(reading.section.batch, 500);
    assert_int_equal(reading.section.poll_us, 2000000);
    assert_true(reading.section.loud);
    assert_int_equal(reading.section.mode, 1);
    assert_null(reading.section.path);
    assert_null(reading.section.password);
    reading_finish(&reading);
}

static void given_values_win(void **state)
{
    (void)state;
    AUTO_FREE char *secret = mem_format("%s/key", directory);
    int descriptor = open(secret, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(descriptor, "s3cret\n", 7), 7);
    close(descriptor);
    struct reading reading;
    reading_start(&reading, "name: x\nunknown: resend\nbatch: 7\npoll: 1m\nloud: no\n"
                            "mode: closing\nca: certs/ca.pem\npassword_file: key\nitems: [1]\n");
    assert_string_equal(buf_string(&reading.problems), "");
    assert_string_equal(reading.section.word, "resend");
    assert_int_equal(reading.section.batch, 7);
    assert_int_equal(reading.section.poll_us, 60000000);
    assert_false(reading.section.loud);
    assert_int_equal(reading.section.mode, 0);
    assert_string_equal(reading.section.path + strlen(directory), "/certs/ca.pem");
    assert_string_equal(reading.section.password, "s3cret");
    reading_finish(&reading);
    unlink(secret);
}

static void all_problems_are_told_at_once(void **state)
{
    (void)state;
    told("{}\n", "t.yaml:1:1: 'name' is missing: who it is\n");
    told("nam: x\nbatch: 1001\nmode: closng\npoll: 2\nunknown: send\n",
         "t.yaml:1:1: unknown key 'nam'; did you mean 'name'?\n"
         "t.yaml:1:1: 'name' is missing: who it is\n"
         "t.yaml:2:8: '1001' is not a whole number from 1 to 1000\n"
         "t.yaml:3:7: 'closng' is unknown; did you mean 'closing'? (one of: closing, end_of_day)\n"
         "t.yaml:4:7: '2' is not a length of time from 100ms to 90s; expected a number and a "
         "unit, as 250ms, 10s, 5m, 2h or 3d\n"
         "t.yaml:5:10: 'send' is unknown; expected one of: park, resend\n");
    told("[1]\n", "t.yaml:1:1: found a list, expected a map of keys and values\n");
}

static void secrets_do_not_stand_in_the_file(void **state)
{
    (void)state;
    told("name: x\npassword: hush\n",
         "t.yaml:2:11: a secret doesn't belong into the configuration; put it into a file that "
         "only duban may read, and give 'password_file: PATH'\n");
    told("name: x\npassword_file: a\npassword_credential: b\n",
         "t.yaml:3:22: expected either 'password_file' or 'password_credential', not both\n");
    told("name: x\npassword_file: none\n",
         "t.yaml:2:16: none cannot be read: No such file or directory\n");
}

static void a_missing_map_is_all_defaults(void **state)
{
    (void)state;
    struct section section = {0};
    struct problems problems = {0};
    assert_true(settings_read(NULL, NULL, table + 1, COUNT_OF(table) - 1, &section, &problems));
    assert_int_equal(section.batch, 500);
    assert_int_equal(problems.total, 0);
}

static void tables_document_themselves(void **state)
{
    (void)state;
    AUTO_BUF out;
    buf_init(&out, 4096);
    settings_document(table, COUNT_OF(table), &out);
    assert_string_equal(buf_string(&out),
                        "- `name` (text; required): who it is\n"
                        "- `unknown` (`park`, `resend`; default `park`): what then\n"
                        "- `batch` (1 to 1000; default `500`): rows a turn\n"
                        "- `poll` (100ms to 90s; default `2s`): pause\n"
                        "- `loud` (`true`, `false`; default `true`): noise\n"
                        "- `mode` (`closing`, `end_of_day`; default `end_of_day`): when\n"
                        "- `ca` (path; optional): whom\n"
                        "- `password_file` or `password_credential` (secret; optional): key\n"
                        "- `items` (optional): others\n");
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_fill_what_is_not_given),
        cmocka_unit_test(given_values_win),
        cmocka_unit_test(all_problems_are_told_at_once),
        cmocka_unit_test(secrets_do_not_stand_in_the_file),
        cmocka_unit_test(a_missing_map_is_all_defaults),
        cmocka_unit_test(tables_document_themselves),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
