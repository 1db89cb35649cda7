/* The rules of a scenario: a file, or a piece of one. */
#include "scenario.h"

#include "duban/buf.h"
#include "duban/file.h"
#include "duban/mem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a piece leaves out. */
static const struct {
    const char *section, *text;
} small_centre[] = {
    {"centre", "centre: 安澜县政务服务中心\n"},
    {"state", "state: {dsn: dbname=duban}\n"},
    {"source", "source: {dsn: dbname=approval, relation: approval.duban_case}\n"},
    {"calendars", "calendars: {cn: calendars/cn.yaml}\n"},
    {"calendar", "calendar: cn\n"},
    {"channels", "channels: {sms: {type: mail, url: \"smtp://127.0.0.1\", from: d@example.org}}\n"},
    {"routes", "routes: {completed: {applicant: sms}}\n"},
};

static void complete(const char *piece, struct buf *out, struct problems *problems)
{
    struct yaml_document *document = yaml_load_text(piece, strlen(piece), "piece", problems);
    buf_text(out, piece);
    buf_char(out, '\n');
    for (size_t i = 0; document && i < COUNT_OF(small_centre); i++)
        if (yaml_get(yaml_root(document), small_centre[i].section) == NULL)
            buf_text(out, small_centre[i].text);
    yaml_destroy(document);
}

/* Problems of the piece get their place in the scenario. */
static void move_problems(const struct yaml_node *node, struct problems *found,
                          struct problems *problems)
{
    for (size_t i = 0; i < found->count; i++)
        problems_add(problems, node->file, node->line + found->items[i].line,
                     found->items[i].column + 2, "%s", found->items[i].text);
    problems_finish(found);
}

static void write_file(const char *path, const struct buf *text)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(buf_string(text), 1, text->length, file) != text->length ||
        fclose(file) != 0)
        abort();
}

static struct config *load_piece(const struct yaml_node *node, struct problems *problems)
{
    char folder[] = "/tmp/duban-scenario-XXXXXX";
    struct problems found = {0};
    struct config *config = NULL;
    AUTO_BUF text;
    buf_init(&text, 1 << 16);
    complete(node->text, &text, &found);
    if (found.total == 0) {
        if (mkdtemp(folder) == NULL)
            abort();
        AUTO_FREE char *path = mem_format("%s/duban.yaml", folder);
        AUTO_FREE char *calendars = mem_format("%s/calendars", folder);
        if (symlink(SOURCE_DIR "/etc/calendars", calendars) != 0)
            abort();
        write_file(path, &text);
        config = config_load(path, &found);
        unlink(path);
        unlink(calendars);
        rmdir(folder);
    }
    move_problems(node, &found, problems);
    return config;
}

struct config *scenario_config(const struct yaml_node *node, struct problems *problems)
{
    const char *text;
    if (!yaml_read_text(node, &text, problems))
        return NULL;
    if (strchr(text, '\n'))
        return load_piece(node, problems);
    AUTO_FREE char *path = mem_format("%s/%s", SOURCE_DIR, text);
    return config_load(path, problems);
}
