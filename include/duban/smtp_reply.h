/* A reply of a mail server (RFC 5321, 4.2): lines of a code, "-" or " ", and a text. */
#ifndef DUBAN_SMTP_REPLY_H
#define DUBAN_SMTP_REPLY_H

#include "duban/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define SMTP_REPLY_BYTES 4096 /* a longer one is none */

struct smtp_reply {
    int code;         /* 200 … 599 */
    bool whole;       /* its last line has come */
    size_t bytes;     /* of its lines so far */
    struct buf lines; /* their texts, a space between them */
};

void smtp_reply_init(struct smtp_reply *reply);
void smtp_reply_finish(struct smtp_reply *reply);
void smtp_reply_clear(struct smtp_reply *reply);

/* Takes the next line, with or without its end. After a whole reply it is the first of the next.
 * False when this is no reply, or one without an end. */
bool smtp_reply_add(struct smtp_reply *reply, const char *line, size_t length);

/* The texts; owned by the reply. */
const char *smtp_reply_text(const struct smtp_reply *reply);

#endif
