/* The last step: a test message by the new channel, straight to its receiver, without a daemon. */
#include "setup.h"

#include "setup_channel.h"

#include "duban/http.h"
#include "duban/mem.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define BODY_BYTES_MOST (64u << 10)
#define KIND            "test"

struct test {
    const struct config *config;
    const struct channel *channel;
    struct ev_loop *loop;
    char id[40];
    char *body;
    struct outcome outcome;
    int status;
};

/* A number of its own, as messages have one: receivers drop what they have had. */
static void make_id(char id[40])
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        random = (uint64_t)time(NULL);
    snprintf(id, 40, "setup-%016llx", (unsigned long long)random);
}

static bool compose(struct test *test, const char *detail, wall_us now, struct error *error)
{
    const struct notice notice = {
        .kind = KIND,
        .level = "normal",
        .level_label = "normal",
        .centre = test->config->centre,
        .clock = "",
        .clock_label = "",
        .window_name = "",
        .department_name = "",
        .recipient = "",
        .recipient_name = "",
        .role = "admin",
        .zone = calendar_zone(test->config->calendar),
        .event_at = now,
        .due_at = WALL_NONE,
        .detail = detail,
    };
    const struct wording wording = {
        .id = test->id,
        .text = config_template(test->config, KIND, notice.role),
        .code = config_template_code(test->config, KIND, notice.role),
        .notice = &notice,
        .locale = test->config->locale,
    };
    AUTO_BUF body;
    buf_init(&body, BODY_BYTES_MOST);
    if (!test->channel->type->compose(test->channel, &wording, &body, error))
        return false;
    test->body = buf_take(&body);
    return true;
}

static void on_reply(void *owner, const struct http_reply *reply)
{
    struct test *test = owner;
    test->channel->type->verdict(test->channel, reply, &test->outcome);
    test->status = reply->status;
    ev_break(test->loop, EVBREAK_ALL);
}

static bool exchange(struct test *test, const char *address, wall_us now, struct error *error)
{
    struct http_request request = {0};
    const struct message message = {.id = test->id,
                                    .address = address,
                                    .body = test->body,
                                    .body_length = strlen(test->body),
                                    .attempt = 1};
    if (!test->channel->type->request(test->channel, &message, now, &request, error))
        return false;
    const struct http_settings settings = {.ca_file = test->config->ca_file,
                                           .user_agent = "duban/" DUBAN_VERSION,
                                           .connections_most = 1,
                                           .resolver = {.servers = test->config->dns_servers}};
    signal(SIGPIPE, SIG_IGN);
    test->loop = ev_loop_new(EVFLAG_AUTO);
    struct http_client *client = http_create(test->loop, &settings);
    http_send(client, &request, test->channel->timeout_us, on_reply, test);
    http_request_finish(&request);
    ev_run(test->loop, 0);
    http_destroy(client);
    ev_loop_destroy(test->loop);
    return true;
}

static void tell_outcome(struct setup *setup, const struct test *test)
{
    const struct context *context = setup->context;
    bool good =
        test->outcome.verdict == VERDICT_DELIVERED || test->outcome.verdict == VERDICT_ACCEPTED;
    doctor_find(
        &setup->doctor, good ? GRADE_OK : GRADE_BAD, "delivery",
        in_words(
            context, "检查渠道的地址、账号和密钥（docs/ 中该渠道一页），再运行一次",
            "look at the channel's address, account and key (its page in docs/), then run this "
            "again"),
        good ? in_words(context, "%s：对方已接收（%s，状态 %d）%s%s；请确认已收到",
                        "%s: taken (%s, status %d)%s%s; see whether it has arrived")
             : in_words(context, "%s：未成功（%s，状态 %d）%s%s", "%s: failed (%s, status %d)%s%s"),
        test->channel->name, verdict_word(test->outcome.verdict), test->status,
        test->outcome.detail[0] ? in_words(context, "：", ": ") : "", test->outcome.detail);
}

void setup_send(struct setup *setup)
{
    const struct context *context = setup->context;
    const char *address = setup_text(setup, ANSWER_TEST_PHONE);
    struct error error;
    struct test test = {.config = setup->config};
    if (address == NULL || setup->answers.dry_run) /* nothing is found: skipped */
        return;
    test.channel =
        config_channel(setup->config, setup_channel_name(setup_text(setup, ANSWER_CHANNEL)));
    make_id(test.id);
    if (test.channel->type->check_address(address, &error) &&
        compose(&test, "dubanctl setup", setup->now, &error) &&
        exchange(&test, address, (wall_us)time(NULL) * US_PER_S, &error))
        tell_outcome(setup, &test);
    else
        doctor_find(&setup->doctor, GRADE_BAD, "delivery",
                    in_words(context, "检查渠道的配置", "look at the channel's configuration"),
                    in_words(context, "测试消息无法生成：%s", "a test message can't be made: %s"),
                    error.text);
    free(test.body);
}
