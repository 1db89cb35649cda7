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
static const char without_channels[] =
    "centre: 中心\n"
    "state: {dsn: host=x, password_file: /nowhere/state}\n"
    "source: {dsn: host=y, relation: a.b, password_file: /nowhere/source}\n"
    "calendars: {cn: " CALENDAR "}\n"
    "calendar: cn\n"
    "policies: {standard: [{level: yellow, before: 3 workdays, notify: {window: sms}},"
    " {level: red, when: overdue}]}\n"
    "clocks: {completion: {policy: standard}}\n";

static const char channels[] = "channels: {sms: {type: kannel, password_file: /nowhere/sms}}\n"
                               "routes: {red: {window: sms}}\n";

static struct config *load_text(const char *text, struct buf *problems_text)
{
    char path[] = "/tmp/duban-test-web-XXXXXX";
    int fd = mkstemp(path);
    struct problems problems = {0};
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    struct config *config = config_load_web(path, &problems);
    problems_print(&problems, problems_text);
    problems_finish(&problems);
    unlink(path);
    return config;
}

static struct config *load(const char *web, struct buf *problems_text)
{
    AUTO_FREE char *text = mem_format("%s%s%s", without_channels, channels, web);
    return load_text(text, problems_text);
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
    assert_int_equal(config->channel_count, 1);
    assert_null(config->channels[0].options);
    assert_null(config->channels[0].receipt_path);
    assert_null(config->receipts.listen);
    assert_int_equal(config->route_count, 0);
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

/* Of the channels it knows no more than receipts and acts need. */
static void receipts_and_routes(void **state)
{
    (void)state;
    char path[] = "/tmp/duban-test-web-XXXXXX";
    int fd = mkstemp(path);
    static const char secret[] = "Kq3_0-9fX2bLmN7t\n";
    assert_true(fd >= 0 && write(fd, secret, sizeof secret - 1) == sizeof secret - 1);
    close(fd);
    AUTO_FREE char *web =
        mem_format("web: {state: {dsn: host=z}}\n"
                   "receipts: {}\n"
                   "channels: {sms: {type: mas, sign: s, secret_key_file: /nowhere,"
                   " receipt_path_file: %s, digest: 5m}, hook: {type: webhook}}\n"
                   "routes: {red: {window: none}, level_withdrawn: {lead: sms}}\n",
                   path);
    AUTO_BUF text;
    buf_init(&text, 1u << 16);
    AUTO_FREE char *whole = mem_format("%s%s", without_channels, web);
    struct config *config = load_text(whole, &text);
    unlink(path);
    assert_string_equal(buf_string(&text), "");
    assert_non_null(config);
    assert_string_equal(config->receipts.listen, "127.0.0.1:8091");
    assert_int_equal(config->channel_count, 2);
    assert_string_equal(config->channels[0].receipt_path, "Kq3_0-9fX2bLmN7t");
    assert_int_equal(config->channels[0].digest_us, 300 * US_PER_S);
    assert_null(config->channels[0].options);
    assert_null(config->channels[1].receipt_path);
    assert_int_equal(config->route_count, 1);
    assert_string_equal(config->routes[0].role, "lead");
    assert_ptr_equal(config->routes[0].channel, &config->channels[0]);
    config_destroy(config);
}

static void mistakes_of_receipts(void **state)
{
    (void)state;
    expect_problem("web: {state: {dsn: host=z}, listen: '127.0.0.1:8091'}\nreceipts: {}\n",
                   "the board can't be at 127.0.0.1:8091");
    expect_problem("web: {state: {dsn: host=z}}\nreceipts: {listen: here}\n", "no place to listen");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(defaults), cmocka_unit_test(mistakes),
                                       cmocka_unit_test(receipts_and_routes),
                                       cmocka_unit_test(mistakes_of_receipts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
