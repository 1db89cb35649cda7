/* A draft: one notification on its way into words. */
#ifndef DUBAND_DRAFT_H
#define DUBAND_DRAFT_H

#include "composer.h"

#include "duban/config.h"
#include "duban/facts.h"

/* Takes row `row` of duban.composer_take. A stale one is decided already. */
void draft_read(struct draft *draft, const PGresult *result, int row);
void draft_finish(struct draft *draft);

/* Puts a draft whose event belongs to no case into words. */
void draft_compose(struct draft *draft, const struct config *config);

/* Puts a draft into words from its case's facts. False when the facts are news to the clock it
 * stands on (it is left undecided, and the facts go through intake first). */
bool draft_compose_case(struct draft *draft, const struct config *config, const struct facts *facts,
                        wall_us now);

#endif
