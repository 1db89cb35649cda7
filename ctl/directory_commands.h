/* The subcommands of `dubanctl directory`. argv[0] is the subcommand's name. */
#ifndef CTL_DIRECTORY_COMMANDS_H
#define CTL_DIRECTORY_COMMANDS_H

#include "command.h"

int run_directory_import(struct context *context, int argc, char **argv);
int run_directory_show(struct context *context, int argc, char **argv);

#endif
