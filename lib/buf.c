/* A growing run of bytes with a hard cap. */
#include "duban/buf.h"

#include "duban/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void buf_init(struct buf *buf, size_t cap_bytes)
{
    *buf = (struct buf){.cap = cap_bytes};
}

void buf_finish(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){.cap = buf->cap};
}

void buf_clear(struct buf *buf)
{
    buf->length = 0;
    buf->overflowed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

/* Makes room for `more` bytes and the NUL. */
static bool reserve(struct buf *buf, size_t more)
{
    if (buf->overflowed || more > buf->cap - buf->length) {
        buf->overflowed = true;
        return false;
    }
    size_t needed = buf->length + more + 1;
    if (needed <= buf->capacity)
        return true;
    size_t capacity = buf->capacity ? buf->capacity : 128;
    while (capacity < needed)
        capacity *= 2;
    buf->data = mem_grow(buf->data, capacity, 1);
    buf->capacity = capacity;
    return true;
}

bool buf_add(struct buf *buf, const void *bytes, size_t length)
{
    if (!reserve(buf, length))
        return false;
    if (length)
        memcpy(buf->data + buf->length, bytes, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
    return true;
}

bool buf_text(struct buf *buf, const char *text)
{
    return buf_add(buf, text, strlen(text));
}

bool buf_char(struct buf *buf, char c)
{
    return buf_add(buf, &c, 1);
}

bool buf_format(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0 || !reserve(buf, (size_t)length))
        return false;
    va_start(args, format);
    vsnprintf(buf->data + buf->length, (size_t)length + 1, format, args);
    va_end(args);
    buf->length += (size_t)length;
    return true;
}

const char *buf_string(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
    char *text = buf->data ? buf->data : mem_text("");
    *buf = (struct buf){.cap = buf->cap};
    return text;
}
