/* The pages, embedded: made by embed.py. */
#ifndef WEB_PAGES_H
#define WEB_PAGES_H

#include <stddef.h>

struct page_file {
    const char *name; /* below web/pages */
    const char *content_type;
    const char *etag;
    const unsigned char *data; /* with a NUL behind it */
    size_t length;
    const unsigned char *packed; /* the same with gzip; NULL: not smaller */
    size_t packed_length;
};

extern const struct page_file page_files[];
extern const size_t page_file_count;

#endif
