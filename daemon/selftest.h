/* The self-test: now and then a case of duban's own goes all the way from the source's database to
 * a receiver, and it is looked whether it arrives in time. */
#ifndef DUBAND_SELFTEST_H
#define DUBAND_SELFTEST_H

#include "context.h"
#include "intake_page.h"

struct selftest {
    struct stage stage; /* first member */
    struct context *context;
    struct shared_config *config; /* of the turn */
    wall_us now;                  /* … as the state database told it */
    char *case_no;                /* … that is to be taken in */
    struct intake_page page;
};

void selftest_init(struct selftest *selftest, struct context *context);
void selftest_finish(struct selftest *selftest);

#endif
