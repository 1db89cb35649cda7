/* Short messages through a gateway that the configuration describes. */
#include "duban/channel_http.h"

#include "duban/delivery.h"
#include "duban/mem.h"
#include "duban/settings.h"
#include "duban/sms_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "channel_case.h"
#include "sms_sample.h"

/* A channel as the configuration makes it. */
struct gateway {
    struct yaml_document *document;
    struct http_gateway_options options;
    struct channel channel;
};

static bool gateway_init(struct gateway *gateway, const char *yaml, const char *secret,
                         struct problems *problems)
{
    *gateway = (struct gateway){.document = yaml_load_text(yaml, strlen(yaml), "t", problems)};
    const struct yaml_node *map = yaml_root(gateway->document);
    void *options = &gateway->options;
    gateway->channel = (struct channel){
        .name = "sms", .type = &channel_http, .options = options, .unknown = "park"};
    bool fine = settings_read(map, NULL, channel_http.settings, channel_http.setting_count, options,
                              problems);
    gateway->options.secret = mem_text(secret);
    fine &= channel_http.read(options, map, problems);
    return fine && channel_http.check(options, map, problems);
}

static void gateway_finish(struct gateway *gateway)
{
    channel_http.finish(&gateway->options);
    settings_finish(channel_http.settings, channel_http.setting_count, &gateway->options);
    yaml_destroy(gateway->document);
}

#define REPLY "reply: [{verdict: accepted, json: /code, is: 0}]\n"

/* "METHOD URL|Header: value|…|body" of the message to 13800138000 that says 您好 "a&b". */
static void check_request(const char *yaml, const char *expected)
{
    struct gateway gateway;
    struct problems problems = {0};
    struct http_request request;
    AUTO_BUF made;
    buf_init(&made, 4096);
    if (!gateway_init(&gateway, yaml, "s&cret", &problems))
        fail_msg("%s", problems.items[0].text);
    struct message message = sms_message("+86 13800138000", "{\"text\":\"您好 \\\"a&b\\\"\"}");
    assert_true(channel_http.request(&gateway.channel, &message, 0, &request, NULL));
    buf_format(&made, "%s %s", request.method, request.url);
    for (size_t i = 0; i < request.header_count; i++)
        buf_format(&made, "|%s: %s", request.headers[i].name, request.headers[i].value);
    buf_format(&made, "|%s", request.body ? request.body : "");
    assert_string_equal(buf_string(&made), expected);
    assert_int_equal(request.body_length, request.body ? strlen(request.body) : 0);
    assert_true(request.fresh_connection);
    http_request_finish(&request);
    gateway_finish(&gateway);
}

static void values_are_written_as_their_place_demands(void **state)
{
    (void)state;
    check_request("url: 'https://sms.example/send?to=86{to}&text={text}&key={secret}'\n"
                  "method: GET\n" REPLY,
                  "GET https://sms.example/send?to=8613800138000"
                  "&text=%E6%82%A8%E5%A5%BD%20%22a%26b%22&key=s%26cret|");
    check_request("url: 'https://sms.example/{id}'\n"
                  "headers: {Content-Type: application/json, Authorization: 'Bearer {secret}'}\n"
                  "body: '{\"to\":[\"{to}\"],\"text\":\"{text}\",\"id\":\"{id}\"}'\n" REPLY,
                  "POST https://sms.example/m-1|Content-Type: application/json"
                  "|Authorization: Bearer s&cret"
                  "|{\"to\":[\"13800138000\"],\"text\":\"您好 \\\"a&b\\\"\",\"id\":\"m-1\"}");
    check_request("url: https://sms.example/\n"
                  "headers: {content-type: 'application/x-www-form-urlencoded; charset=utf-8'}\n"
                  "body: 'mobile={to}&content={text}'\n" REPLY,
                  "POST https://sms.example/"
                  "|content-type: application/x-www-form-urlencoded; charset=utf-8"
                  "|mobile=13800138000&content=%E6%82%A8%E5%A5%BD%20%22a%26b%22");
    check_request("url: https://sms.example/\nheaders: {Content-Type: text/xml}\n"
                  "body: '<sms to=\"{to}\">{text}</sms>'\n" REPLY,
                  "POST https://sms.example/|Content-Type: text/xml"
                  "|<sms to=\"13800138000\">您好 &#34;a&#38;b&#34;</sms>");
    check_request("url: 'https://sms.example/{to}'\nheaders: {Content-Type: text/plain}\n"
                  "body: '{text} {}{ {A}'\n" REPLY,
                  "POST https://sms.example/13800138000|Content-Type: text/plain"
                  "|您好 \"a&b\" {}{ {A}");
}

