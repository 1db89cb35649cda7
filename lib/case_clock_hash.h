/* Hashes of what a clock was computed from; private to the case_clock*.c files. */
#ifndef DUBAN_CASE_CLOCK_HASH_H
#define DUBAN_CASE_CLOCK_HASH_H

#include "case_clock_input.h"

/* Sets hash, basis_hash and limit_hash of a clock whose other fields are set. */
void case_hash_set(const struct config_clock *config, const struct facts *facts,
                   const struct case_input *input, struct case_clock *clock);

#endif
