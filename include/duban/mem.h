/* Heap memory that cannot fail: out of memory aborts, since the durable state is in PostgreSQL.
 * Everything returned is owned by the caller and released with free(). */
#ifndef DUBAN_MEM_H
#define DUBAN_MEM_H

#include <stddef.h>
#include <stdlib.h>

void *mem_zero(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Grows `block` (may be NULL) to `count` objects of `size` bytes; the new part is not zeroed. */
void *mem_grow(void *block, size_t count, size_t size) __attribute__((returns_nonnull));

/* Copies; NULL gives NULL. */
char *mem_text(const char *text);

/* Copies `length` bytes and ends them with a NUL. */
char *mem_text_n(const char *bytes, size_t length) __attribute__((returns_nonnull));

/* printf into a fresh string. */
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

static inline void free_at(void *pointer_to_pointer)
{
    free(*(void **)pointer_to_pointer);
}

/* `AUTO_FREE char *text = …;` is freed when it goes out of scope. */
#define AUTO_FREE __attribute__((cleanup(free_at)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
