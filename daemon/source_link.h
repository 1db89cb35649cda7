/* The connection to the approval system: whether its view satisfies the contract. */
#ifndef DUBAND_SOURCE_LINK_H
#define DUBAND_SOURCE_LINK_H

#include <ev.h>
#include <stdbool.h>

struct duband;

struct source_link {
    struct duband *duband;
    ev_timer timer; /* looks again at a view that doesn't satisfy the contract */
    bool fine;
    bool asked;
};

void source_link_init(struct source_link *link, struct duband *duband);
void source_link_finish(struct source_link *link);

/* The source is up: look at its view. Problems are logged, one line each. */
void source_link_check(struct source_link *link);
void source_link_lost(struct source_link *link);

/* Whether pages may be read. */
bool source_link_is_fine(const struct source_link *link);

#endif
