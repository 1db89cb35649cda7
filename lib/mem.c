/* Heap memory that cannot fail. */
#include "duban/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void *mem_zero(size_t count, size_t size)
{
    void *block = calloc(count ? count : 1, size ? size : 1);
    if (block == NULL)
        abort();
    return block;
}

void *mem_grow(void *block, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        abort();
    size_t bytes = count * size;
    void *grown = realloc(block, bytes ? bytes : 1);
    if (grown == NULL)
        abort();
    return grown;
}

char *mem_text(const char *text)
{
    return text ? mem_text_n(text, strlen(text)) : NULL;
}

char *mem_text_n(const char *bytes, size_t length)
{
    char *copy = mem_zero(length + 1, 1);
    if (length)
        memcpy(copy, bytes, length);
    return copy;
}

char *mem_format(const char *format, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    return text;
}
