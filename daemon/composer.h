/* Stage 3, composer: notifications whose release has come → messages. */
#ifndef DUBAND_COMPOSER_H
#define DUBAND_COMPOSER_H

#include "bundle.h"
#include "context.h"
#include "intake_page.h"

enum composer_step {
    COMPOSER_TAKE,  /* which notifications, with their events */
    COMPOSER_FACTS, /* their cases, as the source tells them now */
    COMPOSER_USAGE, /* how far the limits of their channels are used up */
    COMPOSER_WRITE, /* messages, and what isn't sent any more */
};

struct composer {
    struct stage stage; /* first */
    struct context *context;
    struct shared_config *config;
    enum composer_step step;
    wall_us now, next_at;
    wall_us floor, swept_at; /* as the escalator's */
    struct draft *drafts;
    size_t count, asked; /* drafts whose facts were asked for */
    struct bundles bundles;
    struct intake_page page; /* facts that turned out to be new */
    unsigned writes;         /* under way, and the turn's own to come */
    bool failed;
    int64_t composed, progress;
};

void composer_init(struct composer *composer, struct context *context);
void composer_finish(struct composer *composer);

#endif
