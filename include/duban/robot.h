/* What the group robots of DingTalk, WeCom and Feishu have in common: one channel is one robot,
 * its URL is a secret, it posts JSON, answers failures inside HTTP 200, and is told no personal
 * data. Each provider's own rules are in its channel_NAME.c. */
#ifndef DUBAN_ROBOT_H
#define DUBAN_ROBOT_H

#include "duban/channel.h"

#include <jansson.h>

#define ROBOT_MENTIONS_MOST   20
#define ROBOT_TITLE_BYTES     60
#define ROBOT_SIGNATURE_BYTES 45 /* base64 of 32 bytes, NUL */

struct robot_options {
    char *url;    /* whole, with its token */
    char *secret; /* signs; NULL without */
    const char *title;
    size_t mention_count;
    const char *mentions[ROBOT_MENTIONS_MOST]; /* in the order of the configuration */
};

/* How pressing a message is, which its colour shows. */
enum robot_tone { ROBOT_GOOD, ROBOT_WARNING, ROBOT_ALARM };

/* How a provider wants its text. */
struct robot_dialect {
    bool markdown;     /* markup inside names must not take effect */
    const char *line;  /* what ends a line */
    size_t bytes_most; /* of headline and text together */
};

struct robot_words {
    enum robot_tone tone;
    char *headline; /* owned, as `text`; one line: the title and what has happened */
    char *text;     /* cut at a character, with "…", when it would be longer than it may be */
};

/* Puts a message into words. Whatever the template asks for, it gets nobody's name or phone:
 * neither the applicant's nor the handler's, the agent's or that of who withdrew a level. */
void robot_words_init(struct robot_words *words, const struct robot_options *options,
                      const struct wording *wording, const struct robot_dialect *dialect);
void robot_words_finish(struct robot_words *words);

/* What has happened, in a word or two: 办结, or the level's label. Borrowed. */
const char *robot_label(const struct wording *wording);

/* Whether a message mentions the configured members: one that asks somebody to act does. */
bool robot_mentions(const struct robot_options *options, const struct wording *wording);

/* Appends a message's JSON, and releases it. */
void robot_add_json(struct buf *body, json_t *json);

/* The setting `mention`, a list. `check` tells whether an entry can be mentioned, with the reason;
 * entries are borrowed from the map. */
bool robot_read_mentions(struct robot_options *options, const struct yaml_node *map,
                         bool (*check)(const char *entry, struct error *error),
                         struct problems *problems);

/* A mainland mobile number in its 11 digits, as DingTalk and WeCom find members by. */
bool robot_check_phone(const char *entry, struct error *error);

/* The URL (quoted nowhere) and the title; adds problems at `node`. */
bool robot_check(const struct robot_options *options, const struct yaml_node *node,
                 struct problems *problems);

/* In the directory a robot's address is the word "on": the robot itself is the channel. */
bool robot_check_address(const char *address, struct error *error);

/* Base64 of HMAC-SHA256. Returns `signature`. */
const char *robot_sign(const char *key, const char *text, char signature[ROBOT_SIGNATURE_BYTES]);

/* A POST of JSON to `url`, which is taken over, on a fresh connection: a robot can't tell a repeat
 * from a new message. `made_body`, taken over too, goes out instead of the message's own; NULL:
 * that itself. */
void robot_post(struct http_request *request, char *url, const struct message *message,
                char *made_body);

/* What a code of the reply means: the first row that fits counts. A code without a row is
 * temporary: it says no, and does not say for ever. */
struct robot_rule {
    int64_t code;      /* ROBOT_ANY: every one but 0 */
    const char *words; /* contained in the reply's sentence; NULL: whatever it says */
    enum verdict verdict;
    span_us wait_us; /* throttled: at least */
};

#define ROBOT_ANY INT64_MIN

/* Where a provider's replies have their code and their sentence, and what they mean. */
struct robot_reply {
    const char *code_key, *text_key;
    const struct robot_rule *rules;
    size_t count;
};

void robot_judge(const struct robot_reply *provider, const struct http_reply *reply,
                 struct outcome *outcome);

#endif
