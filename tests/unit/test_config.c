/* The configuration: the shipped one, lookups, and every mistake with its place.
 *
 * tests/unit/config/NAME.yaml holds mistakes, NAME.txt what must be told about them. */
#include "duban/config.h"

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

static char credentials[] = "/tmp/duban-config-XXXXXX";

static void write_credential(const char *name, const char *text)
{
    AUTO_FREE char *path = mem_format("%s/%s", credentials, name);
    int descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
}

/* Loads a file of the source tree; problems come with paths from there on. */
static struct config *load(const char *name, struct buf *problems)
{
    struct problems found = {0};
    AUTO_FREE char *path = mem_format("%s/%s", SOURCE_DIR, name);
    AUTO_BUF printed;
    buf_init(&printed, 1 << 16);
    struct config *config = config_load(path, &found);
    assert_int_equal(config == NULL, found.total > 0);
    problems_print(&found, &printed);
    problems_finish(&found);
    for (const char *rest = buf_string(&printed); *rest; rest++) {
        if (strncmp(rest, SOURCE_DIR "/", strlen(SOURCE_DIR "/")) == 0)
            rest += strlen(SOURCE_DIR "/");
        buf_char(problems, *rest);
    }
    return config;
}

static struct config *load_shipped(void)
{
    AUTO_BUF problems;
    buf_init(&problems, 1 << 16);
    struct config *config = load("etc/duban.yaml", &problems);
    assert_string_equal(buf_string(&problems), "");
    return config;
}

static void the_shipped_one_is_fine(void **state)
{
    (void)state;
    struct config *config = load_shipped();
    assert_string_equal(config->centre, "安澜县政务服务中心");
    assert_int_equal(config->locale, LOCALE_ZH_CN);
    assert_int_equal(config->log_level, 2);
    assert_null(config->state.password);
    assert_string_equal(config->source.relation, "approval.duban_case");
    assert_int_equal(config->source.overlap_us, 600 * US_PER_S);
    assert_int_equal(config->daemon.calendar_warning_us, 60 * US_PER_DAY);
    assert_string_equal(zone_name(calendar_zone(config->calendar)), "Asia/Shanghai");
    assert_int_equal(strlen(config->version), 64);
    const struct channel *sms = config_channel(config, "sms");
    assert_string_equal(sms->type->name, "kannel");
    assert_string_equal(sms->unknown, "park");
    assert_int_equal(sms->timeout_us, 10 * US_PER_S);
    assert_null(config_channel(config, "fax"));
    assert_int_equal(config->route_count, 13);
    assert_string_equal(config->routes[0].kind, "yellow");
    assert_string_equal(config->routes[0].role, "window");
    assert_ptr_equal(config->routes[0].channel, sms);
    config_destroy(config);
    config_destroy(NULL);
}

static void levels_are_those_of_the_policy(void **state)
{
    (void)state;
    struct config *config = load_shipped();
    const struct config_policy *standard = &config->policies[0];
    const struct level *yellow = &standard->policy.levels[0], *red = yellow + 1;
    assert_int_equal(standard->policy.count, 2);
    assert_string_equal(yellow->name, "yellow");
    assert_string_equal(standard->levels[0].label, "黄牌");
    assert_int_equal(yellow->amount, -3);
    assert_int_equal(yellow->unit, THRESHOLD_WORKDAY);
    assert_int_equal(yellow->at, AT_OPENING);
    assert_int_equal(yellow->when_short, SHORT_AT_START);
    assert_string_equal(red->name, "red");
    assert_int_equal(red->amount, 0);
    assert_int_equal(red->at, AT_EXACT);
    config_destroy(config);
}

static struct facts facts_of(const char *kind)
{
    return (struct facts){
        .item_code = "GA-01", .kind = kind, .department_code = "GA", .window_code = "GA-W1"};
}

