/* Gauges of this daemon, as they are now. */
#ifndef DUBAND_METRICS_GATHER_H
#define DUBAND_METRICS_GATHER_H

struct duband;

/* Before anything is counted: what has no label, or labels that are known, is told as 0 from the
 * beginning, so that its first growth is seen. The stages' turns are counted from now on. */
void metrics_begin(struct duband *duband);

/* Sets all gauges but those of the state (metrics_look.h). Its cost follows the number of
 * endpoints, not of cases or messages. */
void metrics_gather(struct duband *duband);

#endif
