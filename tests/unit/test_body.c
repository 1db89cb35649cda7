/* The webhook's JSON body, and the examples of docs/webhook.md. */
#include "duban/body.h"

#include "duban/mem.h"
#include "duban/signature.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sample_notice.h"

#define DOCUMENT SOURCE_DIR "/docs/webhook.md"

static const char *render(const struct notice *notice, bool include_applicant)
{
    static char text[8192];
    AUTO_BUF out;
    buf_init(&out, sizeof text);
    body_render(notice, "0198f1c2-77aa-7c31-9d5e-3f1f4b1c2a10", include_applicant, &out);
    strcpy(text, buf_string(&out));
    return text;
}

/* The document's n-th block of ```json, from 0. */
static char *read_example(int which)
{
    static char text[65536];
    FILE *file = fopen(DOCUMENT, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    char *at = text;
    for (; which >= 0; which--) {
        at = strstr(at, "```json\n");
        assert_non_null(at);
        at += strlen("```json\n");
    }
    *strstr(at, "```") = '\0';
    return at;
}

/* Same values in the same order, however they are spaced. */
static void assert_is_example(const char *body, int which)
{
    json_t *example = json_loads(read_example(which), 0, NULL);
    assert_non_null(example);
    char *compact = json_dumps(example, JSON_COMPACT);
    assert_string_equal(body, compact);
    free(compact);
    json_decref(example);
}

static void a_reminder_has_its_number(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    assert_null(strstr(render(&notice, false), "\"reminder\""));
    notice.kind = "reminder";
    notice.reminder = 3;
    const char *body = render(&notice, false);
    assert_non_null(strstr(body, "\"type\":\"duban.case.reminder\""));
    assert_non_null(strstr(body, "\"level\":\"yellow\""));
    assert_non_null(strstr(body, "\"sequence\":1,\"reminder\":3,\"case\""));
}

static void what_takes_a_level_back_names_it(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    assert_null(strstr(render(&notice, false), "taken_level"));
    notice.kind = "level_withdrawn";
    notice.taken = "red";
    notice.taken_label = "红牌";
    notice.detail = "王主任: 日期录错";
    assert_non_null(strstr(render(&notice, false),
                           "\"sequence\":1,\"taken_level\":\"red\",\"taken_level_label\":\"红牌\","
                           "\"detail\":\"王主任: 日期录错\",\"case\""));
}

static void a_joint_case_names_the_part_that_holds_it_up(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    assert_null(strstr(render(&notice, false), "\"part\""));
    notice.part = "FC202611160083-2";
    notice.part_department = "公安局";
    assert_non_null(
        strstr(render(&notice, false),
               "\"part\":{\"number\":\"FC202611160083-2\",\"department\":\"公安局\"},\"case\""));
}

static void the_document_shows_what_is_sent(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    assert_is_example(render(&notice, false), 0);

    static const struct notice_count counts[] = {{"yellow", "黄牌", 128}, {"red", "红牌", 45}};
    struct notice digest = sample_notice(NULL);
    digest.kind = "baseline";
    digest.role = "supervision";
    digest.recipient = "XNB";
    digest.recipient_name = "效能办";
    digest.counts = counts;
    digest.count = 2;
    assert_is_example(render(&digest, true), 1);
}

static void the_document_shows_a_cloudevent(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    AUTO_BUF out;
    buf_init(&out, 8192);
    body_render_cloudevent(&notice, "0198f1c2-77aa-7c31-9d5e-3f1f4b1c2a10",
                           "https://duban.example/", false, &out);
    assert_is_example(buf_string(&out), 2);
    assert_null(strstr(buf_string(&out), facts.applicant_name));

    struct notice digest = sample_notice(NULL);
    digest.kind = "baseline";
    buf_clear(&out);
    body_render_cloudevent(&digest, "m1", "duban", true, &out);
    assert_null(strstr(buf_string(&out), "\"subject\"")); /* which may not be null or empty */
    assert_non_null(strstr(buf_string(&out), "\"type\":\"duban.baseline\""));
}

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, 0, &error);
    if (value == NULL)
        fail_msg("%s: %s", error.text, text);
    return value;
}

