/* The slow reconcile: chunk by chunk, what intake's watermark missed, and what vanished. */
#ifndef DUBAND_RECONCILE_H
#define DUBAND_RECONCILE_H

#include "context.h"
#include "intake_page.h"

enum reconcile_pass {
    RECONCILE_SOURCE, /* the source's open cases, by number: has each its clocks? */
    RECONCILE_STATE,  /* our open clocks and set-aside rows: is each as the source tells it? */
};

struct reconcile {
    struct stage stage; /* first */
    struct context *context;
    struct shared_config *config;
    enum reconcile_pass pass;
    char *after; /* case number up to which this pass is done; owned */
    char *last;  /* last one of the chunk under way; owned */
    bool chunk_is_last;
    wall_us now;
    char **cases; /* state pass: sorted case numbers of the chunk, owned */
    size_t case_count;
    struct intake_page page;
    unsigned writes;
    bool failed;
    int64_t changed;
};

void reconcile_init(struct reconcile *reconcile, struct context *context);
void reconcile_finish(struct reconcile *reconcile);

#endif
