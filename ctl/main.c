/* dubanctl: finds the command and runs it. */
#include "command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef DUBAN_VERSION
#define DUBAN_VERSION "unknown"
#endif

static const struct command *const commands[] = {
    &calendar_command,
};

static const size_t command_count = sizeof commands / sizeof *commands;

static void print_usage(const struct context *context, FILE *out)
{
    fputs(in_words(context, "用法:dubanctl [--json] [--lang zh|en] 命令 …\n\n命令:\n",
                   "usage: dubanctl [--json] [--lang zh|en] COMMAND …\n\ncommands:\n"),
          out);
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->usage);
}

bool common_option(struct context *context, int option, const char *argument)
{
    if (option == 'j') {
        context->json = true;
        return true;
    }
    if (option != 'L')
        return false;
    context->english = strncmp(argument, "en", 2) == 0;
    return context->english || strncmp(argument, "zh", 2) == 0;
}

static int run_command(struct context *context, int argc, char **argv)
{
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(argv[0], commands[i]->name) == 0)
            return commands[i]->run(context, argc, argv);
    fprintf(stderr, in_words(context, "没有命令 '%s'\n", "no command '%s'\n"), argv[0]);
    print_usage(context, stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        COMMON_OPTIONS, {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {0}};
    struct context context = {.colour = isatty(STDOUT_FILENO) != 0};
    int option;
    while ((option = getopt_long(argc, argv, "+hV", options, NULL)) != -1) {
        if (option == 'h') {
            print_usage(&context, stdout);
            return EXIT_OK;
        }
        if (option == 'V') {
            puts("dubanctl " DUBAN_VERSION);
            return EXIT_OK;
        }
        if (!common_option(&context, option, optarg))
            return EXIT_USAGE;
    }
    if (optind == argc) {
        print_usage(&context, stderr);
        return EXIT_USAGE;
    }
    int first = optind;
    optind = 0; /* the command reads options of its own */
    return run_command(&context, argc - first, argv + first);
}
