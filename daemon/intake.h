/* Stage 1, intake: what changed in the source since the watermark → clocks. */
#ifndef DUBAND_INTAKE_H
#define DUBAND_INTAKE_H

#include "context.h"
#include "intake_page.h"

enum intake_step {
    INTAKE_BEGIN,    /* ask the state database where we are */
    INTAKE_MARK,     /* first contact: ask the source how far it reaches */
    INTAKE_PAGES,    /* read pages, write clocks, two writes behind at most */
    INTAKE_BASELINE, /* first contact: close it with the digest */
    INTAKE_ENDED,    /* say that a calendar is too short */
};

/* A place in the source: everything up to here was read. */
struct intake_mark {
    wall_us updated_at; /* WALL_NONE: nothing yet */
    char *case_no;      /* owned */
};

struct intake {
    struct stage stage; /* first */
    struct context *context;
    struct shared_config *config; /* of the turn under way */
    enum intake_step step;
    wall_us now, first_mark;
    wall_us moved_at, looked_at; /* when the watermark last moved, and when the source was last
                                    read to its end; 0 unknown */
    double begun;                /* the turn under way */
    bool initial;                /* the first contact isn't complete */
    struct intake_mark stored;   /* the watermark as it will stand after the writes under way */
    struct intake_mark reading;  /* the last row read */
    struct intake_page page;
    unsigned writes; /* under way */
    bool page_wanted, page_asked, failed;
    const struct config_calendar *ended;
    int64_t rows, written, newly_bad; /* of the turn, for the log */
};

void intake_init(struct intake *intake, struct context *context);
void intake_finish(struct intake *intake);

#endif
