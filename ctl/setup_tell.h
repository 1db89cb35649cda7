/* What setup tells of its steps. */
#ifndef CTL_SETUP_TELL_H
#define CTL_SETUP_TELL_H

#include "setup.h"

/* One step that is over, with its findings; nothing yet for --json. */
void setup_tell_step(const struct setup *setup, const json_t *step, const char *title,
                     size_t number, size_t count);

/* What it all came to, and what to do next. EXIT_FAILED when stdout can't be written. */
int setup_tell_end(const struct setup *setup, bool done);

#endif
