/* Stage 1, intake: what changed in the source since the watermark → clocks. */
#ifndef DUBAND_INTAKE_H
#define DUBAND_INTAKE_H

#include "intake_page.h"
#include "stage.h"

struct duband;
struct shared_config;

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
    struct duband *duband;
    struct shared_config *config; /* of the turn under way */
    enum intake_step step;
    wall_us now, first_contact_at, first_mark;
    bool initial;               /* the first contact isn't complete */
    struct intake_mark stored;  /* the watermark as it will stand after the writes under way */
    struct intake_mark reading; /* the last row read */
    struct intake_page page;
    unsigned writes; /* under way */
    bool page_wanted, page_asked, failed;
    const struct config_calendar *ended;
    int64_t rows, written, newly_bad; /* of the turn, for the log */
};

void intake_init(struct intake *intake, struct duband *duband);
void intake_finish(struct intake *intake);

/* Completions before this instant are recorded, but not told: they are too long ago, or were there
 * before the first contact. */
wall_us intake_tell_after(const struct intake *intake, const struct config *config, wall_us now);

/* Whether the first contact is behind us: before it nothing is escalated. */
bool intake_is_ready(const struct intake *intake);

#endif
