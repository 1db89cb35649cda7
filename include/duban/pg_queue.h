/* Queries that wait, in their order, with whom to tell. Used by pg.c. */
#ifndef DUBAN_PG_QUEUE_H
#define DUBAN_PG_QUEUE_H

#include "duban/pg.h"

#include <sys/queue.h>

struct query {
    STAILQ_ENTRY(query) link;
    pg_done done;
    void *context;
    bool own; /* the connection's, not the user's */
    span_us timeout_us;
    PGresult *result;  /* has arrived; waits for its sync */
    struct error *why; /* was never sent, for this reason */
};

STAILQ_HEAD(query_list, query);

/* Release with query_tell, or with the list. */
struct query *query_create(pg_done done, void *context, span_us timeout_us, bool own);

enum query_end { QUERY_DONE, QUERY_FAILED, QUERY_READ_ONLY /* failed: no writes are taken */ };

/* Calls `done` and destroys it. The server's refusal, if it has arrived, is the last word; else
 * `failure`; else (NULL) the result, which must be there. */
enum query_end query_tell(struct query *query, const struct pg_failure *failure);

/* The first, which leaves the list; NULL if it is empty. */
struct query *query_list_take(struct query_list *list);

/* Destroys all, and tells nobody. */
void query_list_drop(struct query_list *list);

#endif
