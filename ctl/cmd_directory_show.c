/* dubanctl directory show: the tree as it was imported, contacts masked, and who answers for an
 * entry in each role. */
#include "database.h"
#include "directory_commands.h"
#include "terminal.h"

#include "duban/locale.h"
#include "duban/mask.h"
#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define TEXT_BYTES_MOST (64u << 20)

/* Every column of the tree in one row per contact; entries in the order of the tree, each below
 * its parent. */
static const char tree_sql[] = "SELECT code, kind, name, depth, absent, deputy, channel, address,"
                               " duty, contact_absent FROM duban.directory_tree($1)";
enum column { CODE, KIND, NAME, DEPTH, ABSENT, DEPUTY, CHANNEL, ADDRESS, ON, NOT_ON };

static const char duty_sql[] = "SELECT role, recipient, name FROM duban.directory_duty($1)";

static enum locale locale_of(const struct context *context)
{
    return context->english ? LOCALE_EN : LOCALE_ZH_CN;
}

static PGresult *query_code(struct pg_block *pg, const char *sql, const char *code,
                            struct error *error)
{
    struct pg_params *params = pg_params_create();
    pg_param_text(params, code);
    PGresult *result = pg_block_query(pg, sql, params, error);
    pg_params_destroy(params);
    return result;
}

/* Whether a row begins an entry, rather than to add a contact to the one before. */
static bool begins_entry(const PGresult *tree, int row)
{
    return row == 0 || strcmp(pg_text(tree, row, CODE), pg_text(tree, row - 1, CODE)) != 0;
}

/* The words of a directory file as people say them; dates are the same to all. */
static void add_words(struct buf *text, const struct context *context, const char *words)
{
    static const struct {
        const char *word, *chinese;
    } labels[] = {
        {"workdays", "工作日"}, {"restdays", "非工作日"}, {"mon", "周一"},
        {"tue", "周二"},        {"wed", "周三"},          {"thu", "周四"},
        {"fri", "周五"},        {"sat", "周六"},          {"sun", "周日"},
    };
    const char *before = "";
    for (size_t length; (length = strcspn(words, " ")) > 0;
         words += length + (words[length] != 0)) {
        const char *label = NULL;
        for (size_t i = 0; i < COUNT_OF(labels) && !context->english; i++) {
            if (strlen(labels[i].word) == length && strncmp(labels[i].word, words, length) == 0)
                label = labels[i].chinese;
        }
        buf_text(text, before);
        buf_add(text, label ? label : words, label ? strlen(label) : length);
        before = in_words(context, "、", ", ");
    }
}

/* "（非工作日；不在：2026-10-01）": what is known of days and deputies; nothing without any. */
static void add_remarks(struct buf *text, const struct context *context, const char *on,
                        const char *absent, const char *deputy)
{
    const struct {
        const char *label, *text;
        bool days;
    } remarks[] = {
        {in_words(context, "值班：", "on "), on, true},
        {in_words(context, "不在：", "absent "), absent, true},
        {in_words(context, "代理：", "deputy "), deputy, false},
    };
    const char *before = in_words(context, "（", " (");
    bool any = false;
    for (size_t i = 0; i < COUNT_OF(remarks); i++) {
        if (*remarks[i].text == '\0')
            continue;
        buf_format(text, "%s%s", any ? in_words(context, "；", "; ") : before, remarks[i].label);
        if (remarks[i].days)
            add_words(text, context, remarks[i].text);
        else
            buf_text(text, remarks[i].text);
        any = true;
    }
    if (any)
        buf_text(text, in_words(context, "）", ")"));
}

static void add_tree(struct buf *text, const struct context *context, const PGresult *tree)
{
    for (int row = 0; row < PQntuples(tree); row++) {
        if (begins_entry(tree, row)) {
            buf_format(text, "%s%*s%s %s(%s)", row ? "\n" : "", (int)(2 * pg_int(tree, row, DEPTH)),
                       "", pg_text(tree, row, CODE), pg_text(tree, row, NAME),
                       locale_role(pg_text(tree, row, KIND), locale_of(context)));
            add_remarks(text, context, "", pg_text(tree, row, ABSENT), pg_text(tree, row, DEPUTY));
        }
        if (*pg_text(tree, row, CHANNEL) == '\0')
            continue;
        buf_format(text, " %s:", pg_text(tree, row, CHANNEL));
        mask_address(text, pg_text(tree, row, ADDRESS));
        add_remarks(text, context, pg_text(tree, row, ON), pg_text(tree, row, NOT_ON), "");
    }
    if (PQntuples(tree) > 0)
        buf_char(text, '\n');
}

