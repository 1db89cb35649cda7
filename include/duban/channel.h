/* A channel 渠道: a way out, as a table of functions without I/O.
 *
 * message → request, reply → verdict. Each kind of provider is one file (lib/channel_NAME.c)
 * with its settings, and its tests are data.
 */
#ifndef DUBAN_CHANNEL_H
#define DUBAN_CHANNEL_H

#include "duban/buf.h"
#include "duban/error.h"
#include "duban/instant.h"
#include "duban/notice.h"
#include "duban/quota.h"
#include "duban/rate.h"
#include "duban/setting.h"
#include "duban/template.h"
#include "duban/template_code.h"
#include "duban/yaml.h"

#include <stdbool.h>
#include <stddef.h>

enum verdict {
    VERDICT_DELIVERED, /* the receiver has it */
    VERDICT_ACCEPTED,  /* the gateway took it over; a receipt may follow */
    VERDICT_THROTTLED, /* refused for now; not before outcome.retry_after_us */
    VERDICT_TEMPORARY, /* surely not taken; may be repeated */
    VERDICT_PERMANENT, /* surely not taken; a repeat would change nothing */
    VERDICT_REJECTED,  /* our own configuration is wrong (key, signature): stop and alarm */
    VERDICT_GONE,      /* the receiver wants nothing any more: stop for good, and alarm */
    VERDICT_UNKNOWN,   /* may or may not have been taken */
};

#define VERDICTS 8

const char *verdict_word(enum verdict verdict);

/* How an HTTP exchange ended without a reply. */
enum http_failure {
    HTTP_REPLIED,     /* it didn't fail: status and body are there */
    HTTP_NOT_SENT,    /* refused, unreachable, name or TLS failure: no request left */
    HTTP_INTERRUPTED, /* reset or closed after (part of) the request had left */
    HTTP_TIMED_OUT,   /* no (whole) reply in time after the request had left */
    HTTP_TOO_LARGE,   /* the reply passed its cap; its status is there */
};

/* How far an exchange with a mail server has come: what its status answers, or where it ended. */
enum smtp_step {
    SMTP_GREETING,  /* connection, greeting, EHLO */
    SMTP_TLS,       /* refused, or nobody can be trusted at the other end */
    SMTP_LOGIN,     /* AUTH */
    SMTP_SENDER,    /* MAIL */
    SMTP_RECIPIENT, /* RCPT */
    SMTP_CONTENT,   /* DATA and the message; without its end it surely isn't taken */
    SMTP_END,       /* the end of the message has (perhaps) reached the server */
};

#define SMTP_STEPS 7

struct http_header {
    const char *name;
    char *value; /* owned */
};

#define HTTP_HEADERS_MOST 16
#define HTTP_URL_BYTES    4096
#define HTTP_REPLY_BYTES  65536 /* more than this of a body is HTTP_TOO_LARGE */

struct http_request {
    const char *method; /* "GET", "POST", or "SMTP": see below */
    char *url;          /* owned; http or https; smtp or smtps */
    size_t header_count;
    struct http_header headers[HTTP_HEADERS_MOST];
    const char *body; /* borrowed from the message, or `made_body`; NULL without one */
    size_t body_length;
    char *made_body;         /* owned: a body that differs from the message's; else NULL */
    const char *certificate; /* PEM file with the client's certificate, and */
    const char *key;         /* that with its key, borrowed until http_send(); NULL: none */
    bool fresh_connection;   /* a repeat by the transport would do harm: never reuse one */

    /* SMTP: the body is handed to the mail server of the URL, on a connection of its own. Its lines
     * end in CRLF, and none begins with a dot. All borrowed until http_send(). */
    const char *mail_from, *mail_to;
    const char *username, *password; /* NULL: no login */
    bool mail_in_clear;              /* smtp: without STARTTLS, which else must succeed */
};

/* Wipes and frees what the request owns. */
void http_request_finish(struct http_request *request);
/* Adds a header, at most HTTP_HEADERS_MOST; `name` is borrowed. Control characters in the value
 * become spaces. */
