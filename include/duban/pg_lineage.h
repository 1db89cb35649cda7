/* Which of two servers is the newer primary: each promotion begins a timeline of a higher number. A
 * former primary that still answers is told by its lower one. No I/O. */
#ifndef DUBAN_PG_LINEAGE_H
#define DUBAN_PG_LINEAGE_H

#include "duban/error.h"

#include <stdint.h>

#define PG_LINEAGE_MOST 2 /* the state's and the source's servers */

/* The highest timeline that was met of each cluster, by the identifier that its copies share. May
 * be shared by connections; begins zeroed. Of more clusters than fit, the first are forgotten. */
struct pg_lineage {
    struct {
        int64_t system, timeline;
    } seen[PG_LINEAGE_MOST];
};

/* Meets a primary. False: another one was promoted since, so this one's word counts no more. */
bool pg_lineage_meet(struct pg_lineage *lineage, int64_t system, int64_t timeline,
                     struct error *error) MUST_USE;

/* "a,b,c" by one: "b,c,a", for hosts, addresses and ports of a DSN. One item stays. The caller
 * frees it. */
char *pg_hosts_rotate(const char *list, unsigned by);

#endif
