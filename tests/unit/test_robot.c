/* What the group robots have in common: no personal data, settings, and every default message of
 * every robot as it is sent, compared with golden/robots.txt. */
#include "duban/robot.h"

#include "duban/channel_dingtalk.h"
#include "duban/channel_feishu.h"
#include "duban/channel_wecom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "robot_case.h"

#define GOLDEN SOURCE_DIR "/tests/unit/golden/robots.txt"

static struct robot_options options = {.title = "督办"};
static const struct channel channels[] = {
    {.type = &channel_dingtalk, .options = &options},
    {.type = &channel_wecom, .options = &options},
    {.type = &channel_feishu, .options = &options},
};

static char *read_golden(void)
{
    static char text[65536];
    FILE *file = fopen(GOLDEN, "r");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[length] = '\0';
    return text;
}

static void add_all(struct buf *all, const struct channel *channel, enum locale locale)
{
    for (size_t i = 0; i < COUNT_OF(robot_situations); i++) {
        const struct robot_situation *situation = &robot_situations[i];
        AUTO_FREE char *body = robot_body(channel, situation, NULL, locale);
        buf_format(all, "%s %s %s %s\n    %s\n", channel->type->name, locale_words[locale],
                   situation->kind, situation->role, body);
    }
}

/* With GOLDEN_UPDATE in the environment the file is written anew, to be read by a person. */
static void messages_are_the_golden_ones(void **state)
{
    (void)state;
    AUTO_BUF all;
    buf_init(&all, 65536);
    for (size_t i = 0; i < COUNT_OF(channels); i++)
        for (enum locale locale = 0; locale < LOCALES; locale++)
            add_all(&all, &channels[i], locale);
    assert_false(all.overflowed);
    if (getenv("GOLDEN_UPDATE")) {
        FILE *file = fopen(GOLDEN, "w");
        assert_non_null(file);
        fputs(buf_string(&all), file);
        fclose(file);
    }
    assert_string_equal(buf_string(&all), read_golden());
}

static void assert_impersonal(const char *body)
{
    static const char *const personal[] = {"张小三",      "张*",    "13800138000", "138*",  "李明",
                                           "13900139000", "王代办", "13700137000", "王主任"};
    for (size_t i = 0; i < COUNT_OF(personal); i++)
        if (strstr(body, personal[i]))
            fail_msg("%s in %s", personal[i], body);
}

/* A person's name is no recipient's name to a group. */
static void assert_no_recipient(const struct channel *channel,
                                const struct robot_situation *situation)
{
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    notice.role = situation->role;
    notice.recipient_name = facts.applicant_name;
    AUTO_FREE char *body = robot_body_of(channel, &notice, "<{recipient}> {case_no}", LOCALE_ZH_CN);
    assert_impersonal(body);
}

/* Whatever the configured texts ask for, and even where an applicant is the recipient. */
static void no_personal_data_goes_to_robots(void **state)
{
    (void)state;
    static const char text[] = "<{applicant}{handler}{agent}{reason}> {case_no} {counts}";
    for (size_t i = 0; i < COUNT_OF(channels); i++)
        for (size_t s = 0; s < COUNT_OF(robot_situations); s++) {
            struct robot_situation situation = robot_situations[s];
            AUTO_FREE char *shipped = robot_body(&channels[i], &situation, NULL, LOCALE_ZH_CN);
            AUTO_FREE char *own = robot_body(&channels[i], &situation, text, LOCALE_ZH_CN);
            situation.role = "applicant";
            AUTO_FREE char *told = robot_body(&channels[i], &situation, text, LOCALE_ZH_CN);
            assert_no_recipient(&channels[i], &situation);
            assert_impersonal(shipped);
            assert_impersonal(own);
            assert_impersonal(told);
            assert_non_null(strstr(own, situation.of_a_case ? "FC202611160083" : "128"));
        }
    for (size_t i = 0; i < COUNT_OF(channels); i++) {
        assert_false(channels[i].type->personal);
        assert_false(channels[i].type->repeatable);
        assert_false(channels[i].type->address_is_endpoint);
    }
}

