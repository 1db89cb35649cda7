/* Bundles: the drafts that one message will carry.
 *
 * On a channel that gathers, what goes to one recipient at one address is one message; a second one
 * within the channel's digest stretch, or one that is over a quota, waits, and is gathered with
 * what comes meanwhile. On other channels with quotas each draft is a bundle of its own. */
#ifndef DUBAND_BUNDLE_H
#define DUBAND_BUNDLE_H

#include "draft.h"

#include "duban/quota.h"

struct bundle {
    struct draft **drafts; /* into those of the bundles */
    size_t count;
};

struct bundles {
    struct draft **drafts; /* those that are limited, side by side by bundle */
    struct bundle *items;
    size_t count;
    struct quota_book book;
};

/* Looks through the drafts for those that were put into words for a limited channel. */
void bundles_init(struct bundles *bundles, struct draft *drafts, size_t count);
void bundles_finish(struct bundles *bundles);

/* Adds the limits as three arrays: keys, amounts, spans. False when there are none. */
bool bundles_add_limits(const struct bundles *bundles, struct pg_params *params);
/* Takes the rows of duban.composer_usage, one for each limit. */
void bundles_read_usage(struct bundles *bundles, const PGresult *result);

/* Decides which go now, as themselves or as a digest, and which are held until when. */
void bundles_decide(struct bundles *bundles, const struct config *config, wall_us now);

/* Adds what the messages that go use up of the limits, as two arrays: messages, keys. */
void bundles_add_usage(const struct bundles *bundles, struct pg_params *params);

/* The longest stretch of time that any limit of the configuration looks back. */
span_us bundles_memory(const struct config *config);

#endif
