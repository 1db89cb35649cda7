/* dubanctl directory import: a checked file becomes the directory, whole or not at all. */
#include "database.h"
#include "directory_commands.h"
#include "directory_params.h"
#include "terminal.h"

#include "duban/directory_file.h"
#include "duban/mask.h"

#include <stdio.h>
#include <string.h>

#define TEXT_BYTES_MOST (64u << 20)

static const char replace_sql[] =
    "SELECT action, thing, code, name, channel, address"
    " FROM duban.directory_replace($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"
    " $15, $16)";

/* What was different; NULL on failure, with nothing changed. */
static PGresult *replace_directory(struct pg_block *pg, const struct directory *directory,
                                   bool dry_run, struct error *error)
{
    PGresult *end = NULL, *begin = pg_block_query(pg, "BEGIN", NULL, error);
    if (begin == NULL)
        return NULL;
    PQclear(begin);
    struct pg_params *params = pg_params_create();
    directory_add_params(directory, params);
    PGresult *changes = pg_block_query(pg, replace_sql, params, error);
    pg_params_destroy(params);
    if (changes) /* without: the connection's end rolls it back */
        end = pg_block_query(pg, dry_run ? "ROLLBACK" : "COMMIT", NULL, error);
    if (end == NULL) {
        PQclear(changes);
        return NULL;
    }
    PQclear(end);
    return changes;
}

/* --- telling --- */

enum action { ADDED, CHANGED, REMOVED, ACTIONS };
static const char *const action_words[ACTIONS] = {"added", "changed", "removed"};
static const char *const action_labels[ACTIONS] = {"新增", "修改", "删除"};
enum thing { ENTRY, CONTACT, DUTY, THINGS };
static const char *const thing_words[THINGS] = {"entry", "contact", "duty"};
static const char *const thing_labels[THINGS] = {"对象", "联系方式", "责任关系"};
static const char *const thing_plurals[THINGS] = {"entries", "contacts", "duties"};

struct change_counts {
    int of[THINGS][ACTIONS];
};

static size_t place_of(const char *word, const char *const *words, size_t count)
{
    size_t place = 0;
    while (place + 1 < count && strcmp(word, words[place]) != 0)
        place++;
    return place;
}

static void add_change(struct buf *text, const struct context *context, const PGresult *changes,
                       int row, enum action action, enum thing thing)
{
    if (thing == DUTY) /* there are many, and they follow from the tree */
        return;
    buf_format(text, "%s %s %s", in_words(context, action_labels[action], action_words[action]),
               in_words(context, thing_labels[thing], thing_words[thing]),
               pg_text(changes, row, 2));
    if (thing == ENTRY) {
        buf_format(text, " %s\n", pg_text(changes, row, 3));
        return;
    }
    buf_format(text, " %s ", pg_text(changes, row, 4));
    mask_address(text, pg_text(changes, row, 5));
    buf_char(text, '\n');
}

static void count_changes(const struct context *context, const PGresult *changes,
                          struct change_counts *counts, struct buf *text)
{
    *counts = (struct change_counts){0};
    for (int row = 0; row < PQntuples(changes); row++) {
        enum action action = (enum action)place_of(pg_text(changes, row, 0), action_words, ACTIONS);
        enum thing thing = (enum thing)place_of(pg_text(changes, row, 1), thing_words, THINGS);
        counts->of[thing][action]++;
        add_change(text, context, changes, row, action, thing);
    }
}

static int tell_counts_json(const struct change_counts *counts, size_t entries, bool dry_run)
{
    json_t *json = json_pack("{s:I, s:b}", "total", (json_int_t)entries, "dry_run", (int)dry_run);
    for (size_t thing = 0; thing < THINGS; thing++) {
        json_t *of = json_object();
        for (size_t action = 0; action < ACTIONS; action++)
            json_object_set_new(of, action_words[action], json_integer(counts->of[thing][action]));
        json_object_set_new(json, thing_plurals[thing], of);
    }
    int status = tell_json(json);
    json_decref(json);
    return status;
}

static void add_counts(const struct context *context, const struct change_counts *counts,
                       size_t entries, bool dry_run, struct buf *text)
{
    buf_format(text, in_words(context, "共 %zu 个对象", "%zu entries"), entries);
    for (size_t thing = 0; thing < THINGS; thing++) {
        const int *of = counts->of[thing];
        if (of[ADDED] + of[CHANGED] + of[REMOVED] == 0)
            continue;
        buf_format(text,
                   in_words(context, "；%s：新增 %d、修改 %d、删除 %d",
                            "; %s: %d added, %d changed, %d removed"),
                   in_words(context, thing_labels[thing], thing_plurals[thing]), of[ADDED],
                   of[CHANGED], of[REMOVED]);
    }
    buf_char(text, '\n');
    if (dry_run)
        buf_text(text,
                 in_words(context, "试运行：未作任何更改\n", "dry run: nothing was changed\n"));
}

static int tell_changes(const struct context *context, const PGresult *changes, size_t entries,
                        bool dry_run)
{
    struct change_counts counts;
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    count_changes(context, changes, &counts, &text);
    if (context->json)
        return tell_counts_json(&counts, entries, dry_run);
    if (PQntuples(changes) == 0)
        buf_text(&text, in_words(context, "没有变化：", "nothing has changed: "));
    add_counts(context, &counts, entries, dry_run, &text);
    return tell_text(&text);
}

/* --- the command --- */

static int import_directory(const struct context *context, const struct config *config,
                            const struct directory *directory, bool dry_run)
{
    struct error error;
    struct pg_block *pg = open_state(context, config, false);
    if (pg == NULL)
        return EXIT_FAILED;
    PGresult *changes = replace_directory(pg, directory, dry_run, &error);
    pg_block_close(pg);
    if (changes == NULL)
        return tell_failure(&error);
    int status = tell_changes(context, changes, directory->count, dry_run);
    PQclear(changes);
    return status;
}

static int import_file(const struct context *context, const char *path, bool dry_run)
{
    struct config *config = open_config(context);
    if (config == NULL)
        return EXIT_FAILED;
    struct problems problems = {0};
    const struct address_check check = {config_check_address, config};
    struct directory *directory = directory_load_file(path, &check, &problems);
    int status = directory ? import_directory(context, config, directory, dry_run)
                           : tell_problems(&problems);
    directory_destroy(directory);
    config_destroy(config);
    return status;
}

int run_directory_import(struct context *context, int argc, char **argv)
{
    static const char usage[] = "dubanctl directory import FILE [--dry-run]";
    bool dry_run = false;
    int first;
    const struct flag flags[] = {{"dry-run", &dry_run}};
    if (!read_flags(context, argc, argv, flags, 1, usage, &first))
        return EXIT_USAGE;
    if (first + 1 == argc)
        return import_file(context, argv[first], dry_run);
    fprintf(stderr, "%s %s\n", in_words(context, "用法：", "usage:"), usage);
    return EXIT_USAGE;
}
