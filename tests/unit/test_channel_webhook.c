/* Webhooks: requests and verdicts. */
#include "duban/channel_webhook.h"

#include "duban/mem.h"
#include "duban/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "channel_case.h"
#include "sample_notice.h"

static char secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static struct webhook_options options = {.secret = secret, .format = "standard", .source = "duban"};
static const struct channel channel = {
    .name = "hooks", .type = &channel_webhook, .options = &options};

static struct message message = {.id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                                 .address = "https://hooks.example/duban?key=1",
                                 .body = "{\"test\": 2432232314}",
                                 .body_length = 20,
                                 .attempt = 1};

static const char *header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

static void a_request_is_signed(void **state)
{
    (void)state;
    struct http_request request;
    wall_us now = 1614265330 * US_PER_S + 999999;
    assert_true(channel_webhook.request(&channel, &message, now, &request, NULL));
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, message.address);
    assert_false(request.fresh_connection);
    assert_ptr_equal(request.body, message.body);
    assert_int_equal(request.body_length, 20);
    assert_int_equal(request.header_count, 4);
    assert_string_equal(header(&request, "Content-Type"), "application/json; charset=utf-8");
    assert_string_equal(header(&request, "webhook-id"), message.id);
    assert_string_equal(header(&request, "webhook-timestamp"), "1614265330");
    assert_string_equal(header(&request, "webhook-signature"),
                        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    http_request_finish(&request);
}

/* Each secret's signature is that of a request which knows it alone. */
static void two_secrets_sign_while_one_is_replaced(void **state)
{
    (void)state;
    static char new_secret[] = "a new secret of some length";
    struct webhook_options both = options;
    both.secret = new_secret;
    both.old_secret = secret;
    struct webhook_options alone = options;
    alone.secret = new_secret;
    const struct channel rotating = {.type = &channel_webhook, .options = &both};
    const struct channel rotated = {.type = &channel_webhook, .options = &alone};
    struct http_request request, after;
    wall_us now = 1614265330 * US_PER_S;
    assert_true(channel_webhook.request(&rotating, &message, now, &request, NULL));
    assert_true(channel_webhook.request(&rotated, &message, now, &after, NULL));
    AUTO_FREE char *expected = mem_format("%s v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                                          header(&after, "webhook-signature"));
    assert_string_equal(header(&request, "webhook-signature"), expected);
    http_request_finish(&request);
    http_request_finish(&after);
}

static void further_headers_and_the_certificate_are_added(void **state)
{
    (void)state;
    static char region[] = "north", token[] = "Bearer t", pem[] = "c.pem", key[] = "k.pem";
    struct webhook_options more = options;
    more.header_count = 2;
    more.headers[0] = (struct webhook_header){"X-Region", region};
    more.headers[1] = (struct webhook_header){"Authorization", token};
    more.certificate = pem;
    more.key = key;
    const struct channel with_more = {.type = &channel_webhook, .options = &more};
    struct http_request request;
    assert_true(channel_webhook.request(&with_more, &message, 0, &request, NULL));
    assert_int_equal(request.header_count, 6);
    assert_string_equal(header(&request, "X-Region"), "north");
    assert_string_equal(header(&request, "Authorization"), "Bearer t");
    assert_string_equal(request.certificate, "c.pem");
    assert_string_equal(request.key, "k.pem");
    http_request_finish(&request);
}

static void a_cloudevent_is_composed_and_declared(void **state)
{
    (void)state;
    struct webhook_options events = options;
    events.format = "cloudevents";
    events.source = "https://duban.example/";
    const struct channel cloud = {.type = &channel_webhook, .options = &events};
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    const struct wording wording = {.id = "m1", .notice = &notice};
    AUTO_BUF body;
    buf_init(&body, 8192);
    assert_true(channel_webhook.compose(&cloud, &wording, &body, NULL));
    assert_non_null(strstr(buf_string(&body), "\"source\":\"https://duban.example/\""));
    struct message event = message;
    event.body = buf_string(&body);
    event.body_length = body.length;
    struct http_request request;
    /* even when the channel's format is another one by now */
    assert_true(channel_webhook.request(&channel, &event, 0, &request, NULL));
    assert_string_equal(header(&request, "Content-Type"),
                        "application/cloudevents+json; charset=utf-8");
    http_request_finish(&request);
}

/* A program that is told of a proposal has its words too, without people's names. */
static void a_proposal_is_in_words_too(void **state)
{
    (void)state;
    struct facts facts = sample_facts();
    struct notice notice = sample_notice(&facts);
    struct problems problems = {0};
    struct channel open = channel;
    open.include_applicant = true;
    struct template *template = template_create_text(
        "{item}（{case_no}）{remaining}<{handler}{applicant}{agent}>", "t", &problems);
    const struct wording wording = {.id = "m1", .notice = &notice, .text = template};
    for (int round = 0; round < 3; round++) {
        AUTO_BUF body;
        buf_init(&body, 8192);
        notice.kind = round == 0 ? "red" : "tacit_approval";
        assert_true(channel_webhook.compose(round == 2 ? &open : &channel, &wording, &body, NULL));
        static const char *const proposals[] = {
            NULL,
            "\"proposal\":\"食品经营许可证核发（FC202611160083）还剩3个工作日<>\",\"case\"",
            "\"proposal\":\"食品经营许可证核发（FC202611160083）还剩3个工作日<李明张**王代办>\"",
        };
        assert_int_equal(strstr(buf_string(&body), "\"proposal\"") != NULL, round > 0);
        if (proposals[round] && strstr(buf_string(&body), proposals[round]) == NULL)
            fail_msg("%s", buf_string(&body));
    }
    template_destroy(template);
}

static void a_bad_address_makes_no_request(void **state)
{
    (void)state;
    struct http_request request = {.header_count = 7};
    struct message bad = message;
    struct error error;
    bad.address = "ftp://hooks.example/";
    assert_false(channel_webhook.request(&channel, &bad, 0, &request, &error));
    assert_int_equal(request.header_count, 7);
    assert_false(channel_webhook.check_address(bad.address, &error));
    assert_true(channel_webhook.check_address(message.address, &error));
}

static void settings_that_make_no_sense_are_problems(void **state)
{
    (void)state;
    static char shorter[] = "short", other[] = "another secret of length";
    static const struct {
        char *secret, *old_secret;
        const char *source, *problem;
    } cases[] = {
        {secret, NULL, "duban", NULL},
        {secret, other, "https://duban.example/?centre=FC", NULL},
        {shorter, NULL, "duban", "the secret has 5 bytes; expected 16 to 256"},
        {secret, shorter, "duban", "old_secret: the secret has 5 bytes; expected 16 to 256"},
        {secret, secret, "duban", "old_secret is the same as secret"},
        {secret, NULL, "", "source is not a URI reference, as https://duban.example/"},
        {secret, NULL, "a b", "source is not a URI reference, as https://duban.example/"},
        {secret, NULL, "督办", "source is not a URI reference, as https://duban.example/"},
    };
    struct problems none = {0};
    struct yaml_document *document =
        yaml_load_text("hooks:\n  type: webhook\n", 23, "duban.yaml", &none);
    const struct yaml_node *node = yaml_get(yaml_root(document), "hooks");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct problems problems = {0};
        struct webhook_options checked = {.secret = cases[i].secret,
                                          .old_secret = cases[i].old_secret,
                                          .source = cases[i].source};
        assert_int_equal(channel_webhook.check(&checked, node, &problems), !cases[i].problem);
        assert_int_equal(problems.count, cases[i].problem != NULL);
        if (cases[i].problem)
            assert_string_equal(problems.items[0].text, cases[i].problem);
        problems_finish(&problems);
    }
    yaml_destroy(document);
}

