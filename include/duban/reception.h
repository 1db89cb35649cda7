/* Who handed in what, without saying who: a key that is the same for the same papers of the same
 * applicant (两头受理). It is an HMAC with a secret of the installation, so that nobody can find
 * names or numbers by trying them. */
#ifndef DUBAN_RECEPTION_H
#define DUBAN_RECEPTION_H

#include "duban/config.h"
#include "duban/facts.h"

struct reception {
    int64_t key;
    wall_us received_at;
    wall_us ended_at; /* WALL_NONE while the case is open */
};

/* False when the case can't be one of two: received before the time that `two_windows` looks
 * back, a part of a joint case, or without the applicant's name or number. */
bool reception_of(const struct config *config, const struct facts *facts, const char *secret,
                  wall_us now, struct reception *reception);

#endif
