/* Completer: verdicts → duban.complete, in batches. */
#ifndef DUBAND_COMPLETER_H
#define DUBAND_COMPLETER_H

#include "custody.h"

struct completer {
    struct context *context;
    struct custody *custody;
    struct pg_params *params;
    struct delivery_list done; /* verdicts that wait to be completed */
    bool busy;                 /* a completion is under way, of so many at the list's head: */
    size_t under_way;
    ev_timer timer; /* the next try after one that failed */
};

void completer_init(struct completer *completer, struct context *context, struct custody *custody);
void completer_finish(struct completer *completer);

/* A parcel has its verdict. It is let go once the database has it. */
void completer_add(struct completer *completer, struct parcel *parcel);

/* The work session is up again. */
void completer_go_on(struct completer *completer);

#endif
