/* dubanctl directory: its subcommands, and what they share. */
#include "directory_commands.h"

#include "duban/mem.h"

#include <stdio.h>
#include <string.h>

static const struct subcommand {
    const char *name, *arguments, *chinese, *english;
    int (*run)(struct context *context, int argc, char **argv);
} subcommands[] = {
    {"import", "FILE [--dry-run]", "导入通讯录，替换原有内容", "replace the directory by a file's",
     run_directory_import},
    {"show", "[CODE]", "显示组织树及各角色的责任对象", "show the tree, and who answers for whom",
     run_directory_show},
};

static int run(struct context *context, int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < COUNT_OF(subcommands); i++)
        if (strcmp(argv[1], subcommands[i].name) == 0)
            return subcommands[i].run(context, argc - 1, argv + 1);
    fputs(in_words(context, "用法：dubanctl directory 子命令 …\n\n",
                   "usage: dubanctl directory SUBCOMMAND …\n\n"),
          stderr);
    for (size_t i = 0; i < COUNT_OF(subcommands); i++)
        fprintf(stderr, "  %-7s %-18s %s\n", subcommands[i].name, subcommands[i].arguments,
                in_words(context, subcommands[i].chinese, subcommands[i].english));
    return EXIT_USAGE;
}

const struct command directory_command = {
    .name = "directory",
    .usage = "通讯录：导入、显示 / import and show the directory",
    .run = run,
};
