/* dubanctl: finds the command and runs it. */
#include "command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIG "/etc/duban/duban.yaml"

static const struct command *const commands[] = {
    &ack_command,       &calendar_command, &channel_command,
    &config_command,    &dead_command,     &directory_command,
    &doctor_command,    &explain_command,  &irregularities_command,
    &ledger_command,    &message_command,  &migrate_command,
    &plan_command,      &setup_command,    &silence_command,
    &simulate_command,  &status_command,   &template_command,
    &test_send_command, &user_command,     &withdraw_command,
};

static const size_t command_count = sizeof commands / sizeof *commands;

static void print_usage(const struct context *context, FILE *out)
{
    fputs(in_words(context,
                   "用法：dubanctl [选项] 命令 …\n\n"
                   "  --config FILE    配置文件（默认 " DEFAULT_CONFIG "）\n"
                   "  --dsn DSN        duban 数据库，代替配置文件中的 state\n"
                   "  --json           输出 JSON\n"
                   "  --lang zh-CN|en  输出的语言\n"
                   "  --version, --help\n\n命令：\n",
                   "usage: dubanctl [OPTION]… COMMAND …\n\n"
                   "  --config FILE    the configuration (default: " DEFAULT_CONFIG ")\n"
                   "  --dsn DSN        duban's database, instead of the configuration's `state`\n"
                   "  --json           print JSON\n"
                   "  --lang zh-CN|en  the language of what is printed\n"
                   "  --version, --help\n\ncommands:\n"),
          out);
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, "  %-14s %s\n", commands[i]->name, commands[i]->usage);
}

bool common_option(struct context *context, int option, const char *argument)
{
    switch (option) {
    case 'j':
        return context->json = true;
    case 'C':
        context->config = argument;
        return true;
    case 'D':
        context->dsn = argument;
        return true;
    case 'L':
        context->english = strncmp(argument, "en", 2) == 0;
        return context->english || strncmp(argument, "zh", 2) == 0;
    default:
        return false;
    }
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
    struct context context = {.colour = isatty(STDOUT_FILENO) != 0, .config = DEFAULT_CONFIG};
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
        if (!common_option(&context, option, optarg)) {
            print_usage(&context, stderr);
            return EXIT_USAGE;
        }
    }
    if (optind == argc) {
        print_usage(&context, stderr);
        return EXIT_USAGE;
    }
    int first = optind;
    optind = 0; /* the command reads options of its own */
    return run_command(&context, argc - first, argv + first);
}
