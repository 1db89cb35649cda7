/* Steps in words, or as one JSON object at the end. */
#include "setup_tell.h"

#include "message_text.h"
#include "setup_dsn.h"
#include "terminal.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

#define TEXT_BYTES_MOST (1u << 20)

static const char *call_outcome(const struct context *context, const char *outcome)
{
    static const struct {
        const char *outcome, *chinese, *english;
    } words[] = {{"done", "通过", "done"},
                 {"warning", "通过，有需注意之处", "done, with something to look at"},
                 {"failed", "失败", "FAILED"},
                 {"skipped", "跳过", "skipped"}};
    size_t i = 0;
    while (strcmp(words[i].outcome, outcome) != 0)
        i++;
    return in_words(context, words[i].chinese, words[i].english);
}

static void add_finding(struct buf *out, const struct context *context, const json_t *finding)
{
    const char *grade = json_text(finding, "grade"), *remedy = json_text(finding, "remedy");
    const char *mark = strcmp(grade, "ok") == 0        ? in_words(context, "正常", "fine")
                       : strcmp(grade, "warning") == 0 ? in_words(context, "注意", "look")
                                                       : in_words(context, "故障", "BAD ");
    buf_format(out, "  %s  %s\n", mark, json_text(finding, "what"));
    if (remedy[0])
        buf_format(out, "        → %s\n", remedy);
}

void setup_tell_step(const struct setup *setup, const json_t *step, const char *title,
                     size_t number, size_t count)
{
    const struct context *context = setup->context;
    size_t index;
    const json_t *finding;
    if (context->json)
        return;
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    buf_format(&text, in_words(context, "[%zu/%zu] %s：%s\n", "[%zu/%zu] %s: %s\n"), number, count,
               title, call_outcome(context, json_text(step, "outcome")));
    json_array_foreach(json_object_get(step, "findings"), index, finding)
    {
        add_finding(&text, context, finding);
    }
    (void)tell_text(&text); /* a failure shows at the end again */
}

static void add_next(struct buf *out, const struct setup *setup)
{
    const struct context *context = setup->context;
    const char *output = setup_text(setup, ANSWER_OUTPUT);
    AUTO_FREE char *database = dsn_value(setup_text(setup, ANSWER_STATE_DSN), "dbname");
    const char *admin = setup_text(setup, ANSWER_ADMIN_DSN);
    bool as_owner = setup->owned && dsn_is_local(admin); /* whom root may be */
    AUTO_FREE char *owner = dsn_with(admin, database, as_owner ? SETUP_OWNER : NULL);
    buf_format(
        out,
        in_words(context,
                 "\n接下来：\n"
                 "  1. 编写通讯录并导入（docs/configuration.md）：\n"
                 "     dubanctl --config %s --dsn '%s' directory import directory.yaml\n"
                 "  2. 启动：systemctl enable --now duband duban-web；journalctl -fu duband\n"
                 "  3. 看板用户：dubanctl --config %s --dsn '%s' user add NAME --role "
                 "supervision\n"
                 "  4. 随时体检：dubanctl doctor\n",
                 "\nNext:\n"
                 "  1. write the directory and import it (docs/configuration.md):\n"
                 "     dubanctl --config %s --dsn '%s' directory import directory.yaml\n"
                 "  2. start: systemctl enable --now duband duban-web; journalctl -fu duband\n"
                 "  3. a user of the board: dubanctl --config %s --dsn '%s' user add NAME "
                 "--role supervision\n"
                 "  4. look at it any time: dubanctl doctor\n"),
        output, owner, output, owner);
}

static int tell_json_end(const struct setup *setup, bool done)
{
    json_t *all = json_pack("{s:b, s:b, s:s, s:O, s:O?, s:s?}", "done", (int)done, "dry_run",
                            (int)setup->answers.dry_run, "output", setup_text(setup, ANSWER_OUTPUT),
                            "steps", setup->steps, "rows", setup->rows, "text", setup->text);
    int status = tell_json(all);
    json_decref(all);
    return status;
}

int setup_tell_end(const struct setup *setup, bool done)
{
    const struct context *context = setup->context;
    if (context->json)
        return tell_json_end(setup, done);
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    if (setup->text)
        buf_format(&text, "\n%s", setup->text);
    if (!done)
        buf_text(&text,
                 in_words(context, "\n未全部完成：按上面的办法处理后再运行一次，已完成的不会重做\n",
                          "\nNot all is done: mend what is told above and run it again; what "
                          "is done stays as it is\n"));
    else if (setup->answers.dry_run)
        buf_text(&text,
                 in_words(context, "\n试运行：未作任何更改\n", "\ndry run: nothing was changed\n"));
    else
        add_next(&text, setup);
    return tell_text(&text);
}
