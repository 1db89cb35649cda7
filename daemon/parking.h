/* Parking: moves messages of endpoints that may not be used out of the queue, back when they may,
 * and to dead when their time is over; a bounded batch each turn, beside the claims. */
#ifndef DUBAND_PARKING_H
#define DUBAND_PARKING_H

#include "context.h"
#include "lane.h"

struct parking {
    struct context *context;
    struct lanes *lanes;
    struct pg_params *params;
    size_t park_each, unpark_each; /* messages of each endpoint in the move under way; 0: none is */
    size_t expire_each;
    bool expire_due; /* the last one found as many as it may take */
};

void parking_init(struct parking *parking, struct context *context, struct lanes *lanes);
void parking_finish(struct parking *parking);

/* Begins what is to be moved now; wakes the dispatcher when there is more. `sweep`: also what was
 * committed late, and messages that are past their channel's give_up_after. */
void parking_go(struct parking *parking, bool sweep);

#endif
