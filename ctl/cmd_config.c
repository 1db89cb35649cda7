/* dubanctl config: whether the configuration is right, and what may be written in it. */
#include "database.h"
#include "terminal.h"

#include <stdio.h>
#include <string.h>

#define REFERENCE_BYTES_MOST (4u << 20)

static int check(const struct context *context)
{
    struct config *config = open_config(context);
    if (config == NULL)
        return EXIT_FAILED;
    AUTO_BUF text;
    buf_init(&text, 1u << 16);
    buf_format(&text, in_words(context, "%s：正确（版本 %.16s）\n", "%s: fine (version %.16s)\n"),
               context->config, config->version);
    config_destroy(config);
    return tell_text(&text);
}

static int reference(void)
{
    AUTO_BUF text;
    buf_init(&text, REFERENCE_BYTES_MOST);
    config_document(&text);
    return tell_text(&text);
}

static int run(struct context *context, int argc, char **argv)
{
    static const char usage[] = "dubanctl config check|reference";
    int first;
    if (!read_flags(context, argc, argv, NULL, 0, usage, &first))
        return EXIT_USAGE;
    if (first + 1 == argc && strcmp(argv[first], "check") == 0)
        return check(context);
    if (first + 1 == argc && strcmp(argv[first], "reference") == 0)
        return reference();
    fprintf(stderr, "%s %s\n", in_words(context, "用法：", "usage:"), usage);
    return EXIT_USAGE;
}

const struct command config_command = {
    .name = "config",
    .usage = "检查配置、列出全部配置项 / check the configuration, list every key",
    .run = run,
};
