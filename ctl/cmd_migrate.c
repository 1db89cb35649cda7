/* dubanctl migrate: brings duban's own database to the version of this program. */
#include "database.h"
#include "migration.h"
#include "terminal.h"

#include "duban/mem.h"
#include "duban/schema.h"

#include <stdio.h>

/* The names of the versions after `from` up to `to`. */
static json_t *names(int64_t from, int64_t to)
{
    json_t *list = json_array();
    for (int64_t version = from + 1; version <= to; version++) {
        int length;
        const char *name = migration_name(version, &length);
        if (name)
            json_array_append_new(list, json_stringn(name, (size_t)length));
    }
    return list;
}

static int tell_report_json(const struct migration_report *report, bool dry_run)
{
    json_t *json =
        json_pack("{s:I, s:I, s:o, s:o, s:b}", "from", (json_int_t)report->from, "to",
                  (json_int_t)report->to, "applied", names(report->from, report->to), "waiting",
                  names(report->to, schema_range.known), "dry_run", (int)dry_run);
    int status = tell_json(json);
    json_decref(json);
    return status;
}

/* A line for each. */
static void add_names(struct buf *text, const char *before, json_t *list, const char *after)
{
    const json_t *name;
    size_t i;
    json_array_foreach(list, i, name)
        buf_format(text, "%s%s%s\n", before, json_string_value(name), after);
    json_decref(list);
}

static int tell_report(const struct context *context, const struct migration_report *report,
                       bool dry_run)
{
    AUTO_BUF text;
    buf_init(&text, 1u << 16);
    add_names(&text, in_words(context, "已执行 ", "applied "), names(report->from, report->to), "");
    if (report->from == report->to)
        buf_format(&text,
                   in_words(context, "数据库已是最新版本 %lld；函数和权限已刷新\n",
                            "the schema is up to date at version %lld; functions and rights were "
                            "made anew\n"),
                   (long long)report->to);
    else
        buf_format(&text,
                   in_words(context, "数据库从版本 %lld 升级到 %lld\n",
                            "the schema went from version %lld to %lld\n"),
                   (long long)report->from, (long long)report->to);
    add_names(&text, in_words(context, "待执行的收缩步骤 ", "contract step "),
              names(report->to, schema_range.known),
              in_words(context, "：全部程序升级后，执行 dubanctl migrate --contract",
                       " waits: when all programs are upgraded, run dubanctl migrate --contract"));
    if (dry_run)
        buf_text(&text,
                 in_words(context, "试运行：未作任何更改\n", "dry run: nothing was changed\n"));
    return tell_text(&text);
}

static int run(struct context *context, int argc, char **argv)
{
    static const char usage[] = "dubanctl migrate [--dry-run] [--contract]";
    struct migration_wish wish = {0};
    int first;
    const struct flag flags[] = {{"dry-run", &wish.dry_run}, {"contract", &wish.contract}};
    if (!read_flags(context, argc, argv, flags, COUNT_OF(flags), usage, &first))
        return EXIT_USAGE;
    if (first < argc) {
        fprintf(stderr, "%s\n", usage);
        return EXIT_USAGE;
    }
    struct pg_block *pg = open_state(context, NULL, false);
    if (pg == NULL)
        return EXIT_FAILED;
    struct migration_report report;
    struct error error;
    bool good = migration_run(pg, &wish, &report, &error);
    pg_block_close(pg);
    if (!good)
        return tell_failure(&error);
    return context->json ? tell_report_json(&report, wish.dry_run)
                         : tell_report(context, &report, wish.dry_run);
}

const struct command migrate_command = {
    .name = "migrate",
    .usage = "建立或升级 duban 数据库 / create or upgrade duban's database",
    .run = run,
};