static void the_address_is_on(void **state)
{
    (void)state;
    struct error error;
    assert_true(robot_check_address("on", &error));
    assert_false(robot_check_address("13800138000", &error));
    assert_false(
        robot_check_address("https://oapi.dingtalk.com/robot/send?access_token=T", &error));
    assert_null(strstr(error.text, "access_token"));
}

static const struct yaml_node *load(struct yaml_document **document, const char *text)
{
    struct problems problems = {0};
    *document = yaml_load_text(text, strlen(text), "d.yaml", &problems);
    assert_non_null(*document);
    return yaml_root(*document);
}

static void mentions_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        size_t count;
        const char *problem; /* NULL: none */
    } cases[] = {
        {"type: dingtalk\n", 0, NULL},
        {"mention: []\n", 0, NULL},
        {"mention: [13900139000, '13900139001']\n", 2, NULL},
        {"mention: 13900139000\n", 0, "expected a list"},
        {"mention: [0795-6428888]\n", 0, "mention: "},
        {"mention: ['139 0013 9000']\n", 0, "in plain digits: 13900139000"},
        {"mention: ['all']\n", 0, "mention: "},
        {"mention: [~]\n", 0, "nothing given"},
        {"mention: [a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a]\n", 0,
         "mentions 21; expected 20 at most"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct yaml_document *document;
        struct problems problems = {0};
        struct robot_options read = {0};
        const struct yaml_node *map = load(&document, cases[i].yaml);
        bool fine = robot_read_mentions(&read, map, robot_check_phone, &problems);
        assert_int_equal(fine, cases[i].problem == NULL);
        assert_int_equal(problems.count, cases[i].problem != NULL);
        if (cases[i].problem && strstr(problems.items[0].text, cases[i].problem) == NULL)
            fail_msg("%s: %s", cases[i].yaml, problems.items[0].text);
        if (fine)
            assert_int_equal(read.mention_count, cases[i].count);
        problems_finish(&problems);
        yaml_destroy(document);
    }
}

static void settings_that_make_no_sense_are_problems(void **state)
{
    (void)state;
    static char good[] = "https://robot.example/send?key=K", bad[] = "robot.example";
    static char endless[2000];
    memset(endless, 'a', sizeof endless - 1);
    memcpy(endless, "https://r/", 10);
    static const struct {
        const char *yaml;
        char *url;
        const char *title, *problem;
    } cases[] = {
        {"type: x\n", good, "督办", NULL},
        {"type: x\n", bad, "督办", "url: the URL begins with neither http:// nor https://"},
        {"type: x\n", endless, "督办", "url: longer than 1600 bytes"},
        {"type: x\n", good, "", "title: has 0 bytes; expected 1 to 60"},
        {"type: x\n", good, "督办督办督办督办督办督办督办督办督办督办督", "title: has 63 bytes"},
        {"include_applicant: true\n", good, "督办", "a robot is told no personal data"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct yaml_document *document;
        struct problems problems = {0};
        struct robot_options checked = {.url = cases[i].url, .title = cases[i].title};
        bool fine = robot_check(&checked, load(&document, cases[i].yaml), &problems);
        assert_int_equal(fine, cases[i].problem == NULL);
        assert_int_equal(problems.count, cases[i].problem != NULL);
        if (cases[i].problem)
            assert_non_null(strstr(problems.items[0].text, cases[i].problem));
        problems_finish(&problems);
        yaml_destroy(document);
    }
}

/* RFC 4231, test case 2. */
static void signatures_are_hmac_sha256(void **state)
{
    (void)state;
    char signature[ROBOT_SIGNATURE_BYTES];
    assert_string_equal(robot_sign("Jefe", "what do ya want for nothing?", signature),
                        "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_the_golden_ones),
        cmocka_unit_test(no_personal_data_goes_to_robots),
        cmocka_unit_test(the_address_is_on),
        cmocka_unit_test(mentions_are_read),
        cmocka_unit_test(settings_that_make_no_sense_are_problems),
        cmocka_unit_test(signatures_are_hmac_sha256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
