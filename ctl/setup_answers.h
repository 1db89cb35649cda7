/* What setup has to know: one row a question, which is a flag, what is asked on a terminal, the
 * default, and the check of an answer. */
#ifndef CTL_SETUP_ANSWERS_H
#define CTL_SETUP_ANSWERS_H

#include "command.h"
#include "setup_yaml.h"

#include "duban/error.h"

#include <stddef.h>

enum answer {
    ANSWER_CENTRE,
    ANSWER_ADMIN_DSN,
    ANSWER_ADMIN_PASSWORD,
    ANSWER_STATE_DSN,
    ANSWER_STATE_PASSWORD,
    ANSWER_SOURCE_DSN,
    ANSWER_SOURCE_PASSWORD,
    ANSWER_SOURCE_RELATION,
    ANSWER_CALENDAR,
    ANSWER_CHANNEL,
    ANSWER_CHANNEL_SECRET,
    ANSWER_TEST_PHONE,
    ANSWER_LOCALE,
    ANSWER_ROWS,
    ANSWER_OUTPUT,
};

#define ANSWERS 15

struct setup_text {
    char *key, *value; /* owned */
};

struct answers {
    char *texts[ANSWERS]; /* owned; NULL: not given. Of secrets what their files hold */
    size_t setting_count; /* of the channel: --channel-set KEY=VALUE */
    struct setup_text settings[SETUP_SETTINGS_MOST];
    bool yes, dry_run;
};

struct question {
    const char *flag;     /* "admin-dsn"; of a secret its file's: "admin-password-file" */
    const char *argument; /* as the usage shows it */
    bool secret;          /* the flag names a file that holds it; it is asked for without echo */
    bool optional;        /* setup goes on without it (answers_optional) */
    bool asked;           /* on a terminal; else only its flag or its default counts */
    const char *standard; /* default; NULL: none */
    const char *chinese, *english;
    bool (*check)(const struct context *context, const char *text, struct error *error);
};

/* In the order of the enum, which is the order of asking. */
extern const struct question questions[ANSWERS];

/* Reads the flags. False, and told on stderr, when they are wrong. */
bool answers_read(struct answers *answers, struct context *context, int argc, char **argv);
/* Wipes the secrets. Zeroed ones are fine. */
void answers_finish(struct answers *answers);

/* Takes a text over, if it passes its question's check. */
bool answers_set(struct answers *answers, const struct context *context, enum answer answer,
                 const char *text, struct error *error) MUST_USE;

/* It isn't answered any more. */
void answers_forget(struct answers *answers, enum answer answer);

/* Gives the channel a setting, another value if it has it. False when its type, if that is known
 * already, has none of that name that setup can write. */
bool answers_set_channel(struct answers *answers, const char *key, const char *value,
                         struct error *error) MUST_USE;

/* Channel, its settings and its secret are to be answered anew. */
void answers_forget_channel(struct answers *answers);

/* The value of a setting of the channel, or NULL. */
const char *answers_channel(const struct answers *answers, const char *key);

/* The default of a question, which may depend on other answers; NULL without one. The caller's to
 * free(). */
char *answers_standard(const struct answers *answers, const struct context *context,
                       enum answer answer);

/* Whether a question has to be answered, given the answers before it: a password over a Unix socket
 * hasn't, nor a secret that the channel doesn't have. */
bool answers_wanted(const struct answers *answers, enum answer answer);

/* Whether setup goes on without it. */
bool answers_optional(const struct answers *answers, enum answer answer);

/* Takes the defaults of what is never asked and wasn't given by a flag. */
void answers_default_rest(struct answers *answers, const struct context *context);

/* Takes the defaults of what isn't answered (only of what is never asked, unless `all`), then tells
 * on stderr every flag that is missing; false when there is one. */
bool answers_complete(struct answers *answers, const struct context *context, bool all);

#endif
