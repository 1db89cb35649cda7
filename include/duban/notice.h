/* A notice: everything a message may say about one event, before it is put into words.
 * Text templates (template.h) and the webhook's JSON (body.h) are both made from it. */
#ifndef DUBAN_NOTICE_H
#define DUBAN_NOTICE_H

#include "duban/facts.h"
#include "duban/instant.h"
#include "duban/zone.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Number of open clocks per level, for a digest (first contact). */
struct notice_count {
    const char *level; /* name */
    const char *label;
    int64_t clocks;
};

struct notice {
    const char *kind;        /* the event's: a level's name, completed, cleared, baseline, … */
    const char *level;       /* the level's name after the event */
    const char *level_label; /* as people call it: 黄牌 */
    const char *centre;      /* name of the service centre */
    const char *clock;       /* name of the clock, as configured */
    const char *clock_label;
    const struct facts *facts;                 /* NULL for events that belong to no case */
    const char *window_name, *department_name; /* "" when the directory doesn't know them */
    const char *recipient, *recipient_name;    /* code and name of who is told */
    const char *role;                          /* window, department, supervision, applicant, … */
    const struct zone *zone;                   /* for dates in texts */
    wall_us event_at;                          /* the instant at which the event came true */
    wall_us due_at;                            /* WALL_NONE where there is none */
    int32_t workdays_left;                     /* negative when past: working days overdue */
    span_us open_left;                         /* open time left; negative when past */
    int32_t deadline_version;
    int32_t reminder;    /* which reminder under this deadline, from 1; 0 for other events */
    int64_t sequence;    /* number of the event within its case, from 1 */
    const char *detail;  /* what a person should know: of events without a case, of irregularities,
                            and of level_withdrawn, who did it and why; "" otherwise */
    const char *finding; /* of irregularities: the same as JSON; NULL otherwise */
    const char *taken, *taken_label; /* the level that the event takes back; NULL or "" otherwise */
    /* of a joint case's level: the part that holds it up, and its department's name; NULL or ""
     * without one */
    const char *part, *part_department;
    const char *proposal; /* the words of a tacit_approval, for programs; NULL otherwise */
    size_t count;
    const struct notice_count *counts;
    /* of a digest */
    size_t case_count; /* lines for the first few cases, the worst first */
    const char *const *cases;
    bool has_more_cases;
    size_t department_count; /* the label is the department's name */
    const struct notice_count *departments;
};

/* Whether a role is played by a person whom the case names, and who stands in no directory. */
static inline bool role_is_person(const char *role)
{
    return strcmp(role, "applicant") == 0 || strcmp(role, "handler") == 0 ||
           strcmp(role, "agent") == 0;
}

/* Whether the event came at or after the due instant. The amounts alone can't tell: between
 * closing and the next opening no open time passes, and both are 0. */
static inline bool notice_is_overdue(const struct notice *notice)
{
    return notice->due_at != WALL_NONE && (notice->event_at >= notice->due_at ||
                                           notice->workdays_left < 0 || notice->open_left < 0);
}

#endif
