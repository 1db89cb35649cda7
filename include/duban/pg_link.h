/* One libpq connection with its watcher, below pg.h's machine: it moves bytes and says when it is
 * lost. Nothing here blocks or calls back but for `socket`'s own callback. */
#ifndef DUBAN_PG_LINK_H
#define DUBAN_PG_LINK_H

#include "duban/pg.h"

struct pg_wire;

struct pg_link {
    struct ev_loop *loop;
    struct ev_io socket; /* the user's callback, which calls pg_link_connect or _exchange */
    PGconn *conn;        /* NULL: closed */
    bool hung_up;        /* no more bytes will come; what has come is still to be taken */
    bool lost;           /* of no use any more … */
    struct error why;    /* … for this reason, kept until it is opened again */
};

void pg_link_init(struct pg_link *link, struct ev_loop *loop,
                  void (*on_socket)(struct ev_loop *, struct ev_io *, int), void *data);

/* Starts connecting; false: lost at once. */
bool pg_link_open(struct pg_link *link, const struct pg_settings *settings) MUST_USE;

/* One step of connecting, upon an event. Done when *connected. False: lost. */
bool pg_link_connect(struct pg_link *link, bool *connected) MUST_USE;

/* Enters pipeline mode. False: lost. */
bool pg_link_pipeline(struct pg_link *link) MUST_USE;

/* Sends a query and its sync. False: lost, and the server may have it or not. */
bool pg_link_send(struct pg_link *link, const char *sql, const struct pg_wire *wire) MUST_USE;

/* Reads and writes what the socket is ready for. Then take the results with pg_link_next. */
void pg_link_exchange(struct pg_link *link, int events);

/* The next result that has arrived: per query one, then PGRES_PIPELINE_SYNC. The caller releases
 * it. NULL: none for now, or lost. */
PGresult *pg_link_next(struct pg_link *link);

/* Marks it as lost; the first reason stays. `why` may have several lines. */
void pg_link_lose(struct pg_link *link, const char *why);

/* Also of a closed link. */
void pg_link_close(struct pg_link *link);

#endif
