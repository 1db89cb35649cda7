/* The process as Linux sees it: memory, descriptors, processor time. */
#ifndef DUBAND_METRICS_PROCESS_H
#define DUBAND_METRICS_PROCESS_H

#include "duban/metrics.h"

/* Sets the process_* metrics; what /proc doesn't tell is left out. */
void metrics_gather_process(struct metrics *metrics);

#endif