static void mistakes_are_told(void **state)
{
    (void)state;
#define URL  "url: 'https://a/?to={to}&text={text}'\n"
#define JSON "headers: {Content-Type: application/json}\n"
    static const struct {
        const char *yaml, *problem;
    } cases[] = {
        {"{}", "t:1:1: 'url' is missing"},
        {URL, "t:1:1: 'reply' is missing"},
        {"url: 'a{to}{text}'\n" REPLY, "t:1:6: the URL begins with neither"},
        {"url: 'https://{id}.a/{to}{text}'\n" REPLY, "t:1:6: the host can't contain"},
        {"url: 'https://a/{phone}{text}'\n" REPLY, "t:1:6: {phone} is no placeholder"},
        {"url: 'https://a/{text}'\n" REPLY, "t:1:1: the number, {to}, is sent nowhere"},
        {"url: 'https://a/{to}'\n" REPLY, "t:1:1: {text} is sent nowhere"},
        {URL "method: PUT\n" REPLY, "t:2:9: 'PUT' is unknown"},
        {URL "method: GET\nbody: x\nheaders: {Content-Type: text/plain}\n" REPLY,
         "t:1:1: a GET has no body"},
        {URL "body: x\n" REPLY, "t:2:7: a body needs the header Content-Type"},
        {URL "body: x\nheaders: {Content-Type: image/png}\n" REPLY, "t:2:7: a body needs"},
        {URL JSON "body: '{\"a\":{text}}'\n" REPLY, "t:3:7: the body is not JSON"},
        {URL "headers: {X: '{text}'}\n" REPLY, "t:2:14: a header can't carry {text}"},
        {URL "headers: {'X Y': a}\n" REPLY, "t:2:11: expected the name of a header"},
        {URL "headers: {host: a}\n" REPLY, "t:2:11: duban sets the header Host itself"},
        {URL "headers: {X: [a]}\n" REPLY, "t:2:14: found a list, expected a value"},
        {URL "headers: [a]\n" REPLY, "t:2:10: found a list, expected a map"},
        {URL "repeatable: true\n" REPLY, "t:1:1: repeatable: without {id}"},
        {URL "reply_id: data\n" REPLY, "t:1:1: reply_id: expected a JSON pointer"},
        {URL "sign_name: '【a】'\n" REPLY, "t:1:1: sign_name: expected the signature"},
        {URL "reply: accepted\n", "t:2:8: found a value, expected a list"},
        {URL "reply: [{verdict: rejected, status: 400}]\n", "t:2:8: no rule says what means"},
        {URL "reply: [{status: 200}]\n", "t:2:9: 'verdict' is missing"},
        {URL "reply: [{verdict: fine, status: 200}]\n", "t:2:19: 'fine' is unknown"},
        {URL "reply: [{verdict: accepted}]\n", "t:2:9: the rule fits every reply"},
        {URL "reply: [{verdict: accepted, status: 2xx}]\n", "t:2:37: '2xx' is no status"},
        {URL "reply: [{verdict: accepted, status: [200, 299-200]}]\n", "t:2:43: '299-200' is no"},
        {URL "reply: [{verdict: accepted, status: []}]\n", "t:2:37: the list is empty"},
        {URL "reply: [{verdict: accepted, is: 0}]\n", "t:2:9: 'is' needs 'json'"},
        {URL "reply: [{verdict: accepted, json: code}]\n", "t:2:35: 'code' is no JSON pointer"},
        {URL "reply: [{verdict: accepted, json: /a~b}]\n", "t:2:35: '/a~b' is no JSON pointer"},
        {URL "reply: [{verdict: accepted, contains: ''}]\n", "t:2:39: an empty text says"},
        {URL "reply: [{verdict: accepted, status: 200, pause: 1h}]\n", "t:2:49: 'pause' belongs"},
        {URL "reply: [{verdict: accepted, status: 200, scope: channel}]\n",
         "t:2:49: 'scope' belongs to"},
        {URL "reply: [{verdict: throttled, status: 200, scope: all}]\n",
         "t:2:50: 'all' is unknown"},
        {URL "reply: [{verdict: accepted, states: 200}]\n", "t:2:29: unknown key 'states'"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct gateway gateway;
        struct problems problems = {0};
        AUTO_BUF told;
        buf_init(&told, 4096);
        bool fine = gateway_init(&gateway, cases[i].yaml, "s", &problems);
        problems_print(&problems, &told);
        if (fine || strncmp(buf_string(&told), cases[i].problem, strlen(cases[i].problem)) != 0)
            fail_msg("row %zu: %s", i, buf_string(&told));
        problems_finish(&problems);
        gateway_finish(&gateway);
    }
}

static void a_secret_must_be_there_when_it_is_used(void **state)
{
    (void)state;
    struct gateway gateway;
    struct problems problems = {0};
    assert_false(
        gateway_init(&gateway, "url: 'https://a/{to}/{text}/{secret}'\n" REPLY, NULL, &problems));
    assert_string_equal(problems.items[0].text,
                        "{secret} is used, and there is no secret_file or secret_credential");
    problems_finish(&problems);
    gateway_finish(&gateway);
}

static const char rules[] =
    "url: 'https://a/{to}/{text}/{id}'\n"
    "reply_id: /data/0/id\n"
    "reply:\n"
    "  - {verdict: accepted, status: 200-299, json: /code, is: [0, 'OK', true]}\n"
    "  - {verdict: throttled, json: /code, is: [1008, 1009], pause: 1h}\n"
    "  - {verdict: throttled, status: [429, 420], scope: channel}\n"
    "  - {verdict: rejected, json: /error/~0a~1b}\n"
    "  - {verdict: permanent, contains: [空号, 黑名单]}\n"
    "  - {verdict: temporary, status: 500-599, contains: busy}\n"
    "  - {verdict: delivered, json: /state, is: 1.5}\n";

static void replies_become_verdicts_by_the_rules(void **state)
{
    (void)state;
    static const struct channel_case cases[] = {
        {HTTP_REPLIED, 200, -1, "{\"code\":0}", VERDICT_ACCEPTED, 0, "HTTP 200: {\"code\":0}"},
        {HTTP_REPLIED, 201, -1, "{\"code\":\"0\"}", VERDICT_ACCEPTED, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"code\":\"OK\"}", VERDICT_ACCEPTED, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"code\":true}", VERDICT_ACCEPTED, 0, ""},
        {HTTP_REPLIED, 300, -1, "{\"code\":0}", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"code\":1}", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"code\":[0]}", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"code\":1008}", VERDICT_THROTTLED, 3600 * US_PER_S, "1008"},
        {HTTP_REPLIED, 200, 7200, "{\"code\":1009}", VERDICT_THROTTLED, 7200 * US_PER_S, ""},
        {HTTP_REPLIED, 420, 5, "", VERDICT_THROTTLED, 5 * US_PER_S, ""},
        {HTTP_REPLIED, 200, -1, "{\"error\":{\"~a/b\":null}}", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 200, -1, "号码13800138000为空号", VERDICT_PERMANENT, 0, "138****8000"},
        {HTTP_REPLIED, 502, -1, "busy", VERDICT_TEMPORARY, 0, ""},
        {HTTP_REPLIED, 499, -1, "busy", VERDICT_PERMANENT, 0, ""},
        {HTTP_REPLIED, 200, -1, "{\"state\":1.5}", VERDICT_DELIVERED, 0, ""},
        {HTTP_REPLIED, 200, -1, "[0]", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 200, -1, "", VERDICT_UNKNOWN, 0, ""},
        {HTTP_REPLIED, 403, -1, "", VERDICT_REJECTED, 0, ""},
        {HTTP_REPLIED, 500, -1, "", VERDICT_UNKNOWN, 0, ""},
        {HTTP_NOT_SENT, 0, -1, "", VERDICT_TEMPORARY, 0, "it broke"},
        {HTTP_INTERRUPTED, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
        {HTTP_TIMED_OUT, 0, -1, "", VERDICT_UNKNOWN, 0, "it broke"},
        {HTTP_TOO_LARGE, 200, -1, "{\"code\":0}", VERDICT_UNKNOWN, 0, "it broke"},
    };
    struct gateway gateway;
    struct problems problems = {0};
    assert_true(gateway_init(&gateway, rules, NULL, &problems));
    check_verdicts(&gateway.channel, cases, COUNT_OF(cases));
    assert_int_equal(scope_of(&gateway.channel, 200, "{\"code\":1008}"), THROTTLE_MESSAGE);
    assert_int_equal(scope_of(&gateway.channel, 420, ""), THROTTLE_ENDPOINT);
    gateway_finish(&gateway);
}

static void the_gateways_id_is_kept(void **state)
{
    (void)state;
    static const struct {
        const char *body, *id;
    } cases[] = {
        {"{\"code\":0,\"data\":[{\"id\":\"a-1\"}]}", "a-1"},
        {"{\"code\":0,\"data\":[{\"id\":9007199254740993}]}", "9007199254740993"},
        {"{\"code\":0,\"data\":[]}", ""},
        {"{\"code\":0,\"data\":{\"0\":{\"id\":7}}}", "7"},
        {"{\"code\":1008,\"data\":[{\"id\":7}]}", ""},
    };
    struct gateway gateway;
    struct problems problems = {0};
    assert_true(gateway_init(&gateway, rules, NULL, &problems));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_reply reply = {
            .status = 200, .body = cases[i].body, .body_length = strlen(cases[i].body)};
        struct outcome outcome;
        channel_http.verdict(&gateway.channel, &reply, &outcome);
        assert_string_equal(outcome.provider_id, cases[i].id);
    }
    gateway_finish(&gateway);
}

static void only_a_gateway_that_knows_our_id_may_be_asked_twice(void **state)
{
    (void)state;
    struct gateway gateway;
    struct problems problems = {0};
    assert_true(gateway_init(&gateway, rules, NULL, &problems));
    assert_false(delivery_is_repeatable(&gateway.channel));
    gateway_finish(&gateway);

    AUTO_FREE char *repeatable = mem_format("repeatable: true\n%s", rules);
    struct http_request request;
    struct message message = sms_message("13800138000", "{\"text\":\"a\"}");
    assert_true(gateway_init(&gateway, repeatable, NULL, &problems));
    assert_true(delivery_is_repeatable(&gateway.channel));
    assert_true(channel_http.request(&gateway.channel, &message, 0, &request, NULL));
    assert_false(request.fresh_connection);
    http_request_finish(&request);
    gateway_finish(&gateway);
}

static void what_cannot_be_sent_is_refused(void **state)
{
    (void)state;
    struct gateway gateway;
    struct problems problems = {0};
    assert_true(gateway_init(&gateway, rules, NULL, &problems));
    AUTO_BUF body;
    buf_init(&body, 32768);
    buf_text(&body, "{\"text\":\"");
    for (int i = 0; i < 3000; i++)
        buf_text(&body, "督");
    buf_text(&body, "\"}");
    const struct {
        const char *address, *body, *why;
    } cases[] = {
        {"13800138000", "督办", "the stored body is no short message"},
        {"8008", "{\"text\":\"a\"}", "not a mobile number"},
        {"13800138000", buf_string(&body), "the text is too long for one request"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_request request = {.header_count = 7};
        struct message message = sms_message(cases[i].address, cases[i].body);
        struct error error;
        assert_false(channel_http.request(&gateway.channel, &message, 0, &request, &error));
        assert_non_null(strstr(error.text, cases[i].why));
        assert_int_equal(request.header_count, 7);
    }
    gateway_finish(&gateway);
}

static void segments_are_counted_as_the_gateway_bills(void **state)
{
    (void)state;
    char text[162] = "";
    memset(text, 'a', 161);
    static const struct {
        const char *extra;
        size_t characters, units, segments;
    } cases[] = {
        {"", 70, 70, 1},
        {"", 71, 71, 2},
        {"gsm7: true\n", 160, 160, 1},
        {"gsm7: true\n", 161, 161, 2},
        {"gsm7: true\nsign_name: 丰城\n", 67, 71, 2}, /* the signature isn't GSM 7-bit */
        {"sign_name: ABCD\n", 64, 70, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct gateway gateway;
        struct problems problems = {0};
        AUTO_FREE char *yaml = mem_format("%s%s", cases[i].extra, rules);
        AUTO_FREE char *part = mem_text_n(text, cases[i].characters);
        assert_true(gateway_init(&gateway, yaml, NULL, &problems));
        struct sms_size size = sms_bill(&gateway.channel, part);
        assert_int_equal(size.units, cases[i].units);
        assert_int_equal(size.segments, cases[i].segments);
        gateway_finish(&gateway);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_written_as_their_place_demands),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(a_secret_must_be_there_when_it_is_used),
        cmocka_unit_test(replies_become_verdicts_by_the_rules),
        cmocka_unit_test(the_gateways_id_is_kept),
        cmocka_unit_test(only_a_gateway_that_knows_our_id_may_be_asked_twice),
        cmocka_unit_test(what_cannot_be_sent_is_refused),
        cmocka_unit_test(segments_are_counted_as_the_gateway_bills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
