/* Stage 3, composer: notifications whose release has come → messages. */
#ifndef DUBAND_COMPOSER_H
#define DUBAND_COMPOSER_H

#include "context.h"
#include "intake_page.h"

#include "duban/buf.h"

enum composer_step {
    COMPOSER_TAKE,  /* which notifications, with their events */
    COMPOSER_FACTS, /* their cases, as the source tells them now */
    COMPOSER_WRITE, /* messages, and what isn't sent any more */
};

/* What a notification needs to be put into words; texts are owned. */
struct draft {
    wall_us release_at, event_at, due_at;
    int64_t notification, message, hash;
    int32_t deadline_version, repeat; /* repeat: of a reminder, which one */
    int64_t sequence;
    size_t rank;
    char *public_id, *role, *channel, *address, *recipient, *recipient_name;
    char *kind, *case_no, *clock, *level, *detail, *window_name, *department_name;
    bool seen; /* the source knows the case */
    /* what was decided */
    char *outcome; /* "composed", "held: …", or why nothing is sent; NULL: left as it is */
    char *endpoint;
    char *body;
    bool repeatable;
};

struct composer {
    struct stage stage; /* first */
    struct context *context;
    struct shared_config *config;
    enum composer_step step;
    wall_us now, next_at;
    wall_us floor, swept_at; /* as the escalator's */
    struct draft *drafts;
    size_t count;
    struct intake_page page; /* facts that turned out to be new */
    unsigned writes;
    bool failed;
    int64_t composed, progress;
};

void composer_init(struct composer *composer, struct context *context);
void composer_finish(struct composer *composer);

#endif
