/* dubanctl's commands: one file and one declared entry each. */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include <stdbool.h>

/* What every command is told. */
struct context {
    bool english;       /* --lang en; else zh-CN */
    bool json;          /* --json */
    bool colour;        /* stdout is a terminal */
    const char *config; /* --config: path of the configuration */
    const char *dsn;    /* --dsn: the state database, instead of the configuration's; or NULL */
};

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Runs with argv[0] its own name. */
struct command {
    const char *name;
    const char *usage; /* lines for --help: one in Chinese, one in English */
    int (*run)(struct context *context, int argc, char **argv);
};

extern const struct command ack_command;
extern const struct command calendar_command;
extern const struct command channel_command;
extern const struct command config_command;
extern const struct command dead_command;
extern const struct command directory_command;
extern const struct command doctor_command;
extern const struct command explain_command;
extern const struct command irregularities_command;
extern const struct command ledger_command;
extern const struct command message_command;
extern const struct command migrate_command;
extern const struct command plan_command;
extern const struct command setup_command;
extern const struct command silence_command;
extern const struct command simulate_command;
extern const struct command status_command;
extern const struct command template_command;
extern const struct command test_send_command;
extern const struct command user_command;
extern const struct command withdraw_command;

/* One of two texts, by the language. Both formats take the same arguments. */
static inline const char *in_words(const struct context *context, const char *chinese,
                                   const char *english)
    __attribute__((format_arg(2), format_arg(3)));

static inline const char *in_words(const struct context *context, const char *chinese,
                                   const char *english)
{
    return context->english ? english : chinese;
}

/* Reads the options that every command has. False: `option` isn't one of them. */
bool common_option(struct context *context, int option, const char *argument);

/* For getopt_long tables; 'j', 'L', 'C' and 'D' are taken by them. */
#define COMMON_OPTIONS                                                                             \
    {"json", no_argument, NULL, 'j'}, {"lang", required_argument, NULL, 'L'},                      \
        {"config", required_argument, NULL, 'C'},                                                  \
    {                                                                                              \
        "dsn", required_argument, NULL, 'D'                                                        \
    }

#endif
