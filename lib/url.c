/* URLs that duban calls. */
#include "duban/url.h"

#include "duban/channel.h"

#include <string.h>
#include <strings.h>

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void url_encode(struct buf *out, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (; *text; text++) {
        unsigned byte = (unsigned char)*text;
        if (is_unreserved(*text))
            buf_char(out, *text);
        else
            buf_add(out, (const char[]){'%', digits[byte >> 4], digits[byte & 15]}, 3);
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void url_decode(struct buf *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        int high = text[i] == '%' && i + 2 < length ? hex_value(text[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        char c = text[i] == '+' ? ' ' : text[i];
        if (low >= 0) {
            c = (char)(high << 4 | low);
            i += 2;
        }
        buf_char(out, c ? c : ' ');
    }
}

/* The part after the scheme, or NULL. */
static const char *after_scheme(const char *url)
{
    if (strncasecmp(url, "https://", 8) == 0)
        return url + 8;
    return strncasecmp(url, "http://", 7) == 0 ? url + 7 : NULL;
}

bool url_check(const char *url, struct error *error)
{
    const char *host = after_scheme(url);
    if (host == NULL)
        return error_set(error, "the URL begins with neither http:// nor https://");
    if (strlen(url) >= HTTP_URL_BYTES)
        return error_set(error, "the URL is longer than %d bytes", HTTP_URL_BYTES - 1);
    for (const char *at = url; *at; at++)
        if (*at <= ' ' || *at > '~' || *at == '\\')
            return error_set(error,
                             "the URL contains a space, a control character or a character "
                             "that must be written as %%XX (byte %zu)",
                             (size_t)(at - url) + 1);
    size_t length = strcspn(host, "/?#");
    if (length == 0 || host[0] == ':')
        return error_set(error, "the URL names no host");
    if (memchr(host, '@', length))
        return error_set(error, "the URL contains a user name or password, which isn't allowed");
    if (strchr(host, '#'))
        return error_set(error, "the URL contains a fragment (#…), which is never sent");
    return true;
}
