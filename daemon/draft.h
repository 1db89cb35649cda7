/* A draft: one notification on its way into words. */
#ifndef DUBAND_DRAFT_H
#define DUBAND_DRAFT_H

#include "duban/config.h"
#include "duban/facts.h"
#include "duban/pg.h"
#include "duban/summary.h"

/* What a notification needs to be put into words; texts are owned. */
struct draft {
    wall_us release_at, event_at, due_at;
    int64_t notification, message, hash;
    int32_t deadline_version;
    int64_t sequence;
    size_t rank;
    char *public_id, *role, *channel, *address, *recipient, *recipient_name;
    char *kind, *case_no, *clock, *level, *detail, *window_name, *department_name;
    char *taken;                  /* the level that the event takes back; "" otherwise */
    char *part, *part_department; /* that hold a joint case up; "" otherwise */
    int32_t repeat;               /* of a reminder */
    int64_t silence;              /* that covers it; 0: none */
    wall_us silenced_until;
    bool seen; /* the source knows the case */
    /* what was decided */
    char *outcome; /* "composed", "held: …", or why nothing is sent; NULL: left as it is */
    wall_us hold_until;
    char *endpoint;
    char *body;    /* NULL: another one's message carries it */
    char *carries; /* of a digest: "{1,2}", the notifications that it carries */
    bool repeatable;
    /* once it was put into words: its channel, and what a digest would say of it */
    const struct channel *way;
    char *label, *line;
    bool late;
};

/* Takes row `row` of duban.composer_take. A stale one is decided already. */
void draft_read(struct draft *draft, const PGresult *result, int row);
void draft_finish(struct draft *draft);

/* Puts a draft whose event belongs to no case into words. */
void draft_compose(struct draft *draft, const struct config *config);

/* Puts a draft into words from its case's facts. False when the facts are news to the clock it
 * stands on (it is left undecided, and the facts go through intake first). */
bool draft_compose_case(struct draft *draft, const struct config *config, const struct facts *facts,
                        wall_us now);

/* Whether it tells of an irregularity: then the case's facts are wanted for its words only, and
 * need not be fit to work with. */
bool draft_is_irregular(const struct draft *draft);

/* Puts an irregularity of a case that the source has no more into words. */
void draft_compose_gone(struct draft *draft, const struct config *config);

/* Holds a draft that may already be in words; `why` is "held: …". */
void draft_hold(struct draft *draft, wall_us until, const char *why);

/* Whether the hour or a silence speaks against telling it now: then it is held. */
bool draft_waits(struct draft *draft, const struct config *config, wall_us now);

/* Whether limits can make it wait: what only one person asked for, or duban says of itself, can't.
 */
bool draft_may_wait(const struct draft *draft);

/* Whether it can become part of a digest; only once it was put into words. */
bool draft_is_gathered(const struct draft *draft);

/* What a digest says of it; borrows from the draft. */
struct summary_entry draft_summary_entry(const struct draft *draft);

/* Makes the first of several drafts carry them all. */
void draft_become_digest(struct draft *const *drafts, size_t count, const struct summary *summary,
                         const struct config *config);

#endif
