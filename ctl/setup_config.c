/* The configuration: composed from the answers, and drafted, so that everything is checked before
 * anything is changed. */
#include "setup.h"

#include "setup_channel.h"
#include "setup_dsn.h"

#include "duban/file.h"
#include "duban/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_BYTES_MOST (256u << 10)

void setup_compose(const struct setup *setup, const char *calendar,
                   const struct setup_secrets *secrets, struct buf *out)
{
    const char *type = setup_text(setup, ANSWER_CHANNEL);
    const struct setting *secret = setup_channel_secret(type);
    const char *state = setup_text(setup, ANSWER_STATE_DSN);
    /* With a password the board needs one of its own, which is its own matter. */
    AUTO_FREE char *web = secrets->state ? NULL : dsn_with(state, NULL, "duban_web");
    struct setup_file file = {
        .centre = setup_text(setup, ANSWER_CENTRE),
        .locale = setup_text(setup, ANSWER_LOCALE),
        .state_dsn = state,
        .source_dsn = setup_text(setup, ANSWER_SOURCE_DSN),
        .relation = setup_text(setup, ANSWER_SOURCE_RELATION),
        .calendar = calendar,
        .state_password = secrets->state,
        .source_password = secrets->source,
        .web_dsn = web,
        .channel = setup_channel_name(type),
        .type = type,
        .personal = setup_channel_type(type)->personal,
        .secret_key = secret ? secret->key : NULL,
        .secret = secrets->channel,
    };
    for (size_t i = 0; i < setup->answers.setting_count; i++)
        file.settings[file.setting_count++] =
            (struct setup_pair){setup->answers.settings[i].key, setup->answers.settings[i].value};
    setup_yaml(&file, out);
}

/* --- the draft --- */

/* A file in memory alone, that nobody else can read; its path, or "" without the text. */
struct memory_file {
    int descriptor;
    char path[40];
};

static struct memory_file memory_file(const char *text)
{
    struct memory_file file = {.descriptor = text ? memfd_create("duban", MFD_CLOEXEC) : -1};
    if (file.descriptor < 0)
        return file;
    size_t length = strlen(text);
    if (fchmod(file.descriptor, S_IRUSR | S_IWUSR) == 0 &&
        write(file.descriptor, text, length) == (ssize_t)length)
        snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.descriptor);
    return file;
}

static void memory_file_close(const struct memory_file *file)
{
    if (file->descriptor >= 0)
        close(file->descriptor);
}

static const char *path_of(const struct memory_file *file)
{
    return file->path[0] ? file->path : NULL;
}

/* The mistakes of the draft are those of the answers; its place says nothing. */
static void tell_mistakes(struct setup *setup, const struct problems *problems)
{
    const struct context *context = setup->context;
    for (size_t i = 0; i < problems->count; i++)
        doctor_find(&setup->doctor, GRADE_BAD, "configuration",
                    in_words(context, "改正这一项的选项后再运行（docs/configuration.md）",
                             "give another answer, and run this again (docs/configuration.md)"),
                    in_words(context, "配置有误：%s", "the configuration is wrong: %s"),
                    problems->items[i].text);
}

static char *absolute(const char *path)
{
    char *real = realpath(path, NULL);
    return real ? real : mem_text(path);
}

struct config *setup_try(const struct setup *setup, struct problems *problems)
{
    const struct memory_file state = memory_file(setup_text(setup, ANSWER_STATE_PASSWORD)),
                             source = memory_file(setup_text(setup, ANSWER_SOURCE_PASSWORD)),
                             channel = memory_file(setup_text(setup, ANSWER_CHANNEL_SECRET));
    const struct setup_secrets secrets = {path_of(&state), path_of(&source), path_of(&channel)};
    AUTO_FREE char *calendar = absolute(setup_text(setup, ANSWER_CALENDAR));
    AUTO_BUF text;
    buf_init(&text, TEXT_BYTES_MOST);
    setup_compose(setup, calendar, &secrets, &text);
    const struct memory_file draft = memory_file(buf_string(&text));
    struct config *config = config_load(draft.path, problems);
    memory_file_close(&draft);
    memory_file_close(&channel);
    memory_file_close(&source);
    memory_file_close(&state);
    return config;
}

bool setup_place_is_fit(const struct setup *setup, struct error *error)
{
    AUTO_FREE char *folder = path_beside(setup_text(setup, ANSWER_OUTPUT), "");
    if (setup->answers.dry_run || access(folder, W_OK | X_OK) == 0)
        return true;
    return error_set(error,
                     in_words(setup->context,
                              "目录 %s 不能写入（%s）：先建好目录，换有权限的用户，或用 --output",
                              "the folder %s can't be written to (%s): make it first, be somebody "
                              "who may, or use --output"),
                     folder, strerror(errno));
}

void setup_draft(struct setup *setup)
{
    struct error error;
    struct problems problems = {0};
    setup->config = setup_try(setup, &problems);
    setup->doctor.config = setup->config;
    if (setup->config) {
        doctor_find(&setup->doctor, GRADE_OK, "configuration", NULL, "%s",
                    in_words(setup->context, "由各项回答拟成的配置正确",
                             "the configuration made of the answers is right"));
        doctor_calendars(&setup->doctor);
    }
    tell_mistakes(setup, &problems);
    problems_finish(&problems);
    if (!setup_place_is_fit(setup, &error))
        doctor_find(&setup->doctor, GRADE_BAD, "configuration", NULL, "%s", error.text);
}