static void replies_become_verdicts(void **state)
{
    (void)state;
    static const struct channel_case cases[] = {
        {HTTP_REPLIED, 200, -1, "", VERDICT_DELIVERED, 0, "HTTP 200"},
        {HTTP_REPLIED, 202, -1, "ok", VERDICT_DELIVERED, 0, "HTTP 202: ok"},
        {HTTP_REPLIED, 204, -1, "", VERDICT_DELIVERED, 0, ""},
        {HTTP_REPLIED, 301, -1, "", VERDICT_PERMANENT, 0, "redirects are not followed"},
        {HTTP_REPLIED, 308, -1, "", VERDICT_PERMANENT, 0, "redirects are not followed"},
        {HTTP_REPLIED, 400, -1, "bad", VERDICT_PERMANENT, 0, "HTTP 400: bad"},
        {HTTP_REPLIED, 401, -1, "who?", VERDICT_REJECTED, 0, "HTTP 401: who?"},
        {HTTP_REPLIED, 403, -1, "", VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 404, 30, "", VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 408, -1, "", VERDICT_TEMPORARY, 0, ""},
        {HTTP_REPLIED, 410, -1, "", VERDICT_GONE, 0, "gone"},
        {HTTP_REPLIED, 425, -1, "", VERDICT_TEMPORARY, 0, ""},
        {HTTP_REPLIED, 429, 120, "", VERDICT_THROTTLED, 120 * US_PER_S, "HTTP 429"},
        {HTTP_REPLIED, 429, -1, "", VERDICT_THROTTLED, 0, ""},
        {HTTP_REPLIED, 429, INT64_MAX, "", VERDICT_THROTTLED, 86400 * US_PER_S, ""},
        {HTTP_REPLIED, 500, -1, "oops", VERDICT_TEMPORARY, 0, "HTTP 500: oops"},
        {HTTP_REPLIED, 503, -1, "", VERDICT_TEMPORARY, 0, ""},
        {HTTP_REPLIED, 503, 5, "", VERDICT_THROTTLED, 5 * US_PER_S, ""},
        {HTTP_REPLIED, 503, 0, "", VERDICT_THROTTLED, 0, ""},
        {HTTP_REPLIED, 600, -1, "", VERDICT_TEMPORARY, 0, ""},
        {HTTP_REPLIED, 0, -1, "", VERDICT_TEMPORARY, 0, ""},
        {HTTP_NOT_SENT, 0, -1, "", VERDICT_TEMPORARY, 0, "it broke"},
        {HTTP_INTERRUPTED, 200, -1, "", VERDICT_TEMPORARY, 0, "it broke"},
        {HTTP_TIMED_OUT, 0, -1, "", VERDICT_TEMPORARY, 0, "it broke"},
        {HTTP_TOO_LARGE, 200, -1, "", VERDICT_DELIVERED, 0, ""},
        {HTTP_TOO_LARGE, 500, -1, "", VERDICT_TEMPORARY, 0, ""},
    };
    check_verdicts(&channel, cases, COUNT_OF(cases));
    assert_int_equal(scope_of(&channel, 429, ""), THROTTLE_ENDPOINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_signed),
        cmocka_unit_test(two_secrets_sign_while_one_is_replaced),
        cmocka_unit_test(further_headers_and_the_certificate_are_added),
        cmocka_unit_test(a_cloudevent_is_composed_and_declared),
        cmocka_unit_test(a_proposal_is_in_words_too),
        cmocka_unit_test(a_bad_address_makes_no_request),
        cmocka_unit_test(settings_that_make_no_sense_are_problems),
        cmocka_unit_test(replies_become_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
