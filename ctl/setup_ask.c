/* Questions on the terminal. An answer is checked at once, and asked for again when it is wrong. */
#include "setup.h"

#include "setup_channel.h"

#include "duban/mem.h"
#include "duban/secret.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINE_BYTES 4096

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* The next byte; 0 at the end of the input or after Ctrl-C, which is let in only while nothing has
 * come. */
static char next_byte(const sigset_t *waiting)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte = '\0';
    while (!interrupted) {
        if (ppoll(&input, 1, NULL, waiting) < 0)
            continue;
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0 && errno == EINTR)
            continue;
        return got == 1 ? byte : '\0';
    }
    return '\0';
}

/* One line without its end; NULL at the end of the input or after Ctrl-C. */
static char *read_line(const sigset_t *waiting)
{
    char line[LINE_BYTES], byte;
    size_t length = 0;
    while ((byte = next_byte(waiting)) != '\0' && byte != '\n')
        if (length + 1 < sizeof line)
            line[length++] = byte;
    line[length] = '\0';
    char *copy = byte == '\n' ? mem_text(line) : NULL;
    explicit_bzero(line, sizeof line);
    return copy;
}

static void show_prompt(const char *prompt)
{
    fputs(prompt, stdout);
    fflush(stdout);
}

static char *ask_line(const char *prompt, bool hidden)
{
    struct sigaction before, action = {.sa_handler = on_interrupt};
    struct termios shown, mode;
    sigset_t interrupt, waiting;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupt, &waiting);
    sigaction(SIGINT, &action, &before);
    bool hides = hidden && tcgetattr(STDIN_FILENO, &shown) == 0;
    if (hides) {
        mode = shown;
        mode.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &mode);
    }
    show_prompt(prompt);
    char *line = read_line(&waiting);
    if (hides)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    if (hides || line == NULL)
        putchar('\n');
    sigaction(SIGINT, &before, NULL);
    sigprocmask(SIG_SETMASK, &waiting, NULL);
    return line;
}

/* --- one question --- */

static char *make_prompt(const struct context *context, const char *question, const char *standard)
{
    const char *colon = in_words(context, "：", ": ");
    return standard ? mem_format("%s [%s]%s", question, standard, colon)
                    : mem_format("%s%s", question, colon);
}

static void tell_wrong(const struct context *context, const char *why)
{
    printf("  %s%s\n", in_words(context, "不对：", "no: "), why);
}

/* Until it is answered. False: the input has ended. */
static bool ask(struct answers *answers, const struct context *context, enum answer answer)
{
    const struct question *question = &questions[answer];
    AUTO_FREE char *standard = answers_standard(answers, context, answer);
    AUTO_FREE char *prompt =
        make_prompt(context, in_words(context, question->chinese, question->english), standard);
    for (;;) {
        struct error error;
        char *line = ask_line(prompt, question->secret);
        if (line == NULL)
            return false;
        const char *text = line[0] == '\0' && standard ? standard : line;
        bool none = text[0] == '\0' && answers_optional(answers, answer);
        bool good = none || (text[0] && answers_set(answers, context, answer, text, &error));
        if (none)
            answers_forget(answers, answer);
        if (!good)
            tell_wrong(context, text[0] ? error.text
                                        : in_words(context, "不可为空", "it must not be empty"));
        secret_destroy(line);
        if (good)
            return true;
    }
}

/* --- the channel --- */

static bool ask_setting(struct answers *answers, const struct context *context,
                        const struct setting *setting)
{
    AUTO_FREE char *question = mem_format("  %s (%s)", setting->key, setting->help);
    AUTO_FREE char *prompt = make_prompt(context, question, setting->standard);
    for (;;) {
        struct error error;
        AUTO_FREE char *line = ask_line(prompt, false);
        if (line == NULL)
            return false;
        if (line[0] == '\0' && !setup_channel_needs(setting))
            return true;
        if (line[0] == '\0')
            tell_wrong(context, in_words(context, "不可为空", "it must not be empty"));
        else if (answers_set_channel(answers, setting->key, line, &error))
            return true;
        else
            tell_wrong(context, error.text);
    }
}

static bool ask_settings(struct answers *answers, const struct context *context)
{
    const struct channel_type *type = setup_channel_type(answers->texts[ANSWER_CHANNEL]);
    for (size_t i = 0; i < type->setting_count; i++)
        if (setup_channel_asks(&type->settings[i]) &&
            answers_channel(answers, type->settings[i].key) == NULL &&
            !ask_setting(answers, context, &type->settings[i]))
            return false;
    return true;
}

/* Whether the answers so far make a right configuration; else they are told and the channel is
 * asked for anew, since the others were checked one by one. */
