/* Timelines, and the order of hosts. */
#include "duban/pg_lineage.h"

#include "duban/mem.h"

#include <string.h>

bool pg_lineage_meet(struct pg_lineage *lineage, int64_t system, int64_t timeline,
                     struct error *error)
{
    for (size_t i = 0; i < PG_LINEAGE_MOST; i++) {
        if (lineage->seen[i].system != system)
            continue;
        if (timeline < lineage->seen[i].timeline)
            return error_set(error,
                             "the server is a former primary: it is on timeline %lld, another one "
                             "was promoted to %lld",
                             (long long)timeline, (long long)lineage->seen[i].timeline);
        lineage->seen[i].timeline = timeline;
        return true;
    }
    memmove(&lineage->seen[1], &lineage->seen[0], sizeof lineage->seen - sizeof lineage->seen[0]);
    lineage->seen[0].system = system;
    lineage->seen[0].timeline = timeline;
    return true;
}

char *pg_hosts_rotate(const char *list, unsigned by)
{
    size_t items = 1;
    for (const char *c = list; *c; c++)
        items += *c == ',';
    const char *first = list;
    for (size_t skip = by % items; skip > 0; skip--)
        first = strchr(first, ',') + 1;
    if (first == list)
        return mem_text(list);
    return mem_format("%s,%.*s", first, (int)(first - list - 1), list);
}
