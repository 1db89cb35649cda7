/* One setting of the configuration, as a row of its section's table. The table drives parsing,
 * defaults, range checks, the list of known keys, and the manual page (settings.h). */
#ifndef DUBAN_SETTING_H
#define DUBAN_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_kind {
    SETTING_TEXT,   /* const char *: points into the document, or to the default; with `choices`
                       one of these words, and points to it */
    SETTING_PATH,   /* char *: owned; relative ones start at the configuration file's directory */
    SETTING_INT,    /* int64_t, least … most */
    SETTING_BOOL,   /* bool */
    SETTING_SPAN,   /* span_us (int64_t), least … most in microseconds */
    SETTING_CHOICE, /* size_t: index into choices */
    SETTING_SECRET, /* char *: `KEY_file: path` or `KEY_credential: name` of the file that holds
                       it; never the secret itself in the configuration */
    SETTING_OTHER,  /* known key, read by the section's own code */
};

struct setting {
    const char *key;
    enum setting_kind kind;
    size_t offset;        /* of the field in the section's struct */
    const char *standard; /* default as it would be written in the file; NULL: required, or for
                             texts, paths and secrets with `optional` left NULL */
    bool optional;
    int64_t least, most;
    const char *const *choices; /* NULL-terminated */
    const char *help;           /* one line for the manual page */
};

#endif
