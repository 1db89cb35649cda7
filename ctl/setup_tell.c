/* Steps in words, or as one JSON object at the end. */
#include "setup_tell.h"

#include "message_text.h"
#include "setup_dsn.h"
#include "terminal.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BYTES_MOST (1u << 20)
#define PACKAGED        "/etc/duban/duban.yaml"

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

/* Credentials that the shipped unit loads and that aren't there keep it from starting. */
static bool lacks_credentials(void)
{
    return access("/etc/duban/credentials/kannel", F_OK) != 0 ||
           access("/etc/duban/credentials/webhook", F_OK) != 0;
}

static void add_next(struct buf *out, const struct setup *setup)
{
    const struct context *context = setup->context;
    const char *output = setup_text(setup, ANSWER_OUTPUT);
    AUTO_FREE char *database = dsn_value(setup_text(setup, ANSWER_STATE_DSN), "dbname");
    AUTO_FREE char *owner = dsn_with(setup_text(setup, ANSWER_ADMIN_DSN), database, NULL);
    bool unloads = strcmp(output, PACKAGED) == 0 && lacks_credentials();
    int number = unloads ? 3 : 2;
    buf_text(out, in_words(context, "\n接下来：\n", "\nNext:\n"));
    buf_format(out,
               in_words(context,
                        "  1. 编写通讯录并导入（docs/configuration.md）：\n"
                        "     dubanctl --config %s --dsn '%s' directory import directory.yaml\n",
                        "  1. write the directory and import it (docs/configuration.md):\n"
                        "     dubanctl --config %s --dsn '%s' directory import directory.yaml\n"),
               output, owner);
    if (unloads)
        buf_text(
            out,
            in_words(context,
                     "  2. 本配置不用 systemd 凭据；随附的单元要求的先去掉：\n"
                     "     systemctl edit duband，写入 [Service] 和 LoadCredential= 两行\n",
                     "  2. this configuration needs no credentials of systemd; take those of the "
                     "shipped unit out:\n"
                     "     systemctl edit duband, with two lines: [Service] and "
                     "LoadCredential=\n"));
    buf_format(
        out,
        in_words(context,
                 "  %d. 启动：systemctl enable --now duband duban-web；journalctl -fu duband\n"
                 "  %d. 看板用户：dubanctl --config %s --dsn '%s' user add NAME --role "
                 "supervision\n"
                 "  %d. 随时体检：dubanctl doctor\n",
                 "  %d. start: systemctl enable --now duband duban-web; journalctl -fu duband\n"
                 "  %d. a user of the board: dubanctl --config %s --dsn '%s' user add NAME "
                 "--role supervision\n"
                 "  %d. look at it any time: dubanctl doctor\n"),
        number, number + 1, output, owner, number + 2);
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
