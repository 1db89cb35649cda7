/* Telling the person, or the program, that runs a command. */
#include "terminal.h"

#include "duban/mem.h"

#include <getopt.h>
#include <stdio.h>

#define PROBLEMS_BYTES_MOST (1u << 20)
#define FLAGS_MOST          6
#define FIRST_FLAG          256 /* above all characters */

int tell_failure(const struct error *error)
{
    fprintf(stderr, "dubanctl: %s\n", error->text);
    return EXIT_FAILED;
}

int tell_problems(struct problems *problems)
{
    AUTO_BUF text;
    buf_init(&text, PROBLEMS_BYTES_MOST);
    problems_print(problems, &text);
    fputs(buf_string(&text), stderr);
    problems_finish(problems);
    return EXIT_FAILED;
}

static int end_output(bool good)
{
    if (fflush(stdout) == 0 && good)
        return EXIT_OK;
    perror("dubanctl: stdout");
    return EXIT_FAILED;
}

int tell_text(const struct buf *text)
{
    return end_output(fputs(buf_string(text), stdout) >= 0);
}

int tell_json(const json_t *json)
{
    bool good = json_dumpf(json, stdout, JSON_COMPACT) == 0;
    return end_output(putchar('\n') != EOF && good);
}

int tell_usage(const struct context *context, const char *usage)
{
    fprintf(stderr, "%s %s\n", in_words(context, "用法：", "usage:"), usage);
    return EXIT_USAGE;
}

bool read_flags(struct context *context, int argc, char **argv, const struct flag *flags,
                size_t count, const char *usage, int *first)
{
    struct option options[FLAGS_MOST + 5] = {COMMON_OPTIONS};
    for (size_t i = 0; i < count && i < FLAGS_MOST; i++)
        options[i + 4] = (struct option){flags[i].name, no_argument, NULL, FIRST_FLAG + (int)i};
    optind = 0; /* begins anew: another argv than main's */
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option >= FIRST_FLAG) {
            *flags[option - FIRST_FLAG].given = true;
        } else if (!common_option(context, option, optarg)) {
            tell_usage(context, usage);
            return false;
        }
    }
    *first = optind;
    return true;
}

bool read_texts(struct context *context, int argc, char **argv, const struct text_option *texts,
                size_t count, const char *usage, int *first)
{
    struct option options[FLAGS_MOST + 5] = {COMMON_OPTIONS};
    for (size_t i = 0; i < count && i < FLAGS_MOST; i++)
        options[i + 4] =
            (struct option){texts[i].name, required_argument, NULL, FIRST_FLAG + (int)i};
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option >= FIRST_FLAG) {
            *texts[option - FIRST_FLAG].text = optarg;
        } else if (!common_option(context, option, optarg)) {
            tell_usage(context, usage);
            return false;
        }
    }
    *first = optind;
    return true;
}
