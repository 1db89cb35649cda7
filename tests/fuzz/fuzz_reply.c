/* Replies of gateways and receivers: whatever they say, each channel comes to a verdict that can
 * be kept and shown, and what it reads from an answer to an enquiry is of that very message. */
#include "duban/channel.h"
#include "duban/channel_http.h"
#include "duban/enquiry.h"
#include "duban/mem.h"
#include "duban/retry_after.h"
#include "duban/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The options of a gateway with one rule of each kind; those of other types don't count here. */
static void *gateway_options(void)
{
    static const char text[] =
        "url: 'http://a/{to}{text}'\n"
        "reply:\n"
        "  - {verdict: accepted, status: 200-299, json: /code, is: [0, OK, true]}\n"
        "  - {verdict: throttled, json: /data/0/~1, pause: 1h}\n"
        "  - {verdict: permanent, contains: no}\n";
    static struct http_gateway_options options = {.reply_id = "/data/0/id"};
    static struct yaml_document *document; /* the options borrow from it */
    if (document == NULL) {
        struct problems problems = {0};
        document = yaml_load_text(text, sizeof text - 1, "t", &problems);
        bool read = channel_http.read(&options, yaml_root(document), &problems);
        assert(read);
        (void)read;
    }
    return &options;
}

static void check_enquiry(const struct channel *channel, const struct http_reply *reply)
{
    static const struct enquiry_message message = {.id = "m-1", .address = "13800138000"};
    struct enquiry_answer answer;
    channel->type->enquiry->read(channel, reply, &message, &answer);
    assert((answer.result == ENQUIRY_TOLD) == (answer.list.count > 0));
    assert(utf8_is_valid(answer.detail, strlen(answer.detail)));
    for (size_t i = 0; i < answer.list.count; i++) {
        assert(strcmp(answer.list.items[i].public_id, message.id) == 0);
        assert(utf8_is_valid(answer.list.items[i].detail, strlen(answer.list.items[i].detail)));
    }
    receipt_list_finish(&answer.list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    AUTO_FREE char *body = mem_text_n((const char *)data + 3, size - 3);
    struct http_reply reply = {.failure = data[0] % 5,
                               .status = data[1] << 8 | data[2],
                               .step = data[0] / 5 % SMTP_STEPS,
                               .body = body,
                               .body_length = size - 3,
                               .retry_after_s = retry_after_s(body, 0)};
    size_t count;
    const char *const *names = channel_type_names(&count);
    for (size_t i = 0; i < count; i++) {
        struct channel channel = {.type = channel_type_find(names[i])};
        if (channel.type == &channel_http)
            channel.options = gateway_options();
        struct outcome outcome;
        channel.type->verdict(&channel, &reply, &outcome);
        assert(outcome.verdict < VERDICTS && outcome.retry_after_us >= 0);
        assert(memchr(outcome.provider_id, '\0', sizeof outcome.provider_id));
        assert(memchr(outcome.detail, '\0', sizeof outcome.detail));
        assert(utf8_is_valid(outcome.detail, strlen(outcome.detail)));
        if (channel.type->enquiry)
            check_enquiry(&channel, &reply);
    }
    return 0;
}
