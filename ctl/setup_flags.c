/* The flags of setup. */
#include "setup_answers.h"
#include "setup_channel.h"
#include "terminal.h"

#include "duban/mem.h"
#include "duban/secret.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define FIRST_FLAG 256 /* above all characters; the answers' own come first */
#define FLAG_SET   (FIRST_FLAG + ANSWERS)
#define FLAG_YES   (FIRST_FLAG + ANSWERS + 1)
#define FLAG_DRY   (FIRST_FLAG + ANSWERS + 2)
#define COMMON     4

static int tell_flags(const struct context *context)
{
    fprintf(stderr, "%s dubanctl setup", in_words(context, "用法：", "usage:"));
    for (size_t i = 0; i < ANSWERS; i++)
        fprintf(stderr, " [--%s %s]", questions[i].flag, questions[i].argument);
    fputs(" [--channel-set KEY=VALUE]… [--yes] [--dry-run]\n", stderr);
    return EXIT_USAGE;
}

static bool wrong(const char *flag, const char *why)
{
    fprintf(stderr, "dubanctl: --%s: %s\n", flag, why);
    return false;
}

static bool read_answer(struct answers *answers, const struct context *context, enum answer answer,
                        const char *argument)
{
    struct error error;
    bool secret = questions[answer].secret;
    char *text = secret ? secret_read_file(argument, &error) : mem_text(argument);
    bool good = text && answers_set(answers, context, answer, text, &error);
    secret_destroy(text);
    if (!good && secret)
        error_prefix(&error, "%s", argument);
    return good || wrong(questions[answer].flag, error.text);
}

static bool read_setting(struct answers *answers, const char *argument)
{
    struct error error;
    size_t length = strcspn(argument, "=");
    if (length == 0 || argument[length] == '\0')
        return wrong("channel-set", "KEY=VALUE?");
    AUTO_FREE char *key = mem_text_n(argument, length);
    return answers_set_channel(answers, key, argument + length + 1, &error) ||
           wrong("channel-set", error.text);
}

/* What could be checked only when the type was known. */
static bool check_channel(struct answers *answers, const struct context *context)
{
    const char *type = answers->texts[ANSWER_CHANNEL];
    struct error error;
    for (size_t i = 0; type && i < answers->setting_count; i++)
        if (!setup_channel_setting(type, answers->settings[i].key)) {
            snprintf(error.text, sizeof error.text,
                     in_words(context, "类型 %s 没有配置项 '%s'，或不能在此给出",
                              "type %s has no setting '%s' that can be given here"),
                     type, answers->settings[i].key);
            return wrong("channel-set", error.text);
        }
    if (answers->texts[ANSWER_TEST_PHONE] == NULL)
        return true;
    AUTO_FREE char *phone = mem_text(answers->texts[ANSWER_TEST_PHONE]);
    return answers_set(answers, context, ANSWER_TEST_PHONE, phone, &error) ||
           wrong(questions[ANSWER_TEST_PHONE].flag, error.text);
}

static bool read_one(struct answers *answers, struct context *context, int option)
{
    if (option == FLAG_YES)
        return answers->yes = true;
    if (option == FLAG_DRY)
        return answers->dry_run = true;
    if (option == FLAG_SET)
        return read_setting(answers, optarg);
    if (option >= FIRST_FLAG)
        return read_answer(answers, context, (enum answer)(option - FIRST_FLAG), optarg);
    if (option != 'D' && common_option(context, option, optarg))
        return true;
    tell_flags(context);
    return false;
}

bool answers_read(struct answers *answers, struct context *context, int argc, char **argv)
{
    struct option options[COMMON + ANSWERS + 4] = {COMMON_OPTIONS};
    for (int i = 0; i < ANSWERS; i++)
        options[COMMON + i] =
            (struct option){questions[i].flag, required_argument, NULL, FIRST_FLAG + i};
    options[COMMON + ANSWERS] = (struct option){"channel-set", required_argument, NULL, FLAG_SET};
    options[COMMON + ANSWERS + 1] = (struct option){"yes", no_argument, NULL, FLAG_YES};
    options[COMMON + ANSWERS + 2] = (struct option){"dry-run", no_argument, NULL, FLAG_DRY};
    optind = 0; /* begins anew: another argv than main's */
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!read_one(answers, context, option))
            return false;
    if (optind < argc || context->dsn) { /* --dsn: which of the three would it be? */
        tell_flags(context);
        return false;
    }
    return check_channel(answers, context);
}
