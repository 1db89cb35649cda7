/* Replies of a mail server: what is taken for one has a code and a bounded text. */
#include "duban/smtp_reply.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *line = (const char *)data, *end = line + size;
    struct smtp_reply reply;
    smtp_reply_init(&reply);
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = newline ? (size_t)(newline - line) + 1 : (size_t)(end - line);
        if (!smtp_reply_add(&reply, line, length))
            smtp_reply_clear(&reply);
        assert(reply.code == 0 || (reply.code >= 200 && reply.code <= 599));
        assert(!reply.whole || reply.code);
        assert(!reply.lines.overflowed && strlen(smtp_reply_text(&reply)) == reply.lines.length);
        line += length;
    }
    smtp_reply_finish(&reply);
    return 0;
}
