/* URLs that duban calls. */
#ifndef DUBAN_URL_H
#define DUBAN_URL_H

#include "duban/buf.h"
#include "duban/error.h"

#include <stdbool.h>

/* Appends the text with every byte but letters, digits and -._~ as %XX. */
void url_encode(struct buf *out, const char *text);

/* Appends `length` bytes of a query's value with %XX and + decoded. A broken %XX stays as it is; a
 * NUL byte, which no text may hold, becomes a space. */
void url_decode(struct buf *out, const char *text, size_t length);

/* Whether it can be called: http or https, a host, no user or password (they would show up in
 * logs), no fragment, only visible ASCII, shorter than HTTP_URL_BYTES. The error doesn't quote
 * the URL, which may be a secret. */
bool url_check(const char *url, struct error *error) MUST_USE;

#endif
