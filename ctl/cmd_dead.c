/* dubanctl dead: what was not delivered, and what a person decides of it. Nothing is changed
 * without --yes. */
#include "message_args.h"
#include "message_text.h"
#include "terminal.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define SHOWN           50
#define COUNTED_MOST    10000 /* also how many are put back or let go at once */
#define TEXT_BYTES_MOST (64u << 20)

#define FILTERS                                                                                    \
    "[--channel C] [--case NO] [--kind K] [--verdict V] [--since T] [--until T] [--id A-B]"
#define FILTER_OPTIONS "channel", "case", "kind", "verdict", "since", "until", "id"

/* --- list --- */

/* What fits the filter: the newest `shown` of at most `most`; NULL on failure. `even_twice`: also
 * what may arrive twice when it is sent again. */
static json_t *query_dead(struct pg_block *pg, const struct message_args *args, bool even_twice,
                          int64_t shown, int64_t most, struct error *error)
{
    struct pg_params *params = pg_params_create();
    param_filter(params, args);
    pg_param_bool(params, even_twice);
    pg_param_int(params, shown);
    pg_param_int(params, most);
    json_t *list =
        query_json(pg, "SELECT duban.dead_list($1::jsonb, $2, $3, $4)::text", params, error);
    pg_params_destroy(params);
    return list;
}

/* The list, and how many more there are than it shows. */
static void add_list(struct buf *text, const struct context *context, const struct config *config,
                     const json_t *list)
{
    const json_t *dead = json_object_get(list, "dead");
    long long more = json_number(list, "found") - (long long)json_array_size(dead);
    bool others = json_is_true(json_object_get(list, "others"));
    add_dead(text, context, config, dead);
    if (json_array_size(dead) == 0)
        buf_text(text, in_words(context, "没有符合条件的未送达消息\n", "no dead letter fits\n"));
    else if (more > 0 || others)
        buf_format(text,
                   in_words(context, "…还有 %lld%s 条更早的：--limit N，或 --id 0-%lld\n",
                            "… %lld%s older ones: --limit N, or --id 0-%lld\n"),
                   more, others ? "+" : "",
                   json_number(json_array_get(dead, json_array_size(dead) - 1), "id") - 1);
}

static int tell_list(const struct context *context, const struct config *config, const json_t *list)
{
    if (context->json)
        return tell_json(list);
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    add_list(&text, context, config, list);
    return tell_text(&text);
}

static int list_dead(const struct context *context, const struct config *config,
                     struct pg_block *pg, const struct message_args *args)
{
    struct error error;
    json_t *list = query_dead(pg, args, true, args->limit, args->limit + COUNTED_MOST, &error);
    if (list == NULL)
        return tell_failure(&error);
    int status = tell_list(context, config, list);
    json_decref(list);
    return status;
}

static int run_list(struct context *context, int argc, char **argv)
{
    static const char usage[] = "dubanctl dead list " FILTERS " [--limit N]";
    static const char *const allowed[] = {FILTER_OPTIONS, "limit", NULL};
    struct message_args args;
    if (!message_args_read(context, argc, argv, allowed, SHOWN, usage, &args))
        return EXIT_USAGE;
    if (args.word_count == 0)
        return message_run(context, &args, true, list_dead);
    message_args_finish(&args);
    return tell_usage(context, usage);
}

/* --- show --- */

