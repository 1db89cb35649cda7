/* dubanctl migrate: brings duban's own database to the version of this program. */
#include "database.h"
#include "migration.h"
#include "terminal.h"

#include <stdio.h>

static int tell_report_json(const struct migration_report *report, bool dry_run)
{
    json_t *applied = json_array();
    for (int64_t version = report->from + 1; version <= report->to; version++) {
        int length;
        const char *name = migration_name(version, &length);
        json_array_append_new(applied, json_stringn(name, (size_t)length));
    }
    json_t *json = json_pack("{s:I, s:I, s:o, s:b}", "from", (json_int_t)report->from, "to",
                             (json_int_t)report->to, "applied", applied, "dry_run", (int)dry_run);
    int status = tell_json(json);
    json_decref(json);
    return status;
}

static int tell_report(const struct context *context, const struct migration_report *report,
                       bool dry_run)
{
    AUTO_BUF text;
    buf_init(&text, 1u << 16);
    for (int64_t version = report->from + 1; version <= report->to; version++) {
        int length;
        const char *name = migration_name(version, &length);
        buf_format(&text, in_words(context, "已执行 %.*s\n", "applied %.*s\n"), length, name);
    }
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
    if (dry_run)
        buf_text(&text,
                 in_words(context, "试运行：未作任何更改\n", "dry run: nothing was changed\n"));
    return tell_text(&text);
}

static int run(struct context *context, int argc, char **argv)
{
    static const char usage[] = "dubanctl migrate [--dry-run]";
    bool dry_run = false;
    int first;
    const struct flag flags[] = {{"dry-run", &dry_run}};
    if (!read_flags(context, argc, argv, flags, 1, usage, &first))
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
    bool good = migration_run(pg, dry_run, &report, &error);
    pg_block_close(pg);
    if (!good)
        return tell_failure(&error);
    return context->json ? tell_report_json(&report, dry_run)
                         : tell_report(context, &report, dry_run);
}

const struct command migrate_command = {
    .name = "migrate",
    .usage = "建立或升级 duban 数据库 / create or upgrade duban's database",
    .run = run,
};
