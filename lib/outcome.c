/* Outcomes: what a channel made of a reply. */
#include "duban/outcome.h"

#include "duban/retry_after.h"

#include "duban/mask.h"
#include "duban/mem.h"
#include "duban/utf8.h"

#include <stdio.h>
#include <string.h>

/* As much of a reply's first line as is shown, and as much of it as is looked at: more, lest the
 * cut tears a number so that its mask doesn't fit any more. */
#define QUOTE_BYTES  160
#define LOOKED_BYTES 640

static void set_detail(struct outcome *outcome, const char *text)
{
    size_t length = utf8_cut(text, sizeof outcome->detail - 1);
    memcpy(outcome->detail, text, length);
    outcome->detail[length] = '\0';
}

void outcome_set(struct outcome *outcome, enum verdict verdict, const char *format, ...)
{
    char text[2 * sizeof outcome->detail];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    *outcome = (struct outcome){.verdict = verdict};
    set_detail(outcome, text);
}

void outcome_first_line(struct buf *out, const char *body)
{
    size_t line_bytes = strcspn(body, "\r\n");
    AUTO_FREE char *line = mem_text_n(body, line_bytes < LOOKED_BYTES ? line_bytes : LOOKED_BYTES);
    AUTO_BUF masked, valid;
    buf_init(&masked, LOOKED_BYTES);
    buf_init(&valid, (size_t)3 * LOOKED_BYTES); /* each broken byte becomes three */
    mask_text(&masked, line);
    utf8_add(&valid, buf_string(&masked));
    const char *text = buf_string(&valid);
    size_t length = utf8_cut(text, QUOTE_BYTES);
    for (size_t i = 0; i < length; i++)
        buf_char(out, (unsigned char)text[i] < ' ' || text[i] == 0x7F ? ' ' : text[i]);
    if (text[length])
        buf_text(out, "…");
}

void outcome_say(struct outcome *outcome, enum verdict verdict, const char *what, const char *said)
{
    said += strspn(said, " \t\r\n");
    AUTO_BUF text;
    buf_init(&text, sizeof outcome->detail);
    buf_text(&text, what);
    if (*said) {
        buf_text(&text, ": ");
        outcome_first_line(&text, said);
    }
    *outcome = (struct outcome){.verdict = verdict};
    set_detail(outcome, buf_string(&text));
}

void outcome_quote(struct outcome *outcome, enum verdict verdict, const struct http_reply *reply)
{
    char status[24];
    snprintf(status, sizeof status, "HTTP %d", reply->status);
    outcome_say(outcome, verdict, status, reply->body);
}

void outcome_identify(struct outcome *outcome, const char *provider_id)
{
    size_t length = provider_id ? strlen(provider_id) : 0;
    bool fine = length < sizeof outcome->provider_id;
    for (size_t i = 0; fine && i < length; i++)
        fine = provider_id[i] > ' ' && provider_id[i] <= '~';
    snprintf(outcome->provider_id, sizeof outcome->provider_id, "%s",
             fine && length ? provider_id : "");
}

void outcome_throttle(struct outcome *outcome, const struct http_reply *reply)
{
    outcome_quote(outcome, VERDICT_THROTTLED, reply);
    outcome->scope = THROTTLE_ENDPOINT;
    int64_t seconds = reply->retry_after_s;
    if (seconds > 0)
        outcome->retry_after_us =
            (seconds < RETRY_AFTER_MOST_S ? seconds : RETRY_AFTER_MOST_S) * US_PER_S;
}
