/* What was found, in words that people read. */
#ifndef DUBAN_IRREGULARITY_WORDS_H
#define DUBAN_IRREGULARITY_WORDS_H

#include "duban/buf.h"
#include "duban/config.h"

/* Appends what an irregularity's event says: its detail (JSON) as half a sentence,
 * "第2次要求补正（至多1次）". `config` gives levels their labels and dates their zone; NULL: their
 * names, and UTC. `today` is as locale_date wants it. What can't be read is appended as it is. */
void irregularity_words(const struct config *config, const char *kind, const char *detail,
                        wall_us today, enum locale locale, struct buf *out);

#endif