static void the_first_policy_that_matches_counts(void **state)
{
    (void)state;
    struct config *config = load_shipped();
    const struct config_clock *clock = &config->clocks[0];
    struct facts instant = facts_of("instant"), promised = facts_of("promised");
    assert_string_equal(config_terms(clock, &instant)->policy->policy.name, "instant");
    const struct config_terms *terms = config_terms(clock, &promised);
    assert_string_equal(terms->policy->policy.name, "standard");
    assert_ptr_equal(terms->rule.policy, &terms->policy->policy);
    assert_ptr_equal(terms->rule.calendar, config->calendar);
    assert_int_equal(terms->rule.due_mode, DUE_CLOSING);
    assert_int_equal(terms->rule.start_mode, START_STRICTLY_AFTER);
    assert_int_equal(clock->from.milestone, MILESTONE_ACCEPTED);
    assert_int_equal(clock->until[0].milestone, MILESTONE_COMPLETED);
    assert_int_equal(terms->limit_source, LIMIT_PROMISED);
    assert_true(terms->extends);
    assert_true(match_fits(&clock->match, &promised));
    config_destroy(config);
}

static void every_event_has_a_text(void **state)
{
    (void)state;
    struct config *config = load_shipped();
    static const char *const kinds[] = {"yellow",   "red",      "completed",
                                        "baseline", "vanished", "level_of_yesterday"};
    static const char *const roles[] = {"window", "supervision", "applicant", "admin"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        for (size_t k = 0; k < COUNT_OF(roles); k++)
            assert_non_null(config_template(config, kinds[i], roles[k]));
    }
    config_destroy(config);
}

static void configured_texts_win(void **state)
{
    (void)state;
    AUTO_BUF problems;
    buf_init(&problems, 1 << 16);
    struct config *config = load("tests/unit/config/fine/templates.yaml", &problems);
    assert_string_equal(buf_string(&problems), "");
    static const char *const cases[][3] = {
        {"yellow", "window", "本窗口"},
        {"red", "window", "红牌"},
        {"red", "leader", "红牌"},
    };
    struct notice notice = {.kind = "red",
                            .centre = "",
                            .level = "",
                            .level_label = "",
                            .clock = "",
                            .clock_label = "",
                            .window_name = "",
                            .department_name = "",
                            .recipient = "",
                            .recipient_name = "",
                            .role = "",
                            .detail = "",
                            .due_at = WALL_NONE};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_BUF out;
        buf_init(&out, 1024);
        template_render(config_template(config, cases[i][0], cases[i][1]), &notice, LOCALE_ZH_CN, 0,
                        &out);
        assert_string_equal(buf_string(&out), cases[i][2]);
    }
    assert_ptr_not_equal(config_template(config, "yellow", "leader"),
                         config_template(config, "yellow", "window"));
    config_destroy(config);
}

static void addresses_are_those_of_the_channel(void **state)
{
    (void)state;
    struct config *config = load_shipped();
    struct error error;
    assert_true(config_check_address(config, "sms", "13800138000", &error));
    assert_false(config_check_address(config, "sms", "12345", &error));
    assert_true(config_check_address(config, "hook", "https://example.org/duban", &error));
    assert_false(config_check_address(config, "hook", "ftp://example.org/duban", &error));
    assert_false(config_check_address(config, "hok", "https://example.org/duban", &error));
    assert_string_equal(error.text, "the channel 'hok' is unknown; did you mean 'hook'?");
    config_destroy(config);
}

static void the_version_follows_the_bytes(void **state)
{
    (void)state;
    AUTO_BUF problems;
    buf_init(&problems, 1 << 16);
    struct config *one = load_shipped(), *same = load_shipped();
    struct config *other = load("tests/unit/config/fine/templates.yaml", &problems);
    assert_string_equal(one->version, same->version);
    assert_string_not_equal(one->version, other->version);
    config_destroy(one);
    config_destroy(same);
    config_destroy(other);
}

static struct config *load_watched(void)
{
    AUTO_BUF problems;
    buf_init(&problems, 1 << 16);
    struct config *config = load("tests/unit/config/fine/alarms.yaml", &problems);
    assert_string_equal(buf_string(&problems), "");
    return config;
}

