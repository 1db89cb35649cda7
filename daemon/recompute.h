/* Clocks computed anew in the background, when the rules are others than those that they were last
 * computed by. */
#ifndef DUBAND_RECOMPUTE_H
#define DUBAND_RECOMPUTE_H

#include "context.h"
#include "intake_page.h"

struct recompute {
    struct stage stage; /* first */
    struct context *context;
    struct shared_config *config; /* of the turn under way */
    bool under_way;               /* a pass, by the rules `version` */
    char version[RULES_VERSION_BYTES];
    char *after; /* case number up to which it is written; owned */
    char *last;  /* last one of the chunk under way; owned */
    bool chunk_is_last;
    int64_t rows; /* of the chunk */
    wall_us now;
    struct intake_page page;
    bool told_end;         /* that a calendar is too short */
    int64_t cases, clocks; /* of the pass, those of a former daemon included */
    double begun, noted;   /* the pass in this daemon, and its last line in the log */
    double reloaded;       /* turns that began before may still write by the former rules */
};

void recompute_init(struct recompute *recompute, struct context *context);
void recompute_finish(struct recompute *recompute);

/* Another configuration is in use: looks whether a pass is needed, once nobody writes clocks by the
 * former one any more. */
void recompute_restart(struct recompute *recompute);

#endif