static int show_dead(const struct context *context, const struct config *config,
                     struct pg_block *pg, const struct message_args *args)
{
    struct error error;
    json_t *message = query_message(pg, args->words[0], args, &error);
    if (message == NULL)
        return tell_failure(&error);
    int status;
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    if (!json_is_object(json_object_get(message, "dead"))) {
        error_set(&error,
                  in_words(context, "消息 '%s' 不是未送达消息（见 dubanctl message show）",
                           "message '%s' is no dead letter (see dubanctl message show)"),
                  args->words[0]);
        status = tell_failure(&error);
    } else if (context->json) {
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
    static const char usage[] = "dubanctl dead show ID [--unmask]";
    static const char *const allowed[] = {"unmask", NULL};
    struct message_args args;
    if (!message_args_read(context, argc, argv, allowed, SHOWN, usage, &args))
        return EXIT_USAGE;
    if (args.word_count == 1)
        return message_run(context, &args, true, show_dead);
    message_args_finish(&args);
    return tell_usage(context, usage);
}

/* --- resend and drop --- */

static int tell_done(const struct context *context, int64_t count, const char *key,
                     const char *chinese, const char *english)
{
    if (context->json) {
        json_t *json = json_pack("{s:b, s:I}", "dry_run", 0, key, (json_int_t)count);
        int status = tell_json(json);
        json_decref(json);
        return status;
    }
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    buf_format(&text, in_words(context, "%s：%lld 条\n", "%s: %lld\n"),
               in_words(context, chinese, english), (long long)count);
    return tell_text(&text);
}

/* Runs a statement that changes; how many letters it changed, −1 on failure. */
static int64_t change(struct pg_block *pg, const char *sql, const struct pg_params *params,
                      struct error *error)
{
    PGresult *result = pg_block_query(pg, sql, params, error);
    int64_t count = result ? pg_int(result, 0, 0) : -1;
    PQclear(result);
    return count;
}

static void add_resend_notes(struct buf *text, const struct context *context, const json_t *list,
                             bool even_unknown)
{
    long long twice = json_number(list, "twice");
    if (json_number(list, "found") > 0)
        buf_text(text,
                 in_words(context, "原因已不存在的消息（如案件已办结）不会发出，而是取消。\n",
                          "A message whose reason has gone (the case has ended, …) is cancelled "
                          "instead of sent.\n"));
    if (twice == 0)
        return;
    buf_format(
        text,
        even_unknown
            ? in_words(context,
                       "警告：其中 %lld 条结果不明，可能已经送达，收件人可能会收到两次！\n",
                       "WARNING: %lld of them may have arrived (unknown): people may get "
                       "them twice!\n")
            : in_words(context,
                       "另有 %lld 条结果不明，可能已经送达，不重发；确实要重发请加 --even-unknown，"
                       "收件人可能会收到两次。\n",
                       "%lld others may have arrived (unknown) and are left out; "
                       "--even-unknown resends them too: people may get them twice.\n"),
        twice);
}

/* Lists what would be done and asks for --yes. `resend`: else drop. */
static int tell_plan(const struct context *context, const struct config *config,
                     const struct message_args *args, json_t *list, bool resend)
{
    if (context->json) {
        json_object_set_new(list, "dry_run", json_true());
        return tell_json(list);
    }
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    add_list(&text, context, config, list);
    if (resend)
        add_resend_notes(&text, context, list, args->even_unknown);
    if (json_number(list, "found") == 0)
        return tell_text(&text);
    buf_format(&text,
               resend ? in_words(context, "试运行：将重发 %lld 条；确认请加 --yes\n",
                                 "dry run: would resend %lld; add --yes to do it\n")
                      : in_words(context, "试运行：将放弃 %lld 条；确认请加 --reason 原因 --yes\n",
                                 "dry run: would drop %lld; add --reason TEXT --yes to do it\n"),
               json_number(list, "found"));
    return tell_text(&text);
}

static int plan(const struct context *context, const struct config *config, struct pg_block *pg,
                const struct message_args *args, bool resend)
{
    struct error error;
    int64_t shown = args->limit < SHOWN ? args->limit : SHOWN;
    json_t *list = query_dead(pg, args, !resend || args->even_unknown, shown, args->limit, &error);
    if (list == NULL)
        return tell_failure(&error);
    int status = tell_plan(context, config, args, list, resend);
    json_decref(list);
    return status;
}

static int resend_dead(const struct context *context, const struct config *config,
                       struct pg_block *pg, const struct message_args *args)
{
    struct error error;
    if (!args->yes)
        return plan(context, config, pg, args, true);
    struct pg_params *params = pg_params_create();
    param_filter(params, args);
    pg_param_bool(params, args->even_unknown);
    pg_param_int(params, args->limit);
    int64_t count = change(pg, "SELECT duban.dead_resend($1::jsonb, $2, $3)", params, &error);
    pg_params_destroy(params);
    return count < 0
               ? tell_failure(&error)
               : tell_done(context, count, "resent", "已放回待发送", "put back into the queue");
}

static int drop_dead(const struct context *context, const struct config *config,
                     struct pg_block *pg, const struct message_args *args)
{
    struct error error;
    if (!args->yes)
        return plan(context, config, pg, args, false);
    struct pg_params *params = pg_params_create();
    param_filter(params, args);
    pg_param_text(params, args->reason);
    pg_param_int(params, args->limit);
    int64_t count = change(pg, "SELECT duban.dead_drop($1::jsonb, $2, $3)", params, &error);
    pg_params_destroy(params);
    return count < 0 ? tell_failure(&error)
                     : tell_done(context, count, "dropped", "已放弃", "dropped");
}

/* Everything at once is never meant by mistake: some filter is needed. */
static bool names_some(const struct context *context, const struct message_args *args,
                       const char *usage)
{
    if (args->word_count == 0 && json_object_size(args->filter) > 0)
        return true;
    fputs(in_words(context, "至少要有一个条件（如 --id A-B、--channel C）\n",
                   "say which: at least one filter (--id A-B, --channel C, …)\n"),
          stderr);
    tell_usage(context, usage);
    return false;
}

static int run_resend(struct context *context, int argc, char **argv)
{
    static const char usage[] =
        "dubanctl dead resend " FILTERS " [--limit N] [--even-unknown] [--yes]";
    static const char *const allowed[] = {FILTER_OPTIONS, "limit", "even-unknown", "yes", NULL};
    struct message_args args;
    if (!message_args_read(context, argc, argv, allowed, COUNTED_MOST, usage, &args))
        return EXIT_USAGE;
    if (names_some(context, &args, usage))
        return message_run(context, &args, !args.yes, resend_dead);
    message_args_finish(&args);
    return EXIT_USAGE;
}

static bool has_reason(const struct message_args *args)
{
    return args->reason && args->reason[strspn(args->reason, " \t\n")];
}

static int run_drop(struct context *context, int argc, char **argv)
{
    static const char usage[] = "dubanctl dead drop " FILTERS " [--limit N] [--reason TEXT --yes]";
    static const char *const allowed[] = {FILTER_OPTIONS, "limit", "reason", "yes", NULL};
    struct message_args args;
    if (!message_args_read(context, argc, argv, allowed, COUNTED_MOST, usage, &args))
        return EXIT_USAGE;
    bool good = names_some(context, &args, usage);
    if (good && (!args.yes || has_reason(&args)))
        return message_run(context, &args, !args.yes, drop_dead);
    if (good)
        fputs(in_words(context, "放弃需要说明原因：--reason\n", "dropping needs a --reason\n"),
              stderr);
    message_args_finish(&args);
    return EXIT_USAGE;
}

/* --- the command --- */

static const struct subcommand {
    const char *name, *arguments, *chinese, *english;
    int (*run)(struct context *context, int argc, char **argv);
} subcommands[] = {
    {"list", "[FILTER…] [--limit N]", "未送达的消息及原因", "what was not delivered, and why",
     run_list},
    {"show", "ID [--unmask]", "一条消息的全文和每次发送；地址打码，--unmask 显示完整地址",
     "a message, its text and every try; its address masked, --unmask shows it", run_show},
    {"resend", "FILTER… [--even-unknown] [--yes]", "放回待发送；不加 --yes 只列出",
     "put back into the queue; without --yes only told", run_resend},
    {"drop", "FILTER… [--reason TEXT --yes]", "放弃并记录原因；不加 --yes 只列出",
     "let go, with a reason that is kept; without --yes only told", run_drop},
};

static int run(struct context *context, int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < COUNT_OF(subcommands); i++)
        if (strcmp(argv[1], subcommands[i].name) == 0)
            return subcommands[i].run(context, argc - 1, argv + 1);
    fputs(in_words(context, "用法：dubanctl dead 子命令 …\n\n",
                   "usage: dubanctl dead SUBCOMMAND …\n\n"),
          stderr);
    for (size_t i = 0; i < COUNT_OF(subcommands); i++)
        fprintf(stderr, "  %-7s %s\n          %s\n", subcommands[i].name, subcommands[i].arguments,
                in_words(context, subcommands[i].chinese, subcommands[i].english));
    fprintf(stderr, "\n%s %s\n", in_words(context, "条件：", "filters:"), FILTERS);
    return EXIT_USAGE;
}

const struct command dead_command = {
    .name = "dead",
    .usage = "未送达的消息：查看、重发、放弃 / what was not delivered: look, resend, drop",
    .run = run,
};
