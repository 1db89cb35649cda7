/* dubanctl ledger: whether the ledger is as it was sealed, and its seals, to be kept elsewhere. */
#include "columns.h"
#include "database.h"
#include "ledger_walk.h"
#include "message_args.h"
#include "message_text.h"
#include "terminal.h"

#include "duban/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN           20
#define EXPORT_PAGE     1000
#define TEXT_BYTES_MOST (16u << 20)

#define VERIFY_USAGE "dubanctl ledger verify [--from ID] [--against FILE]"
#define SEALS_USAGE  "dubanctl ledger seals [--limit N]"
#define EXPORT_USAGE "dubanctl ledger export [--since T]"

/* --- verify --- */

static void add_finding(struct buf *out, const struct context *context, const json_t *finding)
{
    static const struct {
        const char *what, *chinese, *english;
    } words[] = {
        {"event_changed", "记录 %lld 被改动", "event %lld was changed"},
        {"event_removed", "记录 %lld 被删除", "event %lld was removed"},
        {"event_inserted", "记录 %lld 是插入的", "event %lld was inserted"},
        {"withdrawal_unfounded", "记录 %lld 的摘牌不在台账中",
         "the withdrawal of event %lld is not in the ledger"},
        {"seal_changed", "封印 %lld 与其内容或前一封印不符",
         "seal %lld fits not its content, or not the seal before"},
        {"seal_missing", "缺少封印 %lld", "seal %lld is missing"},
        {"seal_differs", "封印 %lld 与导出文件不同", "seal %lld differs from the export"},
        {"seal_lost", "导出文件中的封印 %lld 已不存在", "seal %lld of the export is gone"},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i].what, json_text(finding, "what")) == 0) {
            AUTO_FREE char *id = mem_format("%lld", json_number(finding, "id"));
            const char *text = context->english ? words[i].english : words[i].chinese;
            const char *place = strstr(text, "%lld");
            buf_add(out, text, (size_t)(place - text));
            buf_text(out, id);
            buf_text(out, place + strlen("%lld"));
        }
    if (json_number(finding, "seal") > 0)
        buf_format(out, in_words(context, "（封印 %lld）", " (seal %lld)"),
                   json_number(finding, "seal"));
    buf_char(out, '\n');
}

static int tell_walk_json(const struct ledger_walk *walk)
{
    json_t *told = json_pack("{s:I, s:I, s:I, s:I, s:O, s:I}", "seals", (json_int_t)walk->seals,
                             "events", (json_int_t)walk->events, "up_to", (json_int_t)walk->up_to,
                             "unsealed", (json_int_t)walk->unsealed, "findings", walk->findings,
                             "found", (json_int_t)walk->found);
    int status = tell_json(told);
    json_decref(told);
    return status;
}

static int tell_walk(const struct context *context, const struct ledger_walk *walk)
{
    if (context->json)
        return tell_walk_json(walk);
    size_t index;
    const json_t *finding;
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    json_array_foreach(walk->findings, index, finding)
    {
        add_finding(&text, context, finding);
    }
    if (walk->found > FINDINGS_MOST)
        buf_format(&text, in_words(context, "…另有 %lld 处\n", "… and %lld more\n"),
                   (long long)walk->found - FINDINGS_MOST);
    buf_format(&text,
               in_words(context, "核对封印 %lld 个、记录 %lld 条，至记录 %lld；未封 %lld 条：%s\n",
                        "%lld seals, %lld events, up to event %lld; not sealed yet %lld: %s\n"),
               (long long)walk->seals, (long long)walk->events, (long long)walk->up_to,
               (long long)walk->unsealed,
               walk->found == 0 ? in_words(context, "一致", "as they were sealed")
                                : in_words(context, "不一致", "not as they were sealed"));
    return tell_text(&text);
}

static int verify(const struct context *context, int64_t from, struct ledger_file *against)
{
    struct error error;
    struct ledger_walk walk;
    struct pg_block *pg = open_state(context, NULL, true);
    if (pg == NULL)
        return EXIT_FAILED;
    int status = ledger_walk(&walk, pg, from, against, &error) ? tell_walk(context, &walk)
                                                               : tell_failure(&error);
    if (walk.found > 0)
        status = EXIT_FAILED;
    ledger_walk_finish(&walk);
    pg_block_close(pg);
    return status;
}

static bool read_id(const char *text, int64_t *id)
{
    char *rest = NULL;
    errno = 0;
    *id = text ? strtoll(text, &rest, 10) : 0;
    return text == NULL || (errno == 0 && rest != text && *rest == '\0' && *id > 0);
}

static int run_verify(struct context *context, int argc, char **argv)
{
    int first;
    int64_t id;
    const char *from = NULL, *path = NULL;
    const struct text_option texts[] = {{"from", &from}, {"against", &path}};
    struct ledger_file file = {0};
    struct error error;
    if (!read_texts(context, argc, argv, texts, COUNT_OF(texts), VERIFY_USAGE, &first))
        return EXIT_USAGE;
    if (first != argc || !read_id(from, &id))
        return tell_usage(context, VERIFY_USAGE);
    int status = path && !ledger_file_open(&file, path, &error)
                     ? tell_failure(&error)
                     : verify(context, id, path ? &file : NULL);
    ledger_file_close(&file);
    return status;
}

