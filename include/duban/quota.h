/* Quotas: at most so many messages within any stretch of time, to one number, on one channel, or of
 * one template to one number. That a recipient gets one message a while, and the rest as a digest,
 * is a quota too. Pure: what was sent before is told by the database. */
#ifndef DUBAN_QUOTA_H
#define DUBAN_QUOTA_H

#include "duban/instant.h"

#include <stddef.h>
#include <stdint.h>

enum quota_scope {
    QUOTA_NUMBER,   /* one address of the channel */
    QUOTA_CHANNEL,  /* all of it */
    QUOTA_TEMPLATE, /* one address and one text: event kind and role */
};

#define QUOTA_SCOPES 3
extern const char *const quota_scope_words[QUOTA_SCOPES];

#define QUOTAS_MOST 8 /* of a channel */

struct quota {
    enum quota_scope scope;
    int64_t most; /* at least 1 */
    span_us span;
};

/* What a message is counted by. */
struct quota_subject {
    const char *channel, *address, *kind, *role;
};

/* The key under which a message's uses are stored. It tells nothing about the address. */
int64_t quota_key(enum quota_scope scope, const struct quota_subject *subject);

/* How far one limit is used up. */
struct quota_use {
    int64_t key, most;
    span_us span;
    int64_t used;      /* within the last `span` */
    wall_us oldest_at; /* of these; WALL_NONE without any */
    int64_t waiting;   /* messages that were told to wait for it */
};

/* The limits that a turn has to do with, each once. */
struct quota_book {
    struct quota_use *uses; /* sorted, once quota_book_close was called */
    size_t count;
};

void quota_book_add(struct quota_book *book, int64_t key, int64_t most, span_us span);
/* Sorts and unites: from now on there is one use for each key, amount and span. */
void quota_book_close(struct quota_book *book);
void quota_book_finish(struct quota_book *book);
struct quota_use *quota_book_find(const struct quota_book *book, int64_t key, int64_t most,
                                  span_us span);

/* `now` when the limit has room. Else when this message may be looked at again: the first to wait
 * when the oldest use leaves the span, the next ones spread over the span after it. */
wall_us quota_next(const struct quota_use *use, wall_us now);
/* A message goes, or waits. */
void quota_spend(struct quota_use *use, wall_us now);
void quota_wait(struct quota_use *use);

#endif
