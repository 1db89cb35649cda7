/* X-Forwarded-For, as a trusted proxy sends it. No I/O. */
#ifndef DUBAN_FORWARDED_H
#define DUBAN_FORWARDED_H

#include "duban/network.h"

#include <stdbool.h>

/* The last address of the header (NULL: none was sent), which is the one that the proxy itself has
 * seen; those before it are what guests say. False, and `address` untouched, when it is none. */
bool forwarded_read(const char *header, char address[ADDRESS_TEXT_BYTES]);

#endif
