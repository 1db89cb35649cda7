/* dubanctl message: which messages there are, and all that became of one. */
#include "message_args.h"
#include "message_text.h"
#include "terminal.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define SHOWN           50
#define DAYS_BACK       7 /* without --since and --case */
#define TEXT_BYTES_MOST (64u << 20)

#define LIST_ARGUMENTS                                                                             \
    "[--case NO] [--recipient CODE] [--channel C] [--kind K] [--since T] [--until T]"              \
    " [--state ready|inflight|dead|done|cancelled|dropped] [--limit N]"

/* --- list --- */

static bool is_bounded(const struct message_args *args)
{
    return json_object_get(args->filter, "since") || json_object_get(args->filter, "case");
}

/* Notifications of the case that aren't messages yet: until when, and why. */
static void add_waiting(struct buf *text, const struct context *context,
                        const struct config *config, const json_t *waiting)
{
    const json_t *row;
    size_t index;
    json_array_foreach(waiting, index, row)
    {
        buf_format(text,
                   in_words(context, "未生成：%s %s %s，等到 ", "not yet: %s %s %s, waits until "),
                   call_kind(context, config, json_text(row, "kind")), json_text(row, "recipient"),
                   json_text(row, "channel"));
        add_when(text, config, row, "release_at");
        buf_format(text, " %s\n", json_text(row, "hold_reason"));
    }
}

static int tell_list(const struct context *context, const struct config *config,
                     const struct message_args *args, const json_t *list)
{
    if (context->json)
        return tell_json(list);
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    const json_t *messages = json_object_get(list, "messages");
    add_messages(&text, context, config, messages);
    if (json_array_size(messages) == 0)
        buf_text(&text, in_words(context, "没有符合条件的消息\n", "no message fits\n"));
    if (json_is_true(json_object_get(list, "others")))
        buf_text(&text, in_words(context, "…还有更早的：--limit N，或 --until T\n",
                                 "… there are older ones: --limit N, or --until T\n"));
    if (!is_bounded(args))
        buf_format(&text,
                   in_words(context, "（仅最近 %d 天；更早的请用 --since）\n",
                            "(the last %d days only; --since looks further back)\n"),
                   DAYS_BACK);
    add_waiting(&text, context, config, json_object_get(list, "waiting"));
    return tell_text(&text);
}

static int list_messages(const struct context *context, const struct config *config,
                         struct pg_block *pg, const struct message_args *args)
{
    struct error error;
    struct pg_params *params = pg_params_create();
    param_filter(params, args);
    pg_param_int(params, args->limit);
    pg_param_int(params, is_bounded(args) ? 0 : DAYS_BACK);
    json_t *list =
        query_json(pg, "SELECT duban.message_list($1::jsonb, $2, $3)::text", params, &error);
    pg_params_destroy(params);
    if (list == NULL)
        return tell_failure(&error);
    int status = tell_list(context, config, args, list);
    json_decref(list);
    return status;
}

static bool is_state(const struct message_args *args)
{
    static const char *const states[] = {"ready", "inflight",  "dead",
                                         "done",  "cancelled", "dropped"};
    const char *state = json_string_value(json_object_get(args->filter, "state"));
    for (size_t i = 0; state && i < COUNT_OF(states); i++)
        if (strcmp(state, states[i]) == 0)
            return true;
    return state == NULL;
}

static int run_list(struct context *context, int argc, char **argv)
{
    static const char usage[] = "dubanctl message list " LIST_ARGUMENTS;
    static const char *const allowed[] = {"case",  "recipient", "channel", "kind", "since",
                                          "until", "state",     "limit",   NULL};
    struct message_args args;
    if (!message_args_read(context, argc, argv, allowed, SHOWN, usage, &args))
        return EXIT_USAGE;
    if (args.word_count == 0 && is_state(&args))
        return message_run(context, &args, true, list_messages);
    message_args_finish(&args);
    return tell_usage(context, usage);
}

/* --- show --- */

static int show_message(const struct context *context, const struct config *config,
                        struct pg_block *pg, const struct message_args *args)
{
    struct error error;
    json_t *message = query_message(pg, args->words[0], args, &error);
    if (message == NULL)
        return tell_failure(&error);
    int status;
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    json_object_del(message, "body"); /* what applicants are told is nobody else's matter */
    if (context->json) {
        status = tell_json(message);
    } else {
        add_message(&text, context, config, message);
        status = tell_text(&text);
    }
    json_decref(message);
    return status;
}

static int run_show(struct context *context, int argc, char **argv)
{
    static const char usage[] = "dubanctl message show ID";
    static const char *const allowed[] = {NULL};
    struct message_args args;
    if (!message_args_read(context, argc, argv, allowed, SHOWN, usage, &args))
        return EXIT_USAGE;
    if (args.word_count == 1)
        return message_run(context, &args, true, show_message);
    message_args_finish(&args);
    return tell_usage(context, usage);
}

/* --- the command --- */

static int run(struct context *context, int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "list") == 0)
        return run_list(context, argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "show") == 0)
        return run_show(context, argc - 1, argv + 1);
    fprintf(stderr,
            "%s dubanctl message list|show …\n\n  list  %s\n        %s\n  show  ID\n        %s\n",
            in_words(context, "用法：", "usage:"), LIST_ARGUMENTS,
            in_words(context, "消息及其状态", "messages, and where they are"),
            in_words(context, "一条消息：每次发送、状态、所属事件；地址打码",
                     "one message: every try, where it is, its event; its address masked"));
    return EXIT_USAGE;
}

const struct command message_command = {
    .name = "message",
    .usage = "消息：查看状态和每次发送 / messages: where they are, every try",
    .run = run,
};
