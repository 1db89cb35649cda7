/* The sealer: the leader seals what has come into the ledger, in the background. */
#ifndef DUBAND_SEALER_H
#define DUBAND_SEALER_H

#include "context.h"

struct sealer {
    struct stage stage; /* first member */
    struct context *context;
    char *mark; /* of duban.ledger_seal: what its next call goes on with; owned */
};

void sealer_init(struct sealer *sealer, struct context *context);
void sealer_finish(struct sealer *sealer);

#endif
