/* dubanctl withdraw: the supervision office takes a level back that was given wrongly. */
#include "database.h"
#include "message_args.h"
#include "message_text.h"
#include "terminal.h"

#include "duban/config_params.h"
#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define TEXT_BYTES_MOST (1u << 20)

static const char usage[] = "dubanctl withdraw CASE [--clock NAME] --by WHO --reason TEXT";

struct withdrawal {
    const char *case_no, *clock, *author, *reason;
};

/* Whom the configuration's routes name, and the zone of the day on which deputies stand in. With
 * --dsn there is no configuration: who was warned is told all the same. */
static void add_routes(struct pg_params *params, const struct config *config)
{
    static const struct config none;
    config_add_routes(config ? config : &none, params);
    pg_param_text(params, config ? zone_name(calendar_zone(config->calendar)) : NULL);
}

static json_t *take_back(struct pg_block *pg, const struct config *config,
                         const struct withdrawal *wanted, struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, wanted->case_no);
    pg_param_text(params, wanted->clock);
    pg_param_text(params, wanted->author);
    pg_param_text(params, wanted->reason);
    add_routes(params, config);
    json_t *told = query_json(pg,
                              "SELECT duban.withdraw($1, $2, $3, $4, $5, $6, $7, $8,"
                              " (duban.now() AT TIME ZONE $9)::date)::text",
                              params, error);
    pg_params_destroy(params);
    return told;
}

static const char *call_done(const struct context *context, const char *done)
{
    static const struct {
        const char *word, *chinese, *english;
    } words[] = {
        {"withdrawn", "已摘牌", "withdrawn"},
        {"already", "此前已摘牌", "was withdrawn before"},
        {"normal", "没有预警，无需摘牌", "no level holds; nothing to withdraw"},
        {"changed", "到期时间刚有变化，请稍后再试",
         "its deadline has just changed; try again in a moment"},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i].word, done) == 0)
            return in_words(context, words[i].chinese, words[i].english);
    return done;
}

static bool is_done(const json_t *row)
{
    const char *done = json_text(row, "done");
    return strcmp(done, "withdrawn") == 0 || strcmp(done, "already") == 0;
}

static void add_count(struct buf *out, const struct context *context, const json_t *row,
                      const char *key, const char *chinese, const char *english)
{
    if (json_number(row, key) == 0)
        return;
    buf_text(out, in_words(context, "，", "; "));
    buf_text(out, in_words(context, chinese, english));
    buf_format(out, in_words(context, " %lld 条", ": %lld"), json_number(row, key));
}

static void add_clock(struct buf *out, const struct context *context, const struct config *config,
                      const json_t *row)
{
    buf_format(out, "%s: %s", json_text(row, "clock"), call_done(context, json_text(row, "done")));
    if (is_done(row)) {
        buf_format(out, in_words(context, "（%s，到期 ", " (%s, due "),
                   call_kind(context, config, json_text(row, "level")));
        add_when(out, config, row, "due_at");
        buf_text(out, in_words(context, "）", ")"));
    }
    add_count(out, context, row, "cancelled", "取消待发", "waiting ones cancelled");
    add_count(out, context, row, "told", "发出摘牌通知", "to be told of it");
    buf_char(out, '\n');
}

static int tell_unknown(const struct context *context, const struct withdrawal *wanted)
{
    struct error error;
    error_set(&error, in_words(context, "没有办件 '%s'%s%s", "there is no case '%s'%s%s"),
              wanted->case_no,
              wanted->clock ? in_words(context, "，或它没有计时 ", ", or it has no clock ") : "",
              wanted->clock ? wanted->clock : "");
    return tell_failure(&error);
}

static int tell(const struct context *context, const struct config *config,
                const struct withdrawal *wanted, const json_t *told)
{
    size_t index, done = 0;
    const json_t *row;
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    json_array_foreach(told, index, row)
    {
        done += is_done(row);
        add_clock(&text, context, config, row);
    }
    if (json_array_size(told) == 0)
        return tell_unknown(context, wanted);
    int status = context->json ? tell_json(told) : tell_text(&text);
    return done > 0 ? status : EXIT_FAILED;
}

static int run_on(const struct context *context, const struct withdrawal *wanted)
{
    struct error error;
    struct config *config = context->dsn ? NULL : open_config(context);
    if (config == NULL && context->dsn == NULL)
        return EXIT_FAILED;
    int status = EXIT_FAILED;
    struct pg_block *pg = open_state(context, config, false);
    json_t *told = pg ? take_back(pg, config, wanted, &error) : NULL;
    if (told)
        status = tell(context, config, wanted, told);
    else if (pg)
        tell_failure(&error);
    json_decref(told);
    pg_block_close(pg);
    config_destroy(config);
    return status;
}

static int run(struct context *context, int argc, char **argv)
{
    int first;
    struct withdrawal wanted = {0};
    const struct text_option texts[] = {
        {"clock", &wanted.clock}, {"by", &wanted.author}, {"reason", &wanted.reason}};
    if (!read_texts(context, argc, argv, texts, COUNT_OF(texts), usage, &first))
        return EXIT_USAGE;
    if (argc - first != 1 || wanted.author == NULL || *wanted.author == '\0' ||
        wanted.reason == NULL || *wanted.reason == '\0')
        return tell_usage(context, usage);
    wanted.case_no = argv[first];
    return run_on(context, &wanted);
}

const struct command withdraw_command = {
    .name = "withdraw",
    .usage = "摘牌：撤回黄牌、红牌 / withdraw: take a level of a case back",
    .run = run,
};
