/* Replies of a mail server, line by line. */
#include "duban/smtp_reply.h"

#include <string.h>

void smtp_reply_init(struct smtp_reply *reply)
{
    *reply = (struct smtp_reply){0};
    buf_init(&reply->lines, SMTP_REPLY_BYTES);
}

void smtp_reply_finish(struct smtp_reply *reply)
{
    buf_finish(&reply->lines);
}

void smtp_reply_clear(struct smtp_reply *reply)
{
    reply->code = 0;
    reply->whole = false;
    reply->bytes = 0;
    buf_clear(&reply->lines);
}

static bool is_digit(char c, char least, char most)
{
    return c >= least && c <= most;
}

/* 0 when there is none. The first digit says what the reply means. */
static int read_code(const char *line, size_t length)
{
    if (length < 3 || !is_digit(line[0], '2', '5') || !is_digit(line[1], '0', '9') ||
        !is_digit(line[2], '0', '9'))
        return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

bool smtp_reply_add(struct smtp_reply *reply, const char *line, size_t length)
{
    if (reply->whole)
        smtp_reply_clear(reply);
    while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    int code = read_code(line, length);
    if (code == 0 || (reply->code && code != reply->code))
        return false;
    if (length > 3 && line[3] != ' ' && line[3] != '-')
        return false;
    reply->bytes += length + 1;
    if (reply->bytes > SMTP_REPLY_BYTES || memchr(line, '\0', length))
        return false;
    reply->code = code;
    reply->whole = length == 3 || line[3] == ' ';
    if (length > 4) {
        if (reply->lines.length)
            buf_char(&reply->lines, ' ');
        buf_add(&reply->lines, line + 4, length - 4);
    }
    return true;
}

const char *smtp_reply_text(const struct smtp_reply *reply)
{
    return buf_string(&reply->lines);
}
