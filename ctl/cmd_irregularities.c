/* dubanctl irregularities: what supervision has found besides deadlines, the newest first. */
#include "columns.h"
#include "message_args.h"
#include "message_text.h"
#include "terminal.h"

#include "duban/irregularity_words.h"
#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define SHOWN           50
#define TEXT_BYTES_MOST (64u << 20)

#define USAGE "dubanctl irregularities [--kind K] [--since T] [--window CODE] [--limit N]"

static enum locale locale_of(const struct context *context)
{
    return context->english ? LOCALE_EN : LOCALE_ZH_CN;
}

/* --- asking --- */

static const char *filter_text(const struct message_args *args, const char *key)
{
    return json_string_value(json_object_get(args->filter, key));
}

/* The one kind that is asked for, or all. */
static void add_kinds(struct pg_params *params, const char *wanted)
{
    pg_array_begin(params, PG_TEXT);
    for (size_t i = 0; i < IRREGULARITIES; i++) {
        const char *kind = irregularity_word((enum irregularity_kind)i);
        if (wanted == NULL || strcmp(wanted, kind) == 0)
            pg_array_text(params, kind);
    }
    pg_array_end(params);
}

static json_t *ask(struct pg_block *pg, const struct message_args *args, struct error *error)
{
    const char *since = filter_text(args, "since");
    struct pg_params *params = pg_params_create();
    add_kinds(params, filter_text(args, "kind"));
    pg_param_text(params, since ? since : "-infinity");
    pg_param_text(params, filter_text(args, "window"));
    pg_param_int(params, args->limit);
    json_t *list = query_json(
        pg, "SELECT duban.irregularity_list($1, $2::timestamptz, $3, $4)::text", params, error);
    pg_params_destroy(params);
    return list;
}

/* --- telling --- */

static const char *call_told(const struct context *context, const char *told)
{
    if (strcmp(told, "yes") == 0)
        return in_words(context, "已通知", "told");
    if (strstr(told, "too long ago"))
        return in_words(context, "仅记录（早已发生）", "recorded (long ago)");
    return in_words(context, "仅记录（同类已通知）", "recorded (another is told)");
}

static wall_us instant_of(const json_t *row, const char *key)
{
    wall_us at;
    return instant_parse(json_text(row, key), &at, NULL) ? at : 0;
}

static void add_row(struct buf *out, const struct context *context, const struct config *config,
                    const json_t *row)
{
    const char *kind = json_text(row, "kind"), *window = json_text(row, "window_name");
    const char *name = locale_event(kind, locale_of(context));
    AUTO_FREE char *detail = json_dumps(json_object_get(row, "detail"), JSON_COMPACT);
    add_when(out, config, row, "recorded_at");
    buf_text(out, "  ");
    add_padded(out, name ? name : kind, context->english ? 30 : 14);
    add_padded(out, *json_text(row, "case_no") ? json_text(row, "case_no") : "-", 20);
    add_padded(out, *window ? window : json_text(row, "window_code"), 20);
    irregularity_words(config, kind, detail ? detail : "", instant_of(row, "event_at"),
                       locale_of(context), out);
    buf_format(out, in_words(context, "；%s\n", "; %s\n"),
               call_told(context, json_text(row, "told")));
}

static int tell(const struct context *context, const struct config *config, const json_t *list)
{
    if (context->json)
        return tell_json(list);
    const json_t *rows = json_object_get(list, "irregularities"), *row;
    size_t index;
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    json_array_foreach(rows, index, row)
    {
        add_row(&text, context, config, row);
    }
    if (json_array_size(rows) == 0)
        buf_text(&text, in_words(context, "没有发现异常\n", "nothing irregular\n"));
    if (json_is_true(json_object_get(list, "others")))
        buf_text(&text, in_words(context, "…还有更早的：--limit N\n",
                                 "… there are older ones: --limit N\n"));
    return tell_text(&text);
}

static int list_irregularities(const struct context *context, const struct config *config,
                               struct pg_block *pg, const struct message_args *args)
{
    struct error error;
    json_t *list = ask(pg, args, &error);
    if (list == NULL)
        return tell_failure(&error);
    int status = tell(context, config, list);
    json_decref(list);
    return status;
}

/* --- the command --- */

static void tell_kinds(const struct context *context, const char *wanted)
{
    fprintf(stderr, in_words(context, "没有规则 '%s'；可选：\n", "no rule '%s'; one of:\n"),
            wanted);
    for (size_t i = 0; i < IRREGULARITIES; i++) {
        const char *kind = irregularity_word((enum irregularity_kind)i);
        fprintf(stderr, "  %s  %s\n", kind, locale_event(kind, locale_of(context)));
    }
}

static int run(struct context *context, int argc, char **argv)
{
    static const char *const allowed[] = {"kind", "since", "window", "limit", NULL};
    struct message_args args;
    if (!message_args_read(context, argc, argv, allowed, SHOWN, USAGE, &args))
        return EXIT_USAGE;
    const char *kind = filter_text(&args, "kind");
    bool known = kind == NULL || irregularity_parse(kind, NULL);
    if (args.word_count == 0 && known)
        return message_run(context, &args, true, list_irregularities);
    if (!known)
        tell_kinds(context, kind);
    message_args_finish(&args);
    return known ? tell_usage(context, USAGE) : EXIT_USAGE;
}

const struct command irregularities_command = {
    .name = "irregularities",
    .usage = "监察发现的异常 / what supervision has found",
    .run = run,
};
