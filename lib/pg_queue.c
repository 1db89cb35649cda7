/* Queries that wait, in their order, with whom to tell. */
#include "duban/pg_queue.h"

#include "duban/mem.h"
#include "duban/pg_wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SQLSTATE_READ_ONLY "25006"

struct query *query_create(pg_done done, void *context, span_us timeout_us, bool own)
{
    struct query *query = mem_zero(1, sizeof *query);
    query->done = done;
    query->context = context;
    query->timeout_us = timeout_us;
    query->own = own;
    return query;
}

static void query_destroy(struct query *query)
{
    PQclear(query->result);
    free(query->why);
    free(query);
}

enum query_end query_tell(struct query *query, const struct pg_failure *failure)
{
    struct pg_failure refusal = {.maybe_done = false};
    if (query->result && pg_result_failed(query->result)) {
        pg_failure_read(&refusal, query->result);
        failure = &refusal;
    }
    assert(failure || query->result);
    query->done(query->context, failure ? NULL : query->result, failure);
    query_destroy(query);
    if (strcmp(refusal.sqlstate, SQLSTATE_READ_ONLY) == 0)
        return QUERY_READ_ONLY;
    return failure ? QUERY_FAILED : QUERY_DONE;
}

struct query *query_list_take(struct query_list *list)
{
    struct query *first = STAILQ_FIRST(list);
    if (first)
        STAILQ_REMOVE_HEAD(list, link);
    return first;
}

void query_list_drop(struct query_list *list)
{
    for (struct query *query; (query = query_list_take(list)) != NULL;)
        query_destroy(query);
}
