/* dubanctl ack: somebody takes a case on, and isn't reminded of it any more. */
#include "database.h"
#include "message_args.h"
#include "message_text.h"
#include "terminal.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define TEXT_BYTES_MOST (1u << 20)

static const char usage[] = "dubanctl ack CASE [--clock NAME] --by WHO [--note TEXT]";

struct acknowledgement {
    const char *case_no, *clock, *author, *note;
};

static json_t *acknowledge(struct pg_block *pg, const struct acknowledgement *wanted,
                           struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, wanted->case_no);
    pg_param_text(params, wanted->clock);
    pg_param_text(params, wanted->author);
    pg_param_text(params, wanted->note);
    json_t *told = query_json(pg, "SELECT duban.acknowledge($1, $2, $3, $4)::text", params, error);
    pg_params_destroy(params);
    return told;
}

static const char *call_done(const struct context *context, const char *done)
{
    static const struct {
        const char *word, *chinese, *english;
    } words[] = {
        {"acknowledged", "已签收", "acknowledged"},
        {"already", "此前已签收", "was acknowledged before"},
        {"normal", "没有预警，无需签收", "no level holds; nothing to acknowledge"},
        {"stopped", "已经结束，无需签收", "has ended; nothing to acknowledge"},
        {"vanished", "审批系统中已没有这个办件", "the case has left the source"},
        {"dropped", "办件已没有这个计时", "the case no longer has this clock"},
        {"withdrawn", "已摘牌，无需签收", "was withdrawn; nothing to acknowledge"},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i].word, done) == 0)
            return in_words(context, words[i].chinese, words[i].english);
    return done;
}

static bool is_done(const json_t *row)
{
    const char *done = json_text(row, "done");
    return strcmp(done, "acknowledged") == 0 || strcmp(done, "already") == 0;
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
    if (json_number(row, "reminders_ended") > 0)
        buf_text(out, in_words(context, "，不再催办", "; no further reminders"));
    if (json_number(row, "cancelled") > 0)
        buf_format(out,
                   in_words(context, "，取消待发催办 %lld 条", "; %lld waiting ones cancelled"),
                   json_number(row, "cancelled"));
    buf_char(out, '\n');
}

static int tell(const struct context *context, const struct config *config,
                const struct acknowledgement *wanted, const json_t *told)
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
    if (json_array_size(told) == 0) {
        struct error error;
        error_set(&error, in_words(context, "没有办件 '%s'%s%s", "there is no case '%s'%s%s"),
                  wanted->case_no,
                  wanted->clock ? in_words(context, "，或它没有计时 ", ", or it has no clock ")
                                : "",
                  wanted->clock ? wanted->clock : "");
        return tell_failure(&error);
    }
    int status = context->json ? tell_json(told) : tell_text(&text);
    return done > 0 ? status : EXIT_FAILED;
}

static int run_on(const struct context *context, const struct acknowledgement *wanted)
{
    struct error error;
    struct config *config = context->dsn ? NULL : open_config(context);
    if (config == NULL && context->dsn == NULL)
        return EXIT_FAILED;
    int status = EXIT_FAILED;
    struct pg_block *pg = open_state(context, config, false);
    json_t *told = pg ? acknowledge(pg, wanted, &error) : NULL;
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
    struct acknowledgement wanted = {.note = ""};
    const struct text_option texts[] = {
        {"clock", &wanted.clock}, {"by", &wanted.author}, {"note", &wanted.note}};
    if (!read_texts(context, argc, argv, texts, COUNT_OF(texts), usage, &first))
        return EXIT_USAGE;
    if (argc - first != 1 || wanted.author == NULL || *wanted.author == '\0')
        return tell_usage(context, usage);
    wanted.case_no = argv[first];
    return run_on(context, &wanted);
}

const struct command ack_command = {
    .name = "ack",
    .usage = "签收：停止催办 / acknowledge: end the reminders of a case",
    .run = run,
};
