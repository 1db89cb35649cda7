/* dubanctl channel: how the ways out are doing, and letting one try again. */
#include "columns.h"
#include "message_args.h"
#include "message_text.h"
#include "terminal.h"

#include "duban/mem.h"
#include "duban/rate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOWN           200
#define TEXT_BYTES_MOST (16u << 20)

/* --- rates --- */

/* "100 per 1m, 5 per 1s", as it is configured; nothing without limits. */
static void add_rate(struct buf *out, const struct rate_limits *rate)
{
    char span[SPAN_TEXT_BYTES];
    for (size_t i = 0; i < rate->count; i++)
        buf_format(out, "%s%" PRId64 " per %s", i ? ", " : "", rate->limits[i].count,
                   span_text(rate->limits[i].span, span));
}

/* Each endpoint's rate, which only the configuration knows. */
static void set_rates(const struct config *config, json_t *list)
{
    json_t *endpoint;
    size_t index;
    json_array_foreach(json_object_get(list, "endpoints"), index, endpoint)
    {
        const struct channel *channel =
            config ? config_channel(config, json_text(endpoint, "channel")) : NULL;
        AUTO_BUF rate;
        buf_init(&rate, 400);
        if (channel)
            add_rate(&rate, &channel->rate);
        json_object_set_new(endpoint, "rate",
                            rate.length ? json_string(buf_string(&rate)) : json_null());
    }
}

/* --- list --- */

static const char *call_health(const struct context *context, const char *state)
{
    static const struct {
        const char *state, *chinese;
    } words[] = {{"well", "正常"}, {"open", "暂停"}, {"stopped", "已停用"}, {"gone", "地址已停用"}};
    for (size_t i = 0; !context->english && i < COUNT_OF(words); i++)
        if (strcmp(words[i].state, state) == 0)
            return words[i].chinese;
    return state;
}

static void add_since(struct buf *out, const struct context *context, const struct config *config,
                      const json_t *endpoint)
{
    buf_text(out, in_words(context, "    自 ", "    since "));
    add_when(out, config, endpoint, "since");
    if (!json_is_null(json_object_get(endpoint, "until"))) {
        buf_text(out, in_words(context, "，再试时间 ", ", tries again at "));
        add_when(out, config, endpoint, "until");
    }
    buf_format(out, in_words(context, "：%s\n", ": %s\n"), json_text(endpoint, "reason"));
}

static void add_last(struct buf *out, const struct context *context, const struct config *config,
                     const json_t *endpoint)
{
    buf_text(out, in_words(context, "    最近成功 ", "    last success "));
    add_when(out, config, endpoint, "last_ok_at");
    if (!json_is_null(json_object_get(endpoint, "last_error_at"))) {
        buf_text(out, in_words(context, "，最近失败 ", ", last failure "));
        add_when(out, config, endpoint, "last_error_at");
        buf_format(out, in_words(context, "：%s", ": %s"), json_text(endpoint, "last_error"));
    }
    buf_char(out, '\n');
}

static void add_endpoint(struct buf *out, const struct context *context,
                         const struct config *config, const json_t *endpoint)
{
    AUTO_FREE char *number = mem_format("%lld", json_number(endpoint, "endpoint"));
    const char *state = json_text(endpoint, "state"), *rate = json_text(endpoint, "rate");
    add_padded(out, json_text(endpoint, "channel"), 12);
    add_padded(out, number, 7);
    add_padded(out, call_health(context, state), 11);
    buf_format(out,
               in_words(context, "待发送 %lld、停放 %lld、发送中 %lld",
                        "%lld ready, %lld parked, %lld in flight"),
               json_number(endpoint, "ready"), json_number(endpoint, "parked"),
               json_number(endpoint, "inflight"));
    if (*rate)
        buf_format(out, in_words(context, "  限速 %s", "  at most %s"), rate);
    buf_format(out, "  %s\n", json_text(endpoint, "place"));
    if (strcmp(state, "well") != 0)
        add_since(out, context, config, endpoint);
    add_last(out, context, config, endpoint);
}

static int tell_list(const struct context *context, const struct config *config, const json_t *list)
{
    const json_t *endpoints = json_object_get(list, "endpoints"), *endpoint;
    size_t index;
    if (context->json)
        return tell_json(list);
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    json_array_foreach(endpoints, index, endpoint)
    {
        add_endpoint(&text, context, config, endpoint);
    }
    if (json_array_size(endpoints) == 0)
        buf_text(&text, in_words(context, "还没有向任何渠道发送过消息\n",
                                 "nothing has been sent on any channel yet\n"));
    return tell_text(&text);
}

