/* SIGUSR1: what every stage and connection is doing, into the log. */
#ifndef DUBAND_STATE_DUMP_H
#define DUBAND_STATE_DUMP_H

struct duband;

/* Writes it whatever the log level is. No secrets, no addresses, no phone numbers: endpoints are
 * told by channel and number, and only the first ENDPOINTS_MOST that have something to tell. */
void state_dump(const struct duband *duband);

#endif
