/* Whether duban can work with a row of the approval system's view, by what intake asks of it. */
#ifndef CTL_ROW_ACCEPT_H
#define CTL_ROW_ACCEPT_H

#include "duban/config.h"
#include "duban/source.h"

/* Decodes a row and replays every clock of its case. False with the reason why intake would set it
 * aside, which names no person; `facts` (which point into `result`) hold at least the case's number
 * and instants. */
bool row_accept(const struct config *config, const PGresult *result, int row, wall_us now,
                struct facts *facts, struct error *error) MUST_USE;

#endif
