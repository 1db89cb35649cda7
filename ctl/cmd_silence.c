/* dubanctl silence: for a while nobody is told of a case, an item, a window or a department. */
#include "columns.h"
#include "database.h"
#include "message_args.h"
#include "message_text.h"
#include "terminal.h"

#include "duban/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SHOWN           1000
#define TEXT_BYTES_MOST (16u << 20)

#define ADD_USAGE                                                                                  \
    "dubanctl silence add case|item|window|department CODE --until WHEN --reason TEXT --by WHO"    \
    " [--from WHEN]"
#define END_USAGE  "dubanctl silence end ID --by WHO"
#define LIST_USAGE "dubanctl silence list [--all]"

/* The configuration (unless there is --dsn) and the state database of a subcommand. */
struct connection {
    struct config *config;
    struct pg_block *pg;
};

static bool connection_open(const struct context *context, bool read_only,
                            struct connection *connection)
{
    *connection = (struct connection){0};
    if (context->dsn == NULL) {
        connection->config = open_config(context);
        if (connection->config == NULL)
            return false;
    }
    connection->pg = open_state(context, connection->config, read_only);
    return connection->pg != NULL;
}

static void connection_close(struct connection *connection)
{
    pg_block_close(connection->pg);
    config_destroy(connection->config);
}

/* --- add --- */

struct wish {
    const char *scope, *code, *from, *until, *reason, *author;
    wall_us begins_at, ends_at;
};

static bool place(const struct config *config, struct wish *wish, struct error *error)
{
    wish->begins_at = WALL_NONE;
    return when_read(config, "until", wish->until, &wish->ends_at, error) &&
           (wish->from == NULL || when_read(config, "from", wish->from, &wish->begins_at, error));
}

static json_t *add(struct pg_block *pg, const struct wish *wish, struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, wish->scope);
    pg_param_text(params, wish->code);
    pg_param_instant(params, wish->begins_at);
    pg_param_instant(params, wish->ends_at);
    pg_param_text(params, wish->reason);
    pg_param_text(params, wish->author);
    json_t *added =
        query_json(pg,
                   "SELECT json_build_object('id', duban.silence_add($1, $2, $3, $4, $5, $6),"
                   " 'known', duban.silence_is_known($1, $2), 'until', $4)::text",
                   params, error);
    pg_params_destroy(params);
    return added;
}

static int tell_added(const struct context *context, const struct config *config,
                      const struct wish *wish, const json_t *added)
{
    if (json_is_false(json_object_get(added, "known")))
        fprintf(stderr,
                in_words(context, "注意：还不知道 %s '%s'，请核对编码\n",
                         "note: duban knows no %s '%s'; is the code right?\n"),
                wish->scope, wish->code);
    if (context->json)
        return tell_json(added);
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    buf_format(&text, in_words(context, "免打扰 %lld：%s %s，到 ", "silence %lld: %s %s, until "),
               json_number(added, "id"), wish->scope, wish->code);
    add_when(&text, config, added, "until");
    buf_char(&text, '\n');
    return tell_text(&text);
}

static int add_on(const struct context *context, struct wish *wish)
{
    struct error error;
    struct connection connection;
    int status = EXIT_FAILED;
    if (connection_open(context, false, &connection)) {
        json_t *added =
            place(connection.config, wish, &error) ? add(connection.pg, wish, &error) : NULL;
        status = added ? tell_added(context, connection.config, wish, added) : tell_failure(&error);
        json_decref(added);
    }
    connection_close(&connection);
    return status;
}

static int run_add(struct context *context, int argc, char **argv)
{
    int first;
    struct wish wish = {0};
    const struct text_option texts[] = {{"from", &wish.from},
                                        {"until", &wish.until},
                                        {"reason", &wish.reason},
                                        {"by", &wish.author}};
    if (!read_texts(context, argc, argv, texts, COUNT_OF(texts), ADD_USAGE, &first))
        return EXIT_USAGE;
    if (argc - first != 2 || !wish.until || !wish.reason || !wish.author)
        return tell_usage(context, ADD_USAGE);
    wish.scope = argv[first];
    wish.code = argv[first + 1];
    return add_on(context, &wish);
}

/* --- list --- */

static const char *call_silence(const struct context *context, const char *state)
{
    static const struct {
        const char *word, *chinese;
    } words[] = {
        {"active", "生效中"}, {"planned", "未开始"}, {"over", "已到期"}, {"ended", "已提前结束"}};
    for (size_t i = 0; !context->english && i < COUNT_OF(words); i++)
        if (strcmp(words[i].word, state) == 0)
            return words[i].chinese;
    return state;
}

