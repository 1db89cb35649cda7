/* dubanctl test-send: a message to somebody of the directory, by the way that all messages go; then
 * it is watched until it has arrived, or hasn't. */
#include "database.h"
#include "message_args.h"
#include "message_text.h"
#include "terminal.h"
#include "test_progress.h"

#include "duban/mem.h"
#include "duban/steady.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MOST_US    (3600 * US_PER_S)
#define LOOK_EACH_US    (200 * US_PER_MS)
#define PATIENCE_US     US_PER_S /* before it is said what is waited for */
#define TEXT_BYTES_MOST (1u << 20)

static const char usage[] = "dubanctl test-send CHANNEL RECIPIENT [--address A] [--wait 30s]";

struct test {
    const struct context *context;
    const struct config *config;
    struct pg_block *pg;
    const char *channel, *recipient, *address; /* address: NULL: those of the directory */
    span_us wait_us;
    bool receipts; /* the channel gives them */
    int64_t event;
    struct test_told *told; /* of each notification */
    char *waiting;          /* what was last said to be waited for; owned */
};

static void pause_for(span_us span)
{
    const struct timespec pause = {.tv_sec = (time_t)(span / US_PER_S),
                                   .tv_nsec = (long)(span % US_PER_S) * 1000};
    nanosleep(&pause, NULL);
}

/* --- begin --- */

static const char *person(void)
{
    /* cppcheck-suppress getpwuidCalled ; there is one thread */
    const struct passwd *user = getpwuid(getuid());
    return user ? user->pw_name : "dubanctl";
}

static bool begin(struct test *test, struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, test->channel);
    pg_param_text(params, test->recipient);
    pg_param_text(params, test->address);
    pg_param_text(params, person());
    pg_param_text(params, zone_name(calendar_zone(test->config->calendar)));
    PGresult *result =
        pg_block_query(test->pg, "SELECT duban.test_send($1, $2, $3, $4, $5)", params, error);
    pg_params_destroy(params);
    if (result == NULL)
        return false;
    test->event = pg_int(result, 0, 0);
    PQclear(result);
    return test->event > 0 ||
           error_set(error,
                     in_words(test->context, "%s 在渠道 %s 上没有联系方式；可用 --address 指定",
                              "%s has no contact on %s; --address names one"),
                     test->recipient, test->channel);
}

static json_t *look(struct test *test, struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_int(params, test->event);
    json_t *progress =
        query_json(test->pg, "SELECT duban.test_send_progress($1)::text", params, error);
    pg_params_destroy(params);
    return progress;
}

/* --- watch --- */

/* The least that was reached by all. */
static enum test_end end_of_all(const struct test *test, const json_t *progress)
{
    size_t index, failed = 0, accepted = 0;
    const json_t *row;
    json_array_foreach(json_object_get(progress, "notifications"), index, row)
    {
        enum test_end end = test_end_of(row, test->receipts);
        if (end == TEST_WAITS)
            return TEST_WAITS;
        failed += end == TEST_FAILED;
        accepted += end == TEST_ACCEPTED;
    }
    return failed ? TEST_FAILED : accepted ? TEST_ACCEPTED : TEST_ARRIVED;
}

static void say(const struct test *test, const struct buf *text)
{
    if (test->context->json || *buf_string(text) == '\0')
        return;
    fputs(buf_string(text), stdout);
    fflush(stdout);
}

/* What the first that isn't at its end waits for, when that is something else than was said. */
static void say_waiting(struct test *test, const json_t *progress)
{
    size_t index;
    const json_t *row;
    AUTO_BUF text;
    AUTO_BUF line;
    buf_init(&text, TEXT_BYTES_MOST);
    buf_init(&line, TEXT_BYTES_MOST);
    json_array_foreach(json_object_get(progress, "notifications"), index, row)
    {
        enum test_end end = test_end_of(row, test->receipts);
        if (end != TEST_WAITS && end != TEST_ACCEPTED)
            continue;
        add_waiting_for(&text, test->context, test->config, progress, row);
        break;
    }
    if (*buf_string(&text) == '\0' ||
        (test->waiting && strcmp(test->waiting, buf_string(&text)) == 0))
        return;
    free(test->waiting);
    test->waiting = mem_text(buf_string(&text));
    buf_format(&line, in_words(test->context, "在等：%s\n", "waiting: %s\n"), test->waiting);
    say(test, &line);
}

static void say_news(struct test *test, const json_t *progress)
{
    size_t index;
    const json_t *row;
    const json_t *rows = json_object_get(progress, "notifications");
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    if (test->told == NULL)
        test->told = mem_zero(json_array_size(rows), sizeof *test->told);
    json_array_foreach(rows, index, row)
    {
        add_news(&text, test->context, test->config, row, &test->told[index]);
    }
    say(test, &text);
}

/* Until all have come to their end, or the time is over. The last look is the caller's to release;
 * NULL on failure. */