static int list_channels(const struct context *context, const struct config *config,
                         struct pg_block *pg, const struct message_args *args)
{
    struct error error;
    struct pg_params *params = pg_params_create();
    pg_param_text(params, args->word_count ? args->words[0] : NULL);
    pg_param_int(params, args->limit);
    json_t *list = query_json(pg, "SELECT duban.channel_list($1, $2)::text", params, &error);
    pg_params_destroy(params);
    if (list == NULL)
        return tell_failure(&error);
    set_rates(config, list);
    int status = tell_list(context, config, list);
    json_decref(list);
    return status;
}

static int run_list(struct context *context, int argc, char **argv)
{
    static const char usage[] = "dubanctl channel list [CHANNEL] [--limit N]";
    static const char *const allowed[] = {"limit", NULL};
    struct message_args args;
    if (!message_args_read(context, argc, argv, allowed, SHOWN, usage, &args))
        return EXIT_USAGE;
    if (args.word_count <= 1)
        return message_run(context, &args, true, list_channels);
    message_args_finish(&args);
    return tell_usage(context, usage);
}

/* --- resume --- */

/* An endpoint's number, or −1. */
static int64_t read_number(const char *text)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 ? number : -1;
}

static int tell_resumed(const struct context *context, int64_t count)
{
    if (context->json) {
        json_t *json = json_pack("{s:I}", "resumed", (json_int_t)count);
        int status = tell_json(json);
        json_decref(json);
        return status;
    }
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    buf_format(&text,
               in_words(context, "已恢复 %lld 个发送端：先各试一条，成功后继续\n",
                        "endpoints resumed: %lld; each tries one message, and goes on when that "
                        "gets through\n"),
               (long long)count);
    return tell_text(&text);
}

static int resume_channel(const struct context *context, const struct config *config,
                          struct pg_block *pg, const struct message_args *args)
{
    (void)config;
    struct error error;
    struct pg_params *params = pg_params_create();
    pg_param_text(params, args->words[0]);
    pg_param_int(params, args->word_count > 1 ? read_number(args->words[1]) : 0);
    PGresult *result =
        pg_block_query(pg, "SELECT duban.channel_resume($1, nullif($2, 0))", params, &error);
    pg_params_destroy(params);
    if (result == NULL)
        return tell_failure(&error);
    int status = tell_resumed(context, pg_int(result, 0, 0));
    PQclear(result);
    return status;
}

static int run_resume(struct context *context, int argc, char **argv)
{
    static const char usage[] = "dubanctl channel resume CHANNEL [ENDPOINT]";
    static const char *const allowed[] = {NULL};
    struct message_args args;
    if (!message_args_read(context, argc, argv, allowed, SHOWN, usage, &args))
        return EXIT_USAGE;
    if (args.word_count == 1 || (args.word_count == 2 && read_number(args.words[1]) > 0))
        return message_run(context, &args, false, resume_channel);
    message_args_finish(&args);
    return tell_usage(context, usage);
}

/* --- the command --- */

static const struct subcommand {
    const char *name, *arguments, *chinese, *english;
    int (*run)(struct context *context, int argc, char **argv);
} subcommands[] = {
    {"list", "[CHANNEL] [--limit N]", "各发送端的状态、原因、限速和待发数量",
     "the endpoints: their state and why, rate, and what waits", run_list},
    {"resume", "CHANNEL [ENDPOINT]", "让暂停或停用的发送端再试",
     "let those that don't send try again", run_resume},
};

static int run(struct context *context, int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < COUNT_OF(subcommands); i++)
        if (strcmp(argv[1], subcommands[i].name) == 0)
            return subcommands[i].run(context, argc - 1, argv + 1);
    fputs(in_words(context, "用法：dubanctl channel 子命令 …\n\n",
                   "usage: dubanctl channel SUBCOMMAND …\n\n"),
          stderr);
    for (size_t i = 0; i < COUNT_OF(subcommands); i++)
        fprintf(stderr, "  %-7s %s\n          %s\n", subcommands[i].name, subcommands[i].arguments,
                in_words(context, subcommands[i].chinese, subcommands[i].english));
    return EXIT_USAGE;
}

const struct command channel_command = {
    .name = "channel",
    .usage = "渠道：查看状态、恢复发送 / ways out: look, resume",
    .run = run,
};
