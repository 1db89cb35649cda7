/* The ledger compared with its seals, seal by seal, in bounded memory. */
#ifndef CTL_LEDGER_WALK_H
#define CTL_LEDGER_WALK_H

#include "ledger_file.h"

#include "duban/pg_block.h"

#include <jansson.h>

#define FINDINGS_MOST 1000 /* kept; more are counted */

struct ledger_walk {
    struct pg_block *pg;
    struct ledger_file *against; /* or NULL */
    int64_t seals, events;       /* looked at */
    int64_t up_to;               /* the last event that is sealed */
    int64_t unsealed;            /* events after it; at most UNSEALED_MOST are counted */
    json_t *findings;            /* {"what", "id"[, "seal"]}, at most FINDINGS_MOST; owned */
    int64_t found;

    /* the place */
    int64_t first, expected;                     /* number of the first seal, of the next one */
    unsigned char previous[DIGEST_SHA256_BYTES]; /* hash of the seal before … */
    size_t previous_bytes;                       /* … 0 before the first one */
};

#define UNSEALED_MOST 100000

/* Compares all from the seal on that covers the event `from` (0: from the first one). False only
 * if it could not be looked; what is wrong with the ledger is in `findings`. Release with
 * ledger_walk_finish in either case. */
bool ledger_walk(struct ledger_walk *walk, struct pg_block *pg, int64_t from,
                 struct ledger_file *against, struct error *error) MUST_USE;
void ledger_walk_finish(struct ledger_walk *walk);

#endif