static void alarms_have_their_channels_and_addresses(void **state)
{
    (void)state;
    struct config *config = load_watched();
    const struct config_alarms *alarms = &config->alarms;
    assert_int_equal(alarms->count, 2);
    assert_string_equal(alarms->channels[0].channel->name, "sms");
    assert_int_equal(alarms->channels[0].address_count, 0);
    assert_int_equal(alarms->channels[1].address_count, 2);
    assert_string_equal(alarms->channels[1].addresses[1], "https://example.org/b");
    assert_int_equal(alarms->database_us, 180 * US_PER_S);
    assert_int_equal(alarms->queue_us, 900 * US_PER_S);
    assert_string_equal(alarms->cache, SOURCE_DIR "/tests/unit/config/fine/contacts");
    assert_ptr_not_equal(config_template(config, "alarm", "admin"),
                         config_template(config, "alarm_over", "admin"));
    config_destroy(config);
}

/* Its clock is for its own case alone, and that case has no other. */
static void the_selftest_keeps_to_itself(void **state)
{
    (void)state;
    struct config *config = load_watched();
    struct facts ordinary = facts_of("promised"), own = facts_of("promised");
    own.item_code = SELFTEST_ITEM;
    ordinary.item_code = "SC-01";
    assert_int_equal(config->clock_count, 3);
    for (size_t i = 0; i < config->clock_count; i++) {
        const struct config_clock *clock = &config->clocks[i];
        bool is_own = strcmp(clock->name, SELFTEST) == 0;
        assert_int_equal(match_fits(&clock->match, &own), is_own);
        assert_int_equal(match_fits(&clock->match, &ordinary), !is_own);
    }
    const struct config_clock *clock = config_clock_named(config, SELFTEST);
    assert_string_equal(config_terms(clock, &own)->policy->levels[0].label, "自检");
    const struct config_route *route = &config->routes[config->route_count - 1];
    assert_string_equal(route->kind, SELFTEST);
    assert_string_equal(route->role, "window");
    assert_ptr_equal(route->channel, config_channel(config, "hook"));
    config_destroy(config);
    config = load_shipped();
    assert_null(config_clock_named(config, SELFTEST));
    assert_int_equal(config->alarms.count, 0);
    config_destroy(config);
}

static bool is_case(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".yaml") == 0;
}

static void mistakes_are_told_with_their_places(void **state)
{
    (void)state;
    DIR *directory = opendir(SOURCE_DIR "/tests/unit/config");
    assert_non_null(directory);
    size_t cases = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (!is_case(entry->d_name))
            continue;
        cases++;
        AUTO_FREE char *name = mem_format("tests/unit/config/%s", entry->d_name);
        AUTO_FREE char *golden = mem_format("%s/%.*s.txt", SOURCE_DIR, (int)strlen(name) - 5, name);
        AUTO_FREE char *expected = NULL;
        size_t length;
        struct error error;
        AUTO_BUF problems;
        buf_init(&problems, 1 << 16);
        assert_null(load(name, &problems));
        if (!file_read(golden, 1 << 16, &expected, &length, &error))
            fail_msg("%s %s; found:\n%s", golden, error.text, buf_string(&problems));
        assert_string_equal(buf_string(&problems), expected);
    }
    closedir(directory);
    assert_true(cases >= 6);
}

