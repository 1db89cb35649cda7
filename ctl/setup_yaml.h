/* The configuration that setup writes: as little as a centre needs, with what each part is for. */
#ifndef CTL_SETUP_YAML_H
#define CTL_SETUP_YAML_H

#include "duban/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define SETUP_SETTINGS_MOST 16

struct setup_pair {
    const char *key, *value;
};

/* Borrowed texts. */
struct setup_file {
    const char *centre, *locale; /* locale: "zh-CN" or "en", also of the comments */
    const char *state_dsn, *source_dsn, *relation, *calendar;
    const char *state_password, *source_password; /* files, or NULL */
    const char *web_dsn;        /* the board's; NULL: its section is only hinted at */
    const char *channel, *type; /* name and type of the one channel */
    bool personal;              /* its type reaches a person's phone: applicants are told too */
    size_t setting_count;
    struct setup_pair settings[SETUP_SETTINGS_MOST];
    const char *secret_key, *secret; /* of the channel: "password", and its file; NULL: none */
};

/* Appends the whole file. Values are quoted, whatever they are; they hold no control characters. */
void setup_yaml(const struct setup_file *file, struct buf *out);

#endif
