/* The subcommands of `dubanctl directory`. argv[0] is the subcommand's name. */
#ifndef CTL_DIRECTORY_COMMANDS_H
#define CTL_DIRECTORY_COMMANDS_H

#include "command.h"

#include "duban/buf.h"

int run_directory_import(struct context *context, int argc, char **argv);
int run_directory_show(struct context *context, int argc, char **argv);

/* Appends a contact's address so that it can be told from others, but not used: of a URL only the
 * host stays (the rest often is a key), of a number its ends. */
void mask_address(struct buf *out, const char *address);

#endif
