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

static char secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static struct webhook_options options = {.secret = secret};
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

static void a_bad_secret_is_a_problem(void **state)
{
    (void)state;
    struct problems problems = {0};
    struct yaml_document *document =
        yaml_load_text("hooks:\n  type: webhook\n", 23, "duban.yaml", &problems);
    const struct yaml_node *node = yaml_get(yaml_root(document), "hooks");
    assert_true(channel_webhook.check(&options, node, &problems));
    struct webhook_options bad = {.secret = (char[]){"short"}};
    assert_false(channel_webhook.check(&bad, node, &problems));
    struct error error;
    problems_error(&problems, &error);
    assert_string_equal(error.text, "duban.yaml:2:3: the secret has 5 bytes; expected 16 to 256");
    problems_finish(&problems);
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
        {HTTP_REPLIED, 401, -1, "", VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 404, 30, "", VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 408, -1, "", VERDICT_TEMPORARY, 0, ""},
        {HTTP_REPLIED, 410, -1, "", VERDICT_PERMANENT, 0, "gone"},
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_signed),
        cmocka_unit_test(a_bad_address_makes_no_request),
        cmocka_unit_test(a_bad_secret_is_a_problem),
        cmocka_unit_test(replies_become_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
