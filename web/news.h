/* News of the ledger for all viewers: asked for once, a few times a second, while there is any.
 * The last ones are kept, for viewers who come back. */
#ifndef WEB_NEWS_H
#define WEB_NEWS_H

#include "duban/gap.h"
#include "duban/pg.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define NEWS_KEPT 10000

struct web;
struct viewer;

struct news_item {
    int64_t id;
    char *text;                /* "id: …\nevent: …\ndata: …\n\n" */
    char *window, *department; /* where its case lies */
};

LIST_HEAD(viewer_list, viewer);

/* Events of accounts among the rows of one look: who listens may no longer be allowed to. */
struct doubt {
    int64_t last; /* the newest one's id; 0: there is none */
    int count;
};

struct news {
    struct web *web;
    struct ev_timer poll, tick;
    bool asked; /* a look is under way */
    bool known; /* `gaps.last` tells where the ledger ends */
    bool away;  /* viewers were told that the database is away */
    unsigned ticks;
    struct gaps gaps;
    struct doubt doubt; /* the last one that was looked into */
    unsigned checks;    /* of viewers, that were asked for … */
    unsigned checked;   /* … and have come to their end, in the same order */
    struct viewer_list viewers;
    size_t next, count; /* of the ring */
    struct news_item ring[NEWS_KEPT];
};

void news_init(struct news *news, struct web *web);
/* Viewers that are left are forgotten: end the listener first. */
void news_finish(struct news *news);

/* The background connection. */
void news_hear(struct news *news, enum pg_event event);
/* There may be a viewer now. */
void news_wake(struct news *news);

#endif
