/* The part of the configuration that duban-web reads, and only that. */
#include "duban/config.h"
#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define CALENDAR SOURCE_DIR "/etc/calendars/cn.yaml"

/* Secrets of duband that duban-web can't read: it doesn't look. */
static const char beginning[] =
    "centre: 中心\n"
    "state: {dsn: host=x, password_file: /nowhere/state}\n"
    "source: {dsn: host=y, relation: a.b, password_file: /nowhere/source}\n"
    "calendars: {cn: " CALENDAR "}\n"
    "calendar: cn\n"
    "policies: {standard: [{level: yellow, before: 3 workdays, notify: {window: sms}},"
    " {level: red, when: overdue}]}\n"
    "clocks: {completion: {policy: standard}}\n"
    "channels: {sms: {type: kannel, password_file: /nowhere/sms}}\n"
    "routes: {red: {window: sms}}\n";

static struct config *load(const char *web, struct buf *problems_text)
{
    char path[] = "/tmp/duban-test-web-XXXXXX";
    int fd = mkstemp(path);
    struct problems problems = {0};
    AUTO_FREE char *text = mem_format("%s%s", beginning, web);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    struct config *config = config_load_web(path, &problems);
    problems_print(&problems, problems_text);
    problems_finish(&problems);
    unlink(path);
    return config;
}

static void expect_problem(const char *web, const char *problem)
{
    AUTO_BUF text;
    buf_init(&text, 1u << 16);
    assert_null(load(web, &text));
    if (strstr(buf_string(&text), problem) == NULL)
        fail_msg("expected '%s', got '%s'", problem, buf_string(&text));
}

static void defaults(void **state)
{
    (void)state;
    AUTO_BUF text;
    buf_init(&text, 1u << 16);
    struct config *config = load("web: {state: {dsn: host=z user=duban_web}}\n", &text);
    assert_string_equal(buf_string(&text), "");
    assert_non_null(config);
    assert_string_equal(config->web.listen, "127.0.0.1:8090");
    assert_string_equal(config->web.state.dsn, "host=z user=duban_web");
    assert_int_equal(config->web.allow_count, 2);
    assert_int_equal(config->web.proxy_count, 0);
    assert_int_equal(config->web.session_idle_us, 3600 * US_PER_S);
    assert_false(config->web.wall_public);
    assert_null(config->web.user_header);
    assert_null(config->web.certificate);
    assert_int_equal(config->clock_count, 1);
    assert_int_equal(config->channel_count, 0);
    assert_null(config->state.dsn);
    config_destroy(config);
}

static void mistakes(void **state)
{
    (void)state;
    expect_problem("", "'web' is missing");
    expect_problem("web: {}\n", "'state' is missing");
    expect_problem("web: {state: {dsn: host=z}, listen: here}\n", "listen");
    expect_problem("web: {state: {dsn: host=z}, allow: [everybody]}\n", "everybody");
    expect_problem("web: {state: {dsn: host=z}, session_idle: 1s}\n", "1s");
    expect_problem("web: {state: {dsn: host=z}, colour: red}\n", "unknown key 'colour'");
    expect_problem("web: {state: {dsn: host=z}, trusted_header: {name: X-User}}\n",
                   "'from' is missing");
    expect_problem("web: {state: {dsn: host=z}, trusted_header: {name: 'a b', from: ['::1']}}\n",
                   "no name of a header");
    expect_problem("web: {state: {dsn: host=z}, tls: {certificate: /nowhere/c, key: /nowhere/k}}\n",
                   "/nowhere/c cannot be read");
    expect_problem("web: {state: {dsn: host=z}, tls: {certificate: " CALENDAR
                   ", key: /nowhere/k}}\n",
                   "/nowhere/k");
    expect_problem("web: {state: {dsn: host=z, password: secret}}\n", "password_file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(defaults), cmocka_unit_test(mistakes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