static void add_duties(struct buf *text, const struct context *context, const PGresult *duties)
{
    for (int row = 0; row < PQntuples(duties); row++)
        buf_format(text, "  %s:%s %s\n", locale_role(pg_text(duties, row, 0), locale_of(context)),
                   pg_text(duties, row, 1), pg_text(duties, row, 2));
}

static json_t *words_json(const char *words)
{
    json_t *list = json_array();
    for (size_t length; (length = strcspn(words, " ")) > 0; words += length + (words[length] != 0))
        json_array_append_new(list, json_stringn(words, length));
    return list;
}

static json_t *entry_json(const PGresult *tree, int row, json_t *contacts)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:o, s:s, s:o}", "code", pg_text(tree, row, CODE),
                     "kind", pg_text(tree, row, KIND), "name", pg_text(tree, row, NAME), "depth",
                     (json_int_t)pg_int(tree, row, DEPTH), "absent",
                     words_json(pg_text(tree, row, ABSENT)), "deputy", pg_text(tree, row, DEPUTY),
                     "contacts", contacts);
}

static json_t *contact_json(const PGresult *tree, int row)
{
    AUTO_BUF masked;
    buf_init(&masked, 1u << 16);
    mask_address(&masked, pg_text(tree, row, ADDRESS));
    return json_pack("{s:s, s:s, s:o, s:o}", "channel", pg_text(tree, row, CHANNEL), "address",
                     buf_string(&masked), "on", words_json(pg_text(tree, row, ON)), "absent",
                     words_json(pg_text(tree, row, NOT_ON)));
}

static json_t *tree_json(const PGresult *tree)
{
    json_t *entries = json_array(), *contacts = NULL;
    for (int row = 0; row < PQntuples(tree); row++) {
        if (begins_entry(tree, row)) {
            contacts = json_array();
            json_array_append_new(entries, entry_json(tree, row, contacts));
        }
        if (*pg_text(tree, row, CHANNEL))
            json_array_append_new(contacts, contact_json(tree, row));
    }
    return entries;
}

static json_t *duties_json(const PGresult *duties)
{
    json_t *list = json_array();
    for (int row = 0; row < PQntuples(duties); row++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s}", "role", pg_text(duties, row, 0), "code",
                                        pg_text(duties, row, 1), "name", pg_text(duties, row, 2)));
    return list;
}

static int tell(const struct context *context, const PGresult *tree, const PGresult *duties)
{
    if (context->json) {
        json_t *json =
            json_pack("{s:o, s:o}", "entries", tree_json(tree), "duties", duties_json(duties));
        int status = tell_json(json);
        json_decref(json);
        return status;
    }
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    add_tree(&text, context, tree);
    add_duties(&text, context, duties);
    return tell_text(&text);
}

static int show(const struct context *context, struct pg_block *pg, const char *code)
{
    struct error error;
    PGresult *duties = NULL, *tree = query_code(pg, tree_sql, code, &error);
    if (tree == NULL)
        return tell_failure(&error);
    int status = EXIT_FAILED;
    if (code && PQntuples(tree) == 0)
        fprintf(stderr, in_words(context, "通讯录中没有 '%s'\n", "the directory has no '%s'\n"),
                code);
    else if ((duties = query_code(pg, duty_sql, code, &error)) == NULL)
        tell_failure(&error);
    else
        status = tell(context, tree, duties);
    PQclear(duties);
    PQclear(tree);
    return status;
}

int run_directory_show(struct context *context, int argc, char **argv)
{
    static const char usage[] = "dubanctl directory show [CODE]";
    int first;
    if (!read_flags(context, argc, argv, NULL, 0, usage, &first))
        return EXIT_USAGE;
    if (argc - first > 1) {
        fprintf(stderr, "%s %s\n", in_words(context, "用法：", "usage:"), usage);
        return EXIT_USAGE;
    }
    struct pg_block *pg = open_state(context, NULL, true);
    if (pg == NULL)
        return EXIT_FAILED;
    int status = show(context, pg, first < argc ? argv[first] : NULL);
    pg_block_close(pg);
    return status;
}
