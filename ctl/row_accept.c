/* What intake asks of a row: that it is understood, that it makes sense, that its clocks can be
 * computed. */
#include "row_accept.h"

#include "duban/case_clock.h"

bool row_accept(const struct config *config, const PGresult *result, int row, wall_us now,
                struct facts *facts, struct error *error)
{
    if (!source_row(result, row, facts, error) ||
        !facts_check(facts, now, config->source.skew_us, error))
        return false;
    for (size_t i = 0; i < config->clock_count; i++) {
        struct case_clock clock;
        if (!case_clock_replay(&config->clocks[i], facts, now, &clock, error))
            return false;
    }
    return true;
}