void http_request_header(struct http_request *request, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct http_reply {
    enum http_failure failure;
    char failure_text[160]; /* for people, without secrets or query strings */
    int status;
    const char *body; /* NUL-terminated, never NULL; borrowed. SMTP: what the status came with */
    size_t body_length;
    int64_t retry_after_s; /* Retry-After, both forms, as seconds from now; -1 when absent */
    enum smtp_step step;   /* SMTP: what the status answers, or where it failed */
};

/* What is sent: one row of duban.message. */
struct message {
    const char *id;      /* constant over all attempts */
    const char *address; /* phone number or URL */
    const char *body;    /* the text, or the JSON */
    size_t body_length;
    int32_t attempt; /* from 1 */
};

/* Whom a receiver throttles. */
enum throttle_scope {
    THROTTLE_MESSAGE,  /* this message, or all for its number */
    THROTTLE_ENDPOINT, /* everything that we send there */
};

struct outcome {
    enum verdict verdict;
    span_us retry_after_us;    /* throttled: at least this long; else 0 */
    enum throttle_scope scope; /* throttled */
    char detail[200];          /* what the receiver said, for people; no secrets, no phone number */
    char provider_id[80];      /* the gateway's own id of the message, "" when it gives none */
};

/* What a message is to say, before its channel gives it a form. */
struct wording {
    const char *id; /* the message's constant id */
    const struct template *text;
    const struct template_code *code; /* of the text at providers; may be NULL */
    const struct notice *notice;
    enum locale locale;
    int64_t segments; /* short messages: how many the text may fill; 0 is 1 */
};

struct channel;
struct receipt_format;
struct enquiry_format;

/* Whether a provider makes texts itself, from templates that it has approved (template_code.h). */
enum code_use { CODE_NONE, CODE_POSSIBLE, CODE_REQUIRED };

/* How the length of a short message is billed. */
struct channel_billing {
    const char *signature; /* that the provider adds in 【】 and counts; NULL: not known here */
    bool gsm7;             /* a text of GSM 7-bit characters is counted as such, not as UCS-2 */
};

struct channel_type {
    const char *name; /* "webhook", "kannel": the `type:` of the configuration */
    bool personal;    /* goes to a person: applicants and handlers may be told */
    bool gathers;     /* is read by people: many at once become a digest */
    bool repeatable;  /* the receiver can de-duplicate: an unknown outcome is sent again */
    /* The same where the settings tell; NULL where the type does. */
    bool (*is_repeatable)(const struct channel *channel);
    struct quota quota; /* what the provider allows unless its console or the configuration says
                           otherwise; `most` 0: nothing is known */
    bool address_is_endpoint; /* see channel_endpoint */
    enum code_use code;
    const struct setting *settings;
    size_t setting_count;
    size_t options_size;     /* of the struct that `settings` fill */
    struct rate_limits rate; /* of one endpoint, unless the settings say otherwise */
    /* Reads the settings of kind SETTING_OTHER, after all others. What it keeps may borrow from
     * `map`, whose document lives as long as the options. May be NULL. */
    bool (*read)(void *options, const struct yaml_node *map, struct problems *problems);
    /* Frees what `read` allocated, also after it has failed. May be NULL. */
    void (*finish)(void *options);
    /* Checks what single settings can't tell; adds problems at `node`. May be NULL. */
    bool (*check)(const void *options, const struct yaml_node *node, struct problems *problems);
    /* Appends the body of a message: what is stored, and sent in every attempt. False, with the
     * reason, when it can't be said on this channel. */
    bool (*compose)(const struct channel *channel, const struct wording *wording, struct buf *body,
                    struct error *error);
    /* Short messages: how they are billed. NULL for channels that carry something else. */
    void (*billing)(const struct channel *channel, struct channel_billing *billing);
    /* Whether an address of the directory can be used. */
    bool (*check_address)(const char *address, struct error *error);
    bool (*request)(const struct channel *channel, const struct message *message, wall_us now,
                    struct http_request *request, struct error *error);
    void (*verdict)(const struct channel *channel, const struct http_reply *reply,
                    struct outcome *outcome);
    /* How the provider reports what became of a message (receipt.h). NULL: it doesn't. */
    const struct receipt_format *receipt;
    /* How it is asked for what became of one (enquiry.h). NULL: it can't be. */
    const struct enquiry_format *enquiry;
};

/* A configured channel: what every type has, and its type's own options. */
struct channel {
    const char *name; /* as configured */
    const struct channel_type *type;
    void *options;
    /* common settings */
    int64_t concurrency;    /* requests at a time per endpoint */
    span_us timeout_us;     /* for the whole exchange */
    span_us retry_first_us; /* before the second attempt; doubles, with jitter */
    span_us retry_most_us;  /* longest wait between attempts */
    span_us give_up_us;     /* after the first attempt: dead */
    bool include_applicant; /* webhook: put the applicant's name and phone into the body */
    const char *unknown;    /* not repeatable: "park" (default) or "resend" */
    span_us digest_us; /* a recipient gets one message in so long, the rest as a digest; 0: off */
    span_us gather_us; /* how long the first one waits for others */
    int64_t digest_segments; /* short messages that a digest may fill */
    size_t quota_count;
    struct quota quotas[QUOTAS_MOST];
    char *receipt_path;       /* secret part of the URL under which receipts come; NULL: none do */
    span_us receipt_us;       /* accepted, then no receipt for so long: missing; 0: none expected */
    const char *fallback;     /* name of the channel to use when a message has failed; NULL: none */
    bool fallback_unsure;     /* … also when its outcome is unknown, or its receipt is missing */
    struct rate_limits rate;  /* per endpoint, of all daemons together */
    int64_t breaker_failures; /* so many in a row open an endpoint's breaker … */
    span_us breaker_first_us; /* … for so long; doubles each time … */
    span_us breaker_most_us;  /* … up to this, with jitter */
};

/* NULL when there is no such type. */
const struct channel_type *channel_type_find(const char *name);
/* The names of all types, for messages. */
const char *const *channel_type_names(size_t *count);

/* Which endpoint a message of this channel belongs to: what shares connections, concurrency and
 * fate. For a gateway the channel itself (""), for a webhook its URL. Borrowed. */
const char *channel_endpoint(const struct channel *channel, const char *address);

#endif
