/* E-mail messages in lines of ASCII. */
#include "duban/mime.h"

#include "duban/digest.h"
#include "duban/utf8.h"

#include <string.h>
#include <time.h>

#define WORD_BEGIN "=?UTF-8?B?"
#define WORD_END   "?="
#define WORD_FRAME (sizeof WORD_BEGIN + sizeof WORD_END - 2)

/* Bytes that base64 makes a line of. */
#define LINE_BYTES (MIME_LINE_MOST / 4 * 3)

#define TEXT_BYTES_MOST ((size_t)1 << 20)

/* Of which a name may be made as it stands (RFC 5322, atext). */
#define ATOM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~"

static void add_clean(struct buf *out, const char *text)
{
    AUTO_BUF valid;
    buf_init(&valid, 3 * TEXT_BYTES_MOST);
    utf8_add(&valid, text);
    for (const char *at = buf_string(&valid); *at; at++)
        buf_char(out, (unsigned char)*at < ' ' || *at == 0x7F ? ' ' : *at);
}

/* Whether a clean text may stand as it is in so many characters. What looks like an encoded-word
 * would be decoded, and spaces at the ends would be lost. */
static bool is_plain(const char *text, size_t most)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if (text[i] > '~' || text[i] < ' ')
            return false;
    return length <= most && strstr(text, "=?") == NULL && text[0] != ' ' &&
           (length == 0 || text[length - 1] != ' ');
}

/* Appends a clean text in encoded-words; the line has `column` characters. How many its last line
 * has then. */
static size_t add_words(struct buf *out, const char *text, size_t column)
{
    for (;;) {
        size_t length = utf8_cut(text, (MIME_LINE_MOST - column - WORD_FRAME) / 4 * 3);
        buf_text(out, WORD_BEGIN);
        base64_add(out, text, length);
        buf_text(out, WORD_END);
        text += length;
        if (*text == '\0')
            return column + WORD_FRAME + (length + 2) / 3 * 4;
        buf_text(out, "\r\n ");
        column = 1;
    }
}

void mime_header(struct buf *out, const char *name, const char *text)
{
    AUTO_BUF clean;
    buf_init(&clean, TEXT_BYTES_MOST);
    add_clean(&clean, text);
    buf_format(out, "%s: ", name);
    size_t column = strlen(name) + 2;
    if (is_plain(buf_string(&clean), MIME_LINE_MOST - column))
        buf_text(out, buf_string(&clean));
    else
        add_words(out, buf_string(&clean), column);
    buf_text(out, "\r\n");
}

/* A name of plain words stands as it is; any other would need quoting, and goes into
 * encoded-words, which need none. */
static size_t add_name(struct buf *out, const char *name, size_t column)
{
    if (!is_plain(name, MIME_LINE_MOST - column) || strspn(name, ATOM " ") != strlen(name))
        return add_words(out, name, column);
    buf_text(out, name);
    return column + strlen(name);
}

void mime_mailbox(struct buf *out, const char *header, const char *name, const char *address)
{
    AUTO_BUF clean;
    buf_init(&clean, TEXT_BYTES_MOST);
    add_clean(&clean, name ? name : "");
    buf_format(out, "%s: ", header);
    size_t column = strlen(header) + 2;
    if (clean.length) {
        column = add_name(out, buf_string(&clean), column);
        buf_text(out, column + strlen(" <>") + strlen(address) > MIME_LINE_MOST ? "\r\n " : " ");
    }
    buf_format(out, "<%s>\r\n", address);
}

/* In the one zone that needs no calendar; programs show it in their own. */
void mime_date(struct buf *out, wall_us at)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = at / US_PER_S;
    struct tm utc;
    gmtime_r(&seconds, &utc);
    buf_format(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", days[utc.tm_wday],
               utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
               utc.tm_sec);
}

static void add_canonical(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            buf_text(out, "\r\n");
        else if (*text != '\r')
            buf_char(out, *text);
    }
}

void mime_base64(struct buf *out, const char *text)
{
    AUTO_BUF canonical;
    buf_init(&canonical, 2 * TEXT_BYTES_MOST);
    add_canonical(&canonical, text);
    for (size_t i = 0; i < canonical.length; i += LINE_BYTES) {
        size_t left = canonical.length - i;
        base64_add(out, canonical.data + i, left < LINE_BYTES ? left : LINE_BYTES);
        buf_text(out, "\r\n");
    }
}