static json_t *watch(struct test *test, struct error *error)
{
    span_us began = steady_us();
    for (;;) {
        json_t *progress = look(test, error);
        if (progress == NULL)
            return NULL;
        span_us passed = steady_us() - began;
        enum test_end end = end_of_all(test, progress);
        say_news(test, progress);
        if (end == TEST_ARRIVED || end == TEST_FAILED)
            return progress;
        if (passed >= PATIENCE_US || passed >= test->wait_us)
            say_waiting(test, progress);
        if (passed >= test->wait_us)
            return progress;
        json_decref(progress);
        pause_for(LOOK_EACH_US);
    }
}

/* --- end --- */

static const char *call_end(const struct context *context, enum test_end end)
{
    switch (end) {
    case TEST_WAITS:
        return in_words(context, "没有等到结果；消息还在，见 dubanctl message list --kind test",
                        "no result in time; the message stays, see dubanctl message list --kind "
                        "test");
    case TEST_ACCEPTED:
        return in_words(context, "网关已受理，没有等到回执", "accepted; no receipt in time");
    case TEST_ARRIVED:
        return in_words(context, "成功", "done");
    case TEST_FAILED:
        return in_words(context, "失败", "failed");
    }
    return "";
}

/* Addresses masked, and what each waits for, where it does. */
static int tell_progress(const struct test *test, json_t *progress, enum test_end end)
{
    static const char *const words[] = {"waiting", "accepted", "done", "failed"};
    size_t index;
    json_t *row;
    json_array_foreach(json_object_get(progress, "notifications"), index, row)
    {
        AUTO_BUF address, waiting;
        buf_init(&address, TEXT_BYTES_MOST);
        buf_init(&waiting, TEXT_BYTES_MOST);
        enum test_end own = test_end_of(row, test->receipts);
        if (own == TEST_WAITS || own == TEST_ACCEPTED)
            add_waiting_for(&waiting, test->context, test->config, progress, row);
        add_address(&address, row);
        json_object_set_new(row, "address", json_string(buf_string(&address)));
        json_object_set_new(row, "waiting_for", json_string(buf_string(&waiting)));
    }
    json_object_set_new(progress, "result", json_string(words[end]));
    return tell_json(progress);
}

static int tell_end(const struct test *test, json_t *progress)
{
    enum test_end end = end_of_all(test, progress);
    int status;
    if (test->context->json) {
        status = tell_progress(test, progress, end);
    } else {
        AUTO_BUF text;
        buf_init(&text, TEXT_BYTES_MOST);
        buf_format(&text, "%s\n", call_end(test->context, end));
        status = tell_text(&text);
    }
    return end == TEST_ARRIVED || end == TEST_ACCEPTED ? status : EXIT_FAILED;
}

static int send_and_watch(struct test *test)
{
    struct error error;
    json_t *progress = begin(test, &error) ? watch(test, &error) : NULL;
    int status = progress ? tell_end(test, progress) : tell_failure(&error);
    json_decref(progress);
    free(test->told);
    free(test->waiting);
    return status;
}

/* --- the command --- */

static int run_on(struct test *test)
{
    struct error error;
    const struct channel *channel = config_channel(test->config, test->channel);
    if ((channel == NULL || test->address) &&
        !config_check_address(test->config, test->channel, test->address ? test->address : "",
                              &error))
        return tell_failure(&error);
    test->receipts = channel && channel->receipt_us > 0;
    test->pg = open_state(test->context, test->config, false);
    if (test->pg == NULL)
        return EXIT_FAILED;
    int status = send_and_watch(test);
    pg_block_close(test->pg);
    return status;
}

static bool wait_read(const char *text, span_us *wait)
{
    AUTO_FREE char *copy = mem_text(text);
    struct problems problems = {0};
    const struct yaml_node node = {
        .kind = YAML_SCALAR, .file = "--wait", .text = copy, .plain = true};
    if (yaml_read_span(&node, 0, WAIT_MOST_US, wait, &problems)) {
        problems_finish(&problems);
        return true;
    }
    tell_problems(&problems);
    return false;
}

static int run(struct context *context, int argc, char **argv)
{
    int first;
    const char *wait = "30s";
    struct test test = {.context = context};
    const struct text_option texts[] = {{"address", &test.address}, {"wait", &wait}};
    if (!read_texts(context, argc, argv, texts, COUNT_OF(texts), usage, &first) ||
        !wait_read(wait, &test.wait_us))
        return EXIT_USAGE;
    if (argc - first != 2)
        return tell_usage(context, usage);
    struct config *config = open_config(context);
    if (config == NULL)
        return EXIT_FAILED;
    test.config = config;
    test.channel = argv[first];
    test.recipient = argv[first + 1];
    int status = run_on(&test);
    config_destroy(config);
    return status;
}

const struct command test_send_command = {
    .name = "test-send",
    .usage = "试发一条真实消息，并等待结果 / send a real test message and watch it",
    .run = run,
};
