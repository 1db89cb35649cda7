/* The fourth step: the secrets, each in a file of its own, then duban.yaml; all or nothing, and
 * nothing that is there is written over. */
#include "setup.h"

#include "setup_channel.h"
#include "setup_file.h"

#include "duban/file.h"
#include "duban/mem.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BYTES_MOST (256u << 10)
#define LINES_TOLD      12
#define DIFFERENCE_MOST 2048

/* --- a configuration that is there --- */

/* The lines in which both differ: theirs behind -, ours behind +; the same ones at both ends left
 * out. */
static void add_side(struct buf *out, char mark, const char *begin, const char *end)
{
    int lines = 0;
    while (begin < end) {
        size_t length = strcspn(begin, "\n");
        if (lines++ == LINES_TOLD) {
            buf_format(out, "\n      %c …", mark);
            return;
        }
        buf_format(out, "\n      %c %.*s", mark, (int)length, begin);
        begin += length + (begin[length] == '\n');
    }
}

static void add_difference(struct buf *out, const char *theirs, const char *ours)
{
    size_t same = 0, line = 0;
    for (; theirs[same] && theirs[same] == ours[same]; same++)
        if (theirs[same] == '\n')
            line = same + 1;
    const char *their_end = theirs + strlen(theirs), *our_end = ours + strlen(ours);
    while (their_end > theirs + line && our_end > ours + line && their_end[-1] == our_end[-1]) {
        their_end--;
        our_end--;
    }
    their_end += strcspn(their_end, "\n");
    our_end += strcspn(our_end, "\n");
    add_side(out, '-', theirs + line, their_end);
    add_side(out, '+', ours + line, our_end);
}

static void refuse(struct setup *setup, const char *path, const char *theirs, const char *ours)
{
    const struct context *context = setup->context;
    AUTO_BUF difference;
    buf_init(&difference, DIFFERENCE_MOST);
    add_difference(&difference, theirs, ours);
    doctor_find(
        &setup->doctor, GRADE_BAD, "configuration",
        in_words(context, "用 --output 写到别处，再人工合并；或先把它移走",
                 "write elsewhere by --output and merge by hand, or move it away first"),
        in_words(context, "%s 已存在且不同，未覆盖（- 现有，+ 本次）：%s",
                 "%s is there and differs; it was left alone (- as it is, + as it would be):%s"),
        path, buf_string(&difference));
}

/* Whether a configuration stands there already: told, and nothing is to be written. */
static bool is_there(struct setup *setup, const char *path, const char *ours)
{
    char *theirs;
    size_t length;
    struct error error;
    if (access(path, F_OK) != 0)
        return false;
    if (!file_read(path, TEXT_BYTES_MOST, &theirs, &length, &error)) {
        doctor_find(&setup->doctor, GRADE_BAD, "configuration",
                    in_words(setup->context, "用 --output 写到别处", "write elsewhere: --output"),
                    "%s: %s", path, error.text);
        return true;
    }
    setup->wrote = strcmp(theirs, ours) == 0;
    if (setup->wrote)
        doctor_find(&setup->doctor, GRADE_OK, "configuration", NULL,
                    in_words(setup->context, "%s 已经写好，内容相同", "%s is there, the same"),
                    path);
    else
        refuse(setup, path, theirs, ours);
    free(theirs);
    return true;
}

/* --- writing --- */

static bool write_secret(const struct setup *setup, struct written *written, const char *name,
                         enum answer answer, struct error *error)
{
    const char *secret = setup_text(setup, answer);
    const char *output = setup_text(setup, ANSWER_OUTPUT);
    return secret == NULL || written_secret(written, output, name, secret, error);
}

/* What the files are called; NULL for secrets that there aren't. `channel` is the caller's. */
static struct setup_secrets name_secrets(const struct setup *setup, const char *channel)
{
    return (struct setup_secrets){
        setup_text(setup, ANSWER_STATE_PASSWORD) ? SECRETS "/state" : NULL,
        setup_text(setup, ANSWER_SOURCE_PASSWORD) ? SECRETS "/source" : NULL,
        setup_text(setup, ANSWER_CHANNEL_SECRET) ? channel : NULL,
    };
}

static bool write_all(const struct setup *setup, const char *text, struct error *error)
{
    struct written written = {0};
    sigset_t all, before;
    sigfillset(&all); /* nobody interrupts between the first file and the last */
    sigprocmask(SIG_BLOCK, &all, &before);
    bool good = write_secret(setup, &written, "state", ANSWER_STATE_PASSWORD, error) &&
                write_secret(setup, &written, "source", ANSWER_SOURCE_PASSWORD, error) &&
                write_secret(setup, &written, setup_channel_name(setup_text(setup, ANSWER_CHANNEL)),
                             ANSWER_CHANNEL_SECRET, error) &&
                written_config(&written, setup_text(setup, ANSWER_OUTPUT), text, error);
    written_finish(&written, !good);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return good;
}

void setup_write(struct setup *setup)
{
    const struct context *context = setup->context;
    const char *output = setup_text(setup, ANSWER_OUTPUT);
    AUTO_FREE char *channel =
        mem_format(SECRETS "/%s", setup_channel_name(setup_text(setup, ANSWER_CHANNEL)));
    const struct setup_secrets secrets = name_secrets(setup, channel);
    struct error error;
    AUTO_FREE char *calendar = beside_or_absolute(output, setup_text(setup, ANSWER_CALENDAR));
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    setup_compose(setup, calendar, &secrets, &text);
    if (is_there(setup, output, buf_string(&text)))
        return;
    if (setup->answers.dry_run) {
        doctor_find(&setup->doctor, GRADE_OK, "configuration", NULL,
                    in_words(context, "将写 %s，内容见下", "would write %s, as below"), output);
        setup->text = buf_take(&text);
        return;
    }
    setup->wrote = write_all(setup, buf_string(&text), &error);
    if (setup->wrote)
        doctor_find(&setup->doctor, GRADE_OK, "configuration", NULL,
                    in_words(context, "已写 %s，检查通过", "wrote %s, which is right"), output);
    else
        doctor_find(&setup->doctor, GRADE_BAD, "configuration",
                    in_words(context, "检查目录和权限，或用 --output 写到别处",
                             "look at the folder and its rights, or write elsewhere: --output"),
                    in_words(context, "%s 未写成：%s", "%s was not written: %s"), output,
                    error.text);
}
