/* Enquiries: while this daemon leads, providers that can be asked are asked what became of messages
 * parked as unknown. What they answer goes the way of any receipt; that they know nothing changes
 * nothing. */
#ifndef DUBAND_ENQUIRY_H
#define DUBAND_ENQUIRY_H

#include "context.h"

#include "duban/enquiry.h"

#define ENQUIRIES_MOST 8 /* at a time; a full turn is followed by the next after a second */

/* One message that is asked for. */
struct question {
    struct enquiry_stage *stage;
    const struct channel *channel;
    int64_t message;
    char *public_id; /* owned */
    struct enquiry_message asked;
    span_us next_us; /* after so long it is asked for again; -1: no more */
};

struct enquiry_stage {
    struct stage stage; /* first */
    struct context *context;
    struct shared_config *config; /* of the turn under way */
    struct question questions[ENQUIRIES_MOST];
    size_t count;
    size_t open;          /* of them: an answer, or its writing, is still to come */
    double complained_at; /* of a refusal */
};

void enquiry_stage_init(struct enquiry_stage *stage, struct context *context);
void enquiry_stage_finish(struct enquiry_stage *stage);

#endif
