/* Irregularities 异常: what supervision finds besides deadlines. Their names, and how each rule is
 * set. docs/irregularities.md says what each is. */
#ifndef DUBAN_IRREGULARITY_RULE_H
#define DUBAN_IRREGULARITY_RULE_H

#include "duban/instant.h"
#include "duban/limit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum irregularity_kind {
    IRREGULAR_SECOND_SUPPLEMENT,
    IRREGULAR_LONG_SUSPENSION,
    IRREGULAR_LATE_SUSPENSION,
    IRREGULAR_DEADLINE_CHANGED,
    IRREGULAR_EXTENSION_REFUSED,
    IRREGULAR_DUE_DIFFERS,
    IRREGULAR_STAGES,
    IRREGULAR_COMPLETED_BEFORE_ACCEPTED,
    IRREGULAR_UNPROCESSED,
    IRREGULAR_ACCEPTED_LATE,
    IRREGULAR_RETURNED_WITHOUT_NOTICE,
    IRREGULAR_VANISHED,
    IRREGULAR_VANISHED_AFTER_LEVEL,
    IRREGULAR_REOPENED_AFTER_LEVEL,
    IRREGULAR_TWO_WINDOWS,
    IRREGULAR_LAST_HOUR_WINDOW,
};

#define IRREGULARITIES 16

/* "second_supplement": the rule's key in the configuration and the kind of its events. */
const char *irregularity_word(enum irregularity_kind kind);

/* False when the word is no irregularity; `kind` may be NULL. */
bool irregularity_parse(const char *word, enum irregularity_kind *kind);

/* Which rules are on, and their parameters. */
struct irregularity_rules {
    bool any, on[IRREGULARITIES];
    int64_t supplements_most;         /* second_supplement */
    const char *supplement;           /* the reason of its suspensions */
    const char *notice;               /* returned_without_notice: likewise */
    struct limit late_within;         /* late_suspension: in working hours */
    struct limit tolerance;           /* due_differs: in days or working days */
    size_t ignores_equal;             /* stages_out_of_order: 1 when equal times are fine */
    struct limit accepted_after;      /* accepted_late */
    int changed_from;                 /* deadline_changed: the least severity of its level */
    int vanished_from, reopened_from; /* likewise */
    span_us reception_within_us;      /* two_windows */
    struct limit last_hour;           /* last_hour_window: in working hours */
    int64_t habit_cases, habit_share; /* so many completions in a month; per cent of them */
};

#endif
