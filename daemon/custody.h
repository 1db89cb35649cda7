/* Custody: which messages are in this daemon's hands, by its own list and by the database's.
 *
 * What the database believes to be ours, but isn't on the list, was never sent: the claim's reply
 * was lost with the connection, or its lease had become too short. It goes back to the queue, even
 * where a repeat would do harm. Messages of dispatchers that died are taken over. */
#ifndef DUBAND_CUSTODY_H
#define DUBAND_CUSTODY_H

#include "context.h"
#include "lane.h"

struct custody {
    struct context *context;
    LIST_HEAD(parcel_list, parcel) held; /* claimed: queued, being sent, or to be completed … */
    size_t count;                        /* … so many */
    ev_timer timer;
    bool joined;           /* this daemon's number is taken in this session */
    bool claiming;         /* a claim is under way: what it brings isn't held yet */
    bool joining, reaping; /* such a query is under way */
    bool give_back_wanted;
    void (*on_joined)(void *owner);
    void *owner;
};

/* `on_joined` is called when the number is taken: messages may be claimed. */
void custody_init(struct custody *custody, struct context *context, void (*on_joined)(void *owner),
                  void *owner);
/* Lets everything go. */
void custody_finish(struct custody *custody);

void custody_hold(struct custody *custody, struct parcel *parcel);
/* Out of our hands: completed, or never to be sent by this claim. Destroys the parcel. */
void custody_let_go(struct custody *custody, struct parcel *parcel);

/* Gives claimed messages back that were not begun, and lets them go; empties the list. */
void custody_give_back(struct custody *custody, struct delivery_list *list);

/* The work session is up: takes (or takes again) this daemon's number and its lock. */
void custody_join(struct custody *custody);
/* The work session is lost. */
void custody_lost(struct custody *custody);

/* Around a claim. */
void custody_claim_begins(struct custody *custody);
void custody_claim_ended(struct custody *custody);

#endif
