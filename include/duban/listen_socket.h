/* Sockets to listen at. */
#ifndef DUBAN_LISTEN_SOCKET_H
#define DUBAN_LISTEN_SOCKET_H

#include "duban/network.h"

/* Binds and listens, without blocking; the caller closes the descriptor. A Unix socket that nobody
 * listens at any more is replaced; it may be used by its owner and group. -1 on failure. */
int listen_socket_open(const struct listen_place *place, struct error *error) MUST_USE;

/* Removes the file of a Unix socket; an address has none. */
void listen_socket_remove(const struct listen_place *place);

#endif