/* A text with codes counts for its role, or for all. */
static void codes_are_found_beside_their_texts(void **state)
{
    (void)state;
    AUTO_BUF problems;
    buf_init(&problems, 1 << 16);
    struct config *config = load("tests/unit/config/fine/codes.yaml", &problems);
    assert_string_equal(buf_string(&problems), "");
    static const struct {
        const char *kind, *role, *code;
    } cases[] = {
        {"yellow", "window", "SMS_1"}, {"yellow", "department", "SMS_2"},
        {"yellow", "leader", NULL},    {"red", "window", "SMS_3"},
        {"red", "leader", "SMS_3"},    {"completed", "applicant", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct template_code *code =
            config_template_code(config, cases[i].kind, cases[i].role);
        const char *found = template_code_find(code, "sms");
        assert_int_equal(found == NULL, cases[i].code == NULL);
        if (found)
            assert_string_equal(found, cases[i].code);
        assert_null(template_code_find(code, "plain"));
    }
    config_destroy(config);
}

/* "from: role channel, …" of each step, all that it tells. */
static const char *steps_of(const struct config *config, const char *kind)
{
    static char text[256];
    size_t used = 0;
    const struct config_reminder *reminder = config_reminder(config, kind);
    for (size_t i = 0; i < reminder->step_count; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d:", i ? " " : "",
                                 (int)reminder->steps[i].from);
        for (size_t k = 0; k < reminder->steps[i].route_count; k++) {
            const struct config_route *route = &reminder->routes[k];
            assert_string_equal(route->kind, "reminder");
            used += (size_t)snprintf(text + used, sizeof text - used, " %s=%s", route->role,
                                     route->channel->name);
        }
    }
    return text;
}

static void levels_are_told_again_step_by_step(void **state)
{
    (void)state;
    AUTO_BUF problems;
    buf_init(&problems, 1 << 16);
    struct config *config = load("tests/unit/config/fine/reminders.yaml", &problems);
    assert_string_equal(buf_string(&problems), "");
    assert_int_equal(config_reminder(config, "red")->most, 9);
    assert_string_equal(steps_of(config, "red"),
                        "1: window=sms 3: window=sms department=sms department=hook leader=sms");
    assert_int_equal(config_reminder(config, "yellow")->most, 20);
    assert_string_equal(steps_of(config, "yellow"), "1: window=sms window=hook department=hook");
    assert_null(config_reminder(config, "completed"));
    config_destroy(config);
}

/* The example of docs/sms-http.md. */
static void a_gateway_is_described_in_the_configuration(void **state)
{
    (void)state;
    AUTO_BUF problems;
    buf_init(&problems, 1 << 16);
    struct config *config = load("tests/unit/config/fine/http_gateway.yaml", &problems);
    assert_string_equal(buf_string(&problems), "");
    assert_string_equal(config_channel(config, "sms")->type->name, "http");
    config_destroy(config);
}