static void applicants_are_told_only_when_asked_for(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    const char *without = render(&notice, false);
    assert_null(strstr(without, facts.applicant_name));
    assert_null(strstr(without, facts.applicant_phone));
    assert_null(strstr(without, facts.handler_name));
    assert_null(strstr(without, facts.handler_phone));
    json_t *body = parse(render(&notice, true));
    const char *name, *phone;
    assert_int_equal(json_unpack(body, "{s:{s:{s:{s:s, s:s}}}}", "data", "case", "applicant",
                                 "name", &name, "phone", &phone),
                     0);
    assert_string_equal(name, "张小三");
    assert_string_equal(phone, "13800138000");
    json_decref(body);
}

static void assert_distance(const struct notice *notice, const char *key, const char *absent,
                            json_int_t workdays, json_int_t seconds)
{
    json_t *body = parse(render(notice, false));
    json_t *data = json_object_get(body, "data");
    json_t *distance = json_object_get(data, key);
    assert_null(json_object_get(data, absent));
    assert_int_equal(json_integer_value(json_object_get(distance, "workdays")), workdays);
    assert_int_equal(json_integer_value(json_object_get(distance, "seconds")), seconds);
    json_decref(body);
}

static void the_distance_is_overdue_or_remaining(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    assert_distance(&notice, "remaining", "overdue", 3, 28 * 3600);
    notice.workdays_left = -2;
    notice.open_left = -7 * 3600 * US_PER_S;
    assert_distance(&notice, "overdue", "remaining", 2, 7 * 3600);
    notice.event_at = notice.due_at; /* closing time: no open time has passed yet */
    notice.workdays_left = 0;
    notice.open_left = 0;
    assert_distance(&notice, "overdue", "remaining", 0, 0);
}

static void what_is_not_known_is_null(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    facts.has_statutory = false;
    facts.at[MILESTONE_ACCEPTED] = WALL_NONE;
    notice.window_name = "";
    notice.due_at = WALL_NONE;
    json_t *body = parse(render(&notice, false));
    json_t *data = json_object_get(body, "data");
    json_t *object = json_object_get(data, "case");
    assert_true(json_is_null(json_object_get(data, "due_at")));
    assert_null(json_object_get(data, "remaining"));
    assert_null(json_object_get(data, "overdue"));
    assert_true(json_is_null(json_object_get(object, "statutory_limit")));
    assert_true(json_is_null(json_object_get(object, "accepted_at")));
    assert_true(json_is_null(json_object_get(json_object_get(object, "window"), "name")));
    json_decref(body);
}

static void broken_texts_are_mended(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    facts.item_name = "食\xFF品\"\\\n";
    json_t *body = parse(render(&notice, false));
    const char *name;
    assert_int_equal(json_unpack(body, "{s:{s:{s:{s:s}}}}", "data", "case", "item", "name", &name),
                     0);
    assert_string_equal(name, "食\uFFFD品\"\\\n");
    json_decref(body);
}

/* The document's example of a signature is right. */
static void the_document_signs_correctly(void **state)
{
    (void)state;
    struct signature_key key;
    char signature[SIGNATURE_BYTES], line[80];
    const char *body = "{\"id\":\"msg_1\",\"type\":\"duban.test\"}";
    assert_true(signature_key_read("whsec_ZHViYW4gZXhhbXBsZSBzZWNyZXQh", &key, NULL));
    signature_make(&key, "msg_1", 1795309200, body, strlen(body), signature);
    snprintf(line, sizeof line, "webhook-signature: %s", signature);
    char *text = read_example(0);
    text += strlen(text) + 1; /* the rest of the document */
    assert_non_null(strstr(text, body));
    if (strstr(text, line) == NULL)
        fail_msg("expected %s", line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reminder_has_its_number),
        cmocka_unit_test(what_takes_a_level_back_names_it),
        cmocka_unit_test(a_joint_case_names_the_part_that_holds_it_up),
        cmocka_unit_test(the_document_shows_what_is_sent),
        cmocka_unit_test(the_document_shows_a_cloudevent),
        cmocka_unit_test(applicants_are_told_only_when_asked_for),
        cmocka_unit_test(the_distance_is_overdue_or_remaining),
        cmocka_unit_test(what_is_not_known_is_null),
        cmocka_unit_test(broken_texts_are_mended),
        cmocka_unit_test(the_document_signs_correctly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