/* --- seals --- */

static void add_seal(struct buf *out, const struct context *context, const struct config *config,
                     const json_t *row)
{
    AUTO_FREE char *number = mem_format("%lld", json_number(row, "number"));
    AUTO_FREE char *range =
        mem_format("%lld–%lld", json_number(row, "after_event") + 1, json_number(row, "up_to"));
    AUTO_FREE char *events =
        mem_format(in_words(context, "%lld 条", "%lld events"), json_number(row, "events"));
    add_padded(out, number, 8);
    add_when(out, config, row, "sealed_at");
    buf_text(out, "  ");
    add_padded(out, range, 18);
    add_padded(out, events, 14);
    buf_text(out, json_text(row, "hash"));
    buf_char(out, '\n');
}

static int tell_seals(const struct context *context, const struct config *config,
                      const json_t *seals)
{
    if (context->json)
        return tell_json(seals);
    size_t index;
    const json_t *row;
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    json_array_foreach(seals, index, row)
    {
        add_seal(&text, context, config, row);
    }
    if (json_array_size(seals) == 0)
        buf_text(&text, in_words(context, "还没有封印\n", "no seal yet\n"));
    return tell_text(&text);
}

static int list_seals(const struct context *context, const struct config *config,
                      struct pg_block *pg, const struct message_args *args)
{
    struct error error;
    struct pg_params *params = pg_params_create();
    pg_param_int(params, args->limit);
    json_t *seals = query_json(pg, "SELECT duban.ledger_seals($1)::text", params, &error);
    pg_params_destroy(params);
    int status = seals ? tell_seals(context, config, seals) : tell_failure(&error);
    json_decref(seals);
    return status;
}

/* --- export --- */

/* A page of lines from the seal `*next` on, which moves behind them; how many, or -1. */
static int export_page(const struct context *context, struct pg_block *pg, int64_t *next,
                       struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_int(params, *next);
    pg_param_int(params, EXPORT_PAGE);
    pg_param_bool(params, context->json);
    PGresult *page = pg_block_query(
        pg, "SELECT number, line FROM duban.ledger_export($1, $2::int, $3)", params, error);
    pg_params_destroy(params);
    int rows = page ? PQntuples(page) : -1;
    for (int row = 0; row < rows; row++)
        puts(pg_text(page, row, 1));
    if (rows > 0)
        *next = pg_int(page, rows - 1, 0) + 1;
    PQclear(page);
    return rows;
}

/* The first seal that was made since then. */
static bool export_begin(struct pg_block *pg, const char *since, int64_t *next, struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, since ? since : "-infinity");
    PGresult *result =
        pg_block_query(pg, "SELECT duban.ledger_since($1::timestamptz)", params, error);
    pg_params_destroy(params);
    if (result == NULL)
        return false;
    *next = PQgetisnull(result, 0, 0) ? INT64_MAX : pg_int(result, 0, 0);
    PQclear(result);
    return true;
}

static int export_seals(const struct context *context, const struct config *config,
                        struct pg_block *pg, const struct message_args *args)
{
    (void)config;
    struct error error;
    int64_t next;
    if (!export_begin(pg, json_string_value(json_object_get(args->filter, "since")), &next, &error))
        return tell_failure(&error);
    int rows = EXPORT_PAGE;
    while (rows == EXPORT_PAGE)
        rows = export_page(context, pg, &next, &error);
    if (rows < 0)
        return tell_failure(&error);
    const struct buf nothing = {0};
    return tell_text(&nothing); /* flushes, and tells when it can't */
}

/* --- the command --- */

static int run_listing(struct context *context, int argc, char **argv, const char *option,
                       const char *usage, message_work work)
{
    const char *const allowed[] = {option, NULL};
    struct message_args args;
    if (!message_args_read(context, argc, argv, allowed, SHOWN, usage, &args))
        return EXIT_USAGE;
    if (args.word_count == 0)
        return message_run(context, &args, true, work);
    message_args_finish(&args);
    return tell_usage(context, usage);
}

static int run(struct context *context, int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "verify") == 0)
        return run_verify(context, argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "seals") == 0)
        return run_listing(context, argc - 1, argv + 1, "limit", SEALS_USAGE, list_seals);
    if (argc > 1 && strcmp(argv[1], "export") == 0)
        return run_listing(context, argc - 1, argv + 1, "since", EXPORT_USAGE, export_seals);
    fprintf(stderr, "%s dubanctl ledger verify|seals|export …\n\n  %s\n  %s\n  %s\n",
            in_words(context, "用法：", "usage:"), VERIFY_USAGE, SEALS_USAGE, EXPORT_USAGE);
    return EXIT_USAGE;
}

const struct command ledger_command = {
    .name = "ledger",
    .usage = "台账的封印：核对、查看、导出 / seals of the ledger: verify, list, export",
    .run = run,
};
