/* UTF-8, character by character. */
#include "duban/utf8.h"

#include <string.h>

/* Length of the character that begins here, 0 if none does; at most `left` bytes are looked at. */
static size_t read_at(const unsigned char *bytes, size_t left, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned first = bytes[0];
    if (first < 0x80) {
        *character = first;
        return 1;
    }
    size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || length > left)
        return 0;
    uint32_t value = first & (0x7FU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3F);
    }
    if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 0;
    *character = value;
    return length;
}

bool utf8_is_valid(const char *bytes, size_t length)
{
    const unsigned char *at = (const unsigned char *)bytes;
    uint32_t character;
    while (length) {
        size_t step = read_at(at, length, &character);
        if (step == 0)
            return false;
        at += step;
        length -= step;
    }
    return true;
}

uint32_t utf8_read(const char **text)
{
    if (**text == '\0')
        return 0;
    uint32_t character;
    /* The NUL at the end is no continuation byte, so four bytes may always be asked for. */
    size_t step = read_at((const unsigned char *)*text, 4, &character);
    *text += step ? step : 1;
    return step ? character : UTF8_REPLACEMENT;
}

size_t utf8_length(const char *text)
{
    size_t count = 0;
    while (utf8_read(&text))
        count++;
    return count;
}

size_t utf8_prefix(const char *text, size_t characters)
{
    const char *at = text;
    while (characters && utf8_read(&at))
        characters--;
    return (size_t)(at - text);
}

size_t utf8_cut(const char *text, size_t bytes_most)
{
    const char *at = text, *end = text;
    while (utf8_read(&at) && (size_t)(at - text) <= bytes_most)
        end = at;
    return (size_t)(end - text);
}

void utf8_add(struct buf *out, const char *text)
{
    while (*text) {
        const char *from = text;
        uint32_t character;
        size_t step = read_at((const unsigned char *)from, 4, &character);
        text += step ? step : 1;
        if (step)
            buf_add(out, from, step);
        else
            buf_text(out, "\xEF\xBF\xBD");
    }
}