static void hours_are_those_of_the_kind_or_the_role(void **state)
{
    (void)state;
    AUTO_BUF problems;
    buf_init(&problems, 1 << 16);
    struct config *config = load("tests/unit/config/fine/hours.yaml", &problems);
    assert_string_equal(buf_string(&problems), "");
    static const struct {
        const char *kind, *role;
        size_t count;
        enum hours_kind first;
        int32_t from, until;
    } cases[] = {
        {"red", "leader", 1, HOURS_WORKDAYS, 7, 22},
        {"cleared", "leader", 2, HOURS_DAILY, 8, 12},
        {"yellow", "leader", 1, HOURS_OPEN, 0, 0},
        {"level_of_yesterday", "leader", 1, HOURS_OPEN, 0, 0},
        {"red", "handler", 1, HOURS_ANY, 0, 0},
        {"cleared", "handler", 2, HOURS_DAILY, 8, 12},
        {"yellow", "handler", 0, HOURS_ANY, 0, 0},
        {"completed", "applicant", 1, HOURS_DAILY, 9, 20},
        {"returned", "applicant", 1, HOURS_DAILY, 8, 21},
        {"red", "admin", 0, HOURS_ANY, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct hours *hours = config_hours(config, cases[i].kind, cases[i].role);
        assert_int_equal(hours->count, cases[i].count);
        assert_int_equal(hours->parts[0].kind, cases[i].first);
        assert_int_equal(hours->parts[0].from, cases[i].from * 3600);
        assert_int_equal(hours->parts[0].until, cases[i].until * 3600);
    }
    config_destroy(config);
}

static void name_servers_are_those_of_the_system_or_given(void **state)
{
    (void)state;
    AUTO_BUF problems;
    buf_init(&problems, 1 << 16);
    struct config *given = load("tests/unit/config/fine/dns.yaml", &problems);
    struct config *system = load_shipped();
    assert_string_equal(buf_string(&problems), "");
    assert_string_equal(given->dns_servers,
                        "192.0.2.1,127.0.0.1:5353,2001:db8::1,[2001:db8::2]:53");
    assert_null(system->dns_servers);
    config_destroy(given);
    config_destroy(system);
}

static void receipts_come_from_whom_it_allows(void **state)
{
    (void)state;
    AUTO_BUF problems;
    buf_init(&problems, 1 << 16);
    struct config *config = load("tests/unit/config/fine/receipts.yaml", &problems);
    assert_string_equal(buf_string(&problems), "");
    assert_string_equal(config->receipts.listen, "127.0.0.1:8091");
    assert_int_equal(config->receipts.place.port, 8091);
    assert_int_equal(config->receipts.allow_count, 2);
    assert_int_equal(config->receipts.allow[0].bits, 96 + 8);
    assert_int_equal(config->receipts.allow[1].bits, 128);
    assert_string_equal(config_channel(config, "sms")->receipt_path, "Kq3_0-9fX2bLmN7t");
    config_destroy(config);
    config = load_shipped();
    assert_null(config->receipts.listen);
    config_destroy(config);
}

static void monitors_ask_where_it_allows(void **state)
{
    (void)state;
    AUTO_BUF problems;
    buf_init(&problems, 1 << 16);
    struct config *config = load("tests/unit/config/fine/metrics.yaml", &problems);
    assert_string_equal(buf_string(&problems), "");
    assert_string_equal(config->metrics.listen, "127.0.0.1:8092");
    assert_int_equal(config->metrics.place.port, 8092);
    assert_int_equal(config->metrics.allow_count, 1);
    assert_int_equal(config->metrics.allow[0].bits, 96 + 24);
    config_destroy(config);
    config = load_shipped();
    assert_null(config->metrics.listen); /* off unless it is asked for */
    config_destroy(config);
}

/* The reference in the manual is what the tables say. */
static void the_manual_is_complete(void **state)
{
    (void)state;
    char *manual;
    size_t length;
    struct error error;
    AUTO_BUF reference;
    buf_init(&reference, 1 << 16);
    config_document(&reference);
    assert_true(file_read(SOURCE_DIR "/docs/configuration.md", 1 << 20, &manual, &length, &error));
    if (strstr(manual, buf_string(&reference)) == NULL)
        fail_msg("docs/configuration.md lacks this reference:\n%s", buf_string(&reference));
    free(manual);
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(credentials) == NULL)
        return -1;
    write_credential("kannel", "s3cret\n");
    write_credential("webhook", "a secret of some length\n");
    write_credential("weak", "short\n");
    write_credential("path", "Kq3_0-9fX2bLmN7t\n");
    return setenv("CREDENTIALS_DIRECTORY", credentials, 1);
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"kannel", "webhook", "weak", "path"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO_FREE char *path = mem_format("%s/%s", credentials, names[i]);
        unlink(path);
    }
    return rmdir(credentials);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_one_is_fine),
        cmocka_unit_test(levels_are_those_of_the_policy),
        cmocka_unit_test(the_first_policy_that_matches_counts),
        cmocka_unit_test(every_event_has_a_text),
        cmocka_unit_test(configured_texts_win),
        cmocka_unit_test(addresses_are_those_of_the_channel),
        cmocka_unit_test(the_version_follows_the_bytes),
        cmocka_unit_test(alarms_have_their_channels_and_addresses),
        cmocka_unit_test(the_selftest_keeps_to_itself),
        cmocka_unit_test(mistakes_are_told_with_their_places),
        cmocka_unit_test(codes_are_found_beside_their_texts),
        cmocka_unit_test(levels_are_told_again_step_by_step),
        cmocka_unit_test(a_gateway_is_described_in_the_configuration),
        cmocka_unit_test(hours_are_those_of_the_kind_or_the_role),
        cmocka_unit_test(name_servers_are_those_of_the_system_or_given),
        cmocka_unit_test(receipts_come_from_whom_it_allows),
        cmocka_unit_test(monitors_ask_where_it_allows),
        cmocka_unit_test(the_manual_is_complete),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
