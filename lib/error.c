/* Failures as sentences. */
#include "duban/error.h"

#include "duban/utf8.h"

#include <stdio.h>
#include <string.h>

/* Drops what is left of a character that was cut: PostgreSQL takes no sentence with such a half. */
static void drop_halves(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0';) {
        const char *next = from;
        uint32_t character = utf8_read(&next);
        size_t length = (size_t)(next - from);
        if (character != UTF8_REPLACEMENT || length > 1) {
            memmove(to, from, length);
            to += length;
        }
        from = next;
    }
    *to = '\0';
}

bool error_set(struct error *error, const char *format, ...)
{
    if (error == NULL)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    drop_halves(error->text);
    return false;
}

bool error_prefix(struct error *error, const char *format, ...)
{
    if (error == NULL)
        return false;
    char old[ERROR_TEXT_BYTES];
    memcpy(old, error->text, sizeof old);
    va_list args;
    va_start(args, format);
    int used = vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof error->text)
        snprintf(error->text + used, sizeof error->text - (size_t)used, ": %s", old);
    drop_halves(error->text);
    return false;
}
