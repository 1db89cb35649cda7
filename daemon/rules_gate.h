/* Whether a configuration that was loaded anew may come into use: where rules need a plan, other
 * rules must have been approved. */
#ifndef DUBAND_RULES_GATE_H
#define DUBAND_RULES_GATE_H

#include "context.h"

struct rules_gate {
    struct context *context;
    const char *config_path; /* for the log */
    void (*decided)(void *owner, struct config *config);
    void *owner;
    struct config *candidate; /* being asked for; owned */
    struct config *next;      /* came meanwhile, instead of it; owned */
};

/* `decided` gets each configuration that was offered and may be used, as its own; or NULL for one
 * that was refused, whose reason is logged then. */
void rules_gate_init(struct rules_gate *gate, struct context *context, const char *config_path,
                     void (*decided)(void *owner, struct config *config), void *owner);
void rules_gate_finish(struct rules_gate *gate);

/* Takes the configuration over. Decides at once unless the state database must be asked. */
void rules_gate_offer(struct rules_gate *gate, struct config *config);

#endif