static void add_row(struct buf *out, const struct context *context, const struct config *config,
                    const json_t *row)
{
    AUTO_BUF number;
    buf_init(&number, 32);
    buf_format(&number, "%lld", json_number(row, "id"));
    add_padded(out, buf_string(&number), 6);
    add_padded(out, call_silence(context, json_text(row, "state")), 12);
    add_padded(out, json_text(row, "scope"), 11);
    add_padded(out, json_text(row, "code"), 18);
    add_when(out, config, row, "begins_at");
    buf_text(out, " – ");
    add_when(out, config, row, "ends_at");
    buf_format(out, in_words(context, "  暂缓 %lld  %s：%s", "  holds %lld  %s: %s"),
               json_number(row, "held"), json_text(row, "author"), json_text(row, "reason"));
    if (json_is_string(json_object_get(row, "ended_at"))) {
        buf_format(out, in_words(context, "；%s 结束于 ", "; ended by %s at "),
                   json_text(row, "ended_by"));
        add_when(out, config, row, "ended_at");
    }
    buf_char(out, '\n');
}

static int tell_list(const struct context *context, const struct config *config, const json_t *list)
{
    if (context->json)
        return tell_json(list);
    size_t index;
    const json_t *row;
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    json_array_foreach(list, index, row)
    {
        add_row(&text, context, config, row);
    }
    if (json_array_size(list) == 0)
        buf_text(&text, in_words(context, "没有免打扰\n", "no silence\n"));
    return tell_text(&text);
}

static int run_list(struct context *context, int argc, char **argv)
{
    int first;
    bool all = false;
    const struct flag flags[] = {{"all", &all}};
    struct error error;
    struct connection connection;
    if (!read_flags(context, argc, argv, flags, COUNT_OF(flags), LIST_USAGE, &first))
        return EXIT_USAGE;
    if (first != argc)
        return tell_usage(context, LIST_USAGE);
    int status = EXIT_FAILED;
    if (connection_open(context, true, &connection)) {
        struct pg_params *params = pg_params_create();
        pg_param_bool(params, all);
        pg_param_int(params, SHOWN);
        json_t *list =
            query_json(connection.pg, "SELECT duban.silence_list($1, $2)::text", params, &error);
        pg_params_destroy(params);
        status = list ? tell_list(context, connection.config, list) : tell_failure(&error);
        json_decref(list);
    }
    connection_close(&connection);
    return status;
}

/* --- end --- */

static json_t *end(struct pg_block *pg, int64_t id, const char *author, struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_int(params, id);
    pg_param_text(params, author);
    json_t *ended = query_json(
        pg, "SELECT json_build_object('id', $1, 'released', duban.silence_end($1, $2))::text",
        params, error);
    pg_params_destroy(params);
    return ended;
}

static int tell_ended(const struct context *context, const json_t *ended)
{
    if (context->json)
        return tell_json(ended);
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    buf_format(&text,
               in_words(context, "免打扰 %lld 已结束，放出 %lld 条通知\n",
                        "silence %lld is ended; notifications set free: %lld\n"),
               json_number(ended, "id"), json_number(ended, "released"));
    return tell_text(&text);
}

static int run_end(struct context *context, int argc, char **argv)
{
    int first;
    const char *author = NULL;
    const struct text_option texts[] = {{"by", &author}};
    struct error error;
    struct connection connection;
    if (!read_texts(context, argc, argv, texts, COUNT_OF(texts), END_USAGE, &first))
        return EXIT_USAGE;
    char *rest = NULL;
    errno = 0;
    long long id = argc - first == 1 ? strtoll(argv[first], &rest, 10) : 0;
    if (id <= 0 || errno != 0 || *rest != '\0' || author == NULL)
        return tell_usage(context, END_USAGE);
    int status = EXIT_FAILED;
    if (connection_open(context, false, &connection)) {
        json_t *ended = end(connection.pg, id, author, &error);
        status = ended ? tell_ended(context, ended) : tell_failure(&error);
        json_decref(ended);
    }
    connection_close(&connection);
    return status;
}

/* --- the command --- */

static int run(struct context *context, int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "add") == 0)
        return run_add(context, argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "list") == 0)
        return run_list(context, argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "end") == 0)
        return run_end(context, argc - 1, argv + 1);
    fprintf(stderr, "%s dubanctl silence add|list|end …\n\n  %s\n  %s\n  %s\n",
            in_words(context, "用法：", "usage:"), ADD_USAGE, LIST_USAGE, END_USAGE);
    return EXIT_USAGE;
}

const struct command silence_command = {
    .name = "silence",
    .usage = "免打扰：添加、查看、结束 / silences: add, list, end",
    .run = run,
};
