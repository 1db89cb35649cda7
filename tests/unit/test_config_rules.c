/* The version of the rules: it follows whatever deadlines and levels come from, and nothing else.
 */
#include "duban/config.h"

#include "duban/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/duban-rules-XXXXXX";

static const char text[] =
    "centre: 中心\n"
    "state: {dsn: dbname=duban}\n"
    "source: {dsn: dbname=approval, relation: approval.duban_case}\n"
    "calendars: {cn: " SOURCE_DIR "/etc/calendars/cn.yaml, shanghai: " SOURCE_DIR
    "/etc/calendars/cn.yaml}\n"
    "calendar: cn\n"
    "policies:\n"
    "  standard:\n"
    "    - {level: yellow, label: 黄牌, before: 3 workdays, points: -1}\n"
    "    - {level: red, when: overdue}\n"
    "  late:\n"
    "    - {level: red, when: overdue}\n"
    "suspensions:\n"
    "  hearing: {label: 听证, longest: 5 workdays}\n"
    "clocks:\n"
    "  completion:\n"
    "    label: 办结\n"
    "    policy: standard\n"
    "    policies:\n"
    "      - {class: green_channel, limit: 2 workdays, policy: late, law: 细则}\n"
    "      - {item: 'ZJ-*', policy: late}\n"
    "  order: {from: completion.red, limit: 3 workdays, policy: late, match: {kind: promised}}\n"
    "channels:\n"
    "  hook: {type: webhook, secret_credential: webhook, timeout: 5s}\n"
    "routes:\n"
    "  red: {window: hook}\n";

/* The configuration with one text exchanged for another. */
static struct config *load_with(const char *from, const char *to)
{
    struct problems problems = {0};
    AUTO_FREE char *path = mem_format("%s/duban.yaml", folder);
    const char *at = strstr(text, from);
    assert_non_null(at);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    fclose(file);
    struct config *config = config_load(path, &problems);
    if (config == NULL)
        fail_msg("'%s' → '%s': %s", from, to, problems.items[0].text);
    problems_finish(&problems);
    return config;
}

static bool changes_the_rules(const char *from, const char *to)
{
    struct config *plain = load_with("中心", "中心"), *other = load_with(from, to);
    bool same = strcmp(plain->rules_version, other->rules_version) == 0;
    config_destroy(plain);
    config_destroy(other);
    return !same;
}

static void what_deadlines_come_from_counts(void **state)
{
    (void)state;
    static const char *const exchanges[][2] = {
        {"3 workdays, points", "4 workdays, points"},
        {"3 workdays, points", "3 workhours, points"},
        {"- {level: red, when: overdue}\n  late", "- {level: purple, when: overdue}\n  late"},
        {"  late:\n", "  late:\n    - {level: amber, share: 90%}\n"},
        {"policy: standard", "policy: late"},
        {"policy: standard", "policy: standard\n    calendar: shanghai\n    due: same_time"},
        {"policy: standard", "policy: standard\n    start: roll_forward"},
        {"policy: standard", "policy: standard\n    limit: statutory"},
        {"policy: standard", "policy: standard\n    extension: none"},
        {"policy: standard", "policy: standard\n    from: received_at"},
        {"policy: standard", "policy: standard\n    until: approved_at"},
        {"policy: standard", "policy: standard\n    stopped_by: none"},
        {"policy: standard", "policy: standard\n    deemed_after: 5 workdays"},
        {"policy: standard", "policy: standard\n    match: {not: {kind: instant}}"},
        {"longest: 5 workdays", "effect: ignore"},
        {"longest: 5 workdays", "longest: 5 workdays, beyond: run_again"},
        {"class: green_channel", "class: green"},
        {"limit: 2 workdays", "limit: 1 workday"},
        {"'ZJ-*'", "['ZJ-*', 'SC-*']"},
        {"      - {item: 'ZJ-*', policy: late}\n", ""},
        {"kind: promised", "kind: joint"},
        {"kind: promised", "any: [{kind: promised}, {kind: joint}]"},
        {"  order:", "  rectification:"},
    };
    for (size_t i = 0; i < COUNT_OF(exchanges); i++)
        if (!changes_the_rules(exchanges[i][0], exchanges[i][1]))
            fail_msg("'%s' → '%s' leaves the version", exchanges[i][0], exchanges[i][1]);
}

static void whom_is_told_and_how_does_not(void **state)
{
    (void)state;
    static const char *const exchanges[][2] = {
        {"centre: 中心", "centre: 安澜县"},
        {"centre: 中心", "centre: 中心\nlog_level: debug\ndaemon: {poll: 5s}"},
        {"dsn: dbname=duban", "dsn: dbname=other"},
        {"黄牌", "黄色"},
        {"points: -1", "points: -2, notify: {window: hook}"},
        {"听证, longest: 5 workdays", "听证会, longest: 9 workdays"},
        {"label: 办结", "label: 办理"},
        {"law: 细则", "law: 湛江 2009"},
        {"timeout: 5s", "timeout: 9s"},
        {"red: {window: hook}", "red: {window: hook, supervision: hook}"},
        {"  red: {window: hook}\n", "  red: {window: hook}\ntemplates: {red: 红牌}\n"
                                    "selftest: {recipient: W1, channel: hook}\n"
                                    "hours: {window: '08:00-18:00'}\n"},
    };
    for (size_t i = 0; i < COUNT_OF(exchanges); i++)
        if (changes_the_rules(exchanges[i][0], exchanges[i][1]))
            fail_msg("'%s' → '%s' changes the version", exchanges[i][0], exchanges[i][1]);
}

/* A clock that begins at a level of another follows that one's terms, whichever a case has. */
static void a_clock_depends_on_the_one_it_begins_with(void **state)
{
    (void)state;
    struct config *plain = load_with("中心", "中心");
    struct config *others[] = {load_with("class: green_channel", "class: green"),
                               load_with("limit: 2 workdays", "limit: 1 workday"),
                               load_with("3 workdays, points", "4 workdays, points")};
    const char *version = config_clock_named(plain, "order")->terms.version;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        const char *other = config_clock_named(others[i], "order")->terms.version;
        assert_string_not_equal(version, other);
        config_destroy(others[i]);
    }
    config_destroy(plain);
}

/* The places of levels are stored with clocks, so another place is another rule. */
static void a_level_that_comes_between_moves_the_others(void **state)
{
    (void)state;
    struct config *plain = load_with("中心", "中心");
    struct config *more =
        load_with("policies:\n  standard:", "policies:\n  more:\n    - {level: amber, share: 90%}\n"
                                            "    - {level: red, when: overdue}\n  standard:");
    assert_string_not_equal(plain->clocks[0].choices[0].terms.version,
                            more->clocks[0].choices[0].terms.version);
    config_destroy(plain);
    config_destroy(more);
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || setenv("CREDENTIALS_DIRECTORY", folder, 1) != 0)
        return -1;
    AUTO_FREE char *path = mem_format("%s/webhook", folder);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return -1;
    fputs("a secret of some length\n", file);
    return fclose(file) == 0 ? chmod(path, 0600) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    AUTO_FREE char *secret = mem_format("%s/webhook", folder);
    AUTO_FREE char *config = mem_format("%s/duban.yaml", folder);
    unlink(secret);
    unlink(config);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_deadlines_come_from_counts),
        cmocka_unit_test(whom_is_told_and_how_does_not),
        cmocka_unit_test(a_clock_depends_on_the_one_it_begins_with),
        cmocka_unit_test(a_level_that_comes_between_moves_the_others),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
