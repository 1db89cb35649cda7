/* News of endpoints on their way into the database (duban.endpoint_report), many in one call:
 * changes of state at once, when an endpoint was last heard of every few seconds. What can't be
 * told because the database is away stays, and is told when it is back. */
#ifndef DUBAND_NEWS_H
#define DUBAND_NEWS_H

#include "context.h"
#include "lane.h"

#define NEWS_EACH_S 5. /* when it was last heard of: so late at most */

struct news {
    struct context *context;
    struct lanes *lanes;
    struct pg_params *params;
    bool telling; /* a report is under way */
    double told;  /* when all was last told */
};

void news_init(struct news *news, struct context *context, struct lanes *lanes);
void news_finish(struct news *news);

/* The endpoint took a message or refused it for its own sake; or it didn't, and why. */
void news_of_success(struct lane *lane, wall_us at);
void news_of_error(struct lane *lane, wall_us at, const char *error);

/* A change of state, as duban.endpoint_report takes it. `state` is a constant. */
void news_of_state(struct lane *lane, const char *state, bool probe, span_us pause_us,
                   const char *reason);

/* Whether a change of state isn't in the database yet, as far as we know. */
bool news_pending(const struct lane *lane);

/* Tells what is to be told by now. */
void news_go_on(struct news *news);

#endif