static bool check_draft(struct setup *setup)
{
    struct problems problems = {0};
    struct config *config = setup_try(setup, &problems);
    for (size_t i = 0; i < problems.count; i++)
        tell_wrong(setup->context, problems.items[i].text);
    bool good = config != NULL;
    config_destroy(config);
    problems_finish(&problems);
    return good;
}

static bool ask_channel(struct setup *setup)
{
    struct answers *answers = &setup->answers;
    const struct context *context = setup->context;
    do {
        if (answers->texts[ANSWER_CHANNEL] == NULL && !ask(answers, context, ANSWER_CHANNEL))
            return false;
        if (!ask_settings(answers, context))
            return false;
        if (answers_wanted(answers, ANSWER_CHANNEL_SECRET) &&
            answers->texts[ANSWER_CHANNEL_SECRET] == NULL &&
            !ask(answers, context, ANSWER_CHANNEL_SECRET))
            return false;
        if (check_draft(setup))
            return true;
        answers_forget_channel(answers);
    } while (true);
}

/* --- all of them --- */

static bool refuse_existing(const struct setup *setup)
{
    const char *output = setup_text(setup, ANSWER_OUTPUT);
    if (access(output, F_OK) != 0)
        return false;
    printf(in_words(
               setup->context,
               "%s 已存在，不会覆盖。检查现有安装用 dubanctl doctor；写到别处用 --output FILE。\n",
               "%s is there and isn't written over. dubanctl doctor looks at what is installed; "
               "--output FILE writes elsewhere.\n"),
           output);
    return true;
}

/* Better now than after all the answers. */
static bool refuse_place(const struct setup *setup)
{
    struct error error;
    if (setup_place_is_fit(setup, &error))
        return false;
    printf("%s\n", error.text);
    return true;
}

/* The administrator, who has to be let in: else it is told why, and asked for again. */
static bool ask_admin(struct setup *setup)
{
    struct answers *answers = &setup->answers;
    const struct context *context = setup->context;
    while (setup->admin == NULL) {
        struct error error;
        if (!ask(answers, context, ANSWER_ADMIN_DSN) ||
            (answers_wanted(answers, ANSWER_ADMIN_PASSWORD) &&
             !ask(answers, context, ANSWER_ADMIN_PASSWORD)))
            return false;
        setup->admin = setup_connect_admin(setup, &error);
        if (setup->admin == NULL)
            tell_wrong(context, error.text);
    }
    return true;
}

static bool ask_all(struct setup *setup)
{
    struct answers *answers = &setup->answers;
    for (enum answer i = 0; i < ANSWERS; i++) {
        if (i == ANSWER_CHANNEL && !ask_channel(setup))
            return false;
        if (i == ANSWER_ADMIN_DSN && answers->texts[i] == NULL && !ask_admin(setup))
            return false;
        if (questions[i].asked && answers->texts[i] == NULL && answers_wanted(answers, i) &&
            i != ANSWER_CHANNEL_SECRET && !(i == ANSWER_ADMIN_PASSWORD && setup->admin) &&
            !ask(answers, setup->context, i))
            return false;
    }
    return true;
}

static bool give_up(const struct context *context)
{
    fputs(in_words(context, "已中断：什么都没有改动\n", "interrupted: nothing was changed\n"),
          stderr);
    return false;
}

bool setup_ask(struct setup *setup)
{
    const struct context *context = setup->context;
    answers_default_rest(&setup->answers, context);
    if (refuse_existing(setup) || refuse_place(setup))
        return false;
    fputs(in_words(
              context,
              "duban 首次安装。方括号中是默认值，直接回车即采用；Ctrl-C 放弃，不留下任何东西。\n\n",
              "duban's first installation. Enter takes the default in brackets; Ctrl-C gives "
              "up and leaves nothing behind.\n\n"),
          stdout);
    return ask_all(setup) || give_up(context);
}

static void show_answers(const struct setup *setup)
{
    const struct context *context = setup->context;
    putchar('\n');
    for (enum answer i = 0; i < ANSWERS; i++)
        if (setup_text(setup, i))
            printf("  --%-22s %s\n", questions[i].flag,
                   questions[i].secret ? in_words(context, "（已输入）", "(given)")
                                       : setup_text(setup, i));
    for (size_t i = 0; i < setup->answers.setting_count; i++)
        printf("  --%-22s %s=%s\n", "channel-set", setup->answers.settings[i].key,
               setup->answers.settings[i].value);
}

bool setup_confirm(const struct setup *setup)
{
    const struct context *context = setup->context;
    show_answers(setup);
    AUTO_FREE char *line = ask_line(in_words(context, "\n开始？[Y/n] ", "\nGo on? [Y/n] "), false);
    bool yes = line && (line[0] == '\0' || line[0] == 'y' || line[0] == 'Y');
    return yes || give_up(context);
}
