/* The names of irregularities. */
#include "duban/irregularity_rule.h"

#include <string.h>

static const char *const words[IRREGULARITIES] = {
    [IRREGULAR_SECOND_SUPPLEMENT] = "second_supplement",
    [IRREGULAR_LONG_SUSPENSION] = "suspension_too_long",
    [IRREGULAR_LATE_SUSPENSION] = "late_suspension",
    [IRREGULAR_DEADLINE_CHANGED] = "deadline_changed",
    [IRREGULAR_EXTENSION_REFUSED] = "extension_refused",
    [IRREGULAR_DUE_DIFFERS] = "due_differs",
    [IRREGULAR_STAGES] = "stages_out_of_order",
    [IRREGULAR_COMPLETED_BEFORE_ACCEPTED] = "completed_before_accepted",
    [IRREGULAR_UNPROCESSED] = "completed_without_processing",
    [IRREGULAR_ACCEPTED_LATE] = "accepted_late",
    [IRREGULAR_RETURNED_WITHOUT_NOTICE] = "returned_without_notice",
    [IRREGULAR_VANISHED] = "vanished_case",
    [IRREGULAR_VANISHED_AFTER_LEVEL] = "vanished_after_level",
    [IRREGULAR_REOPENED_AFTER_LEVEL] = "reopened_after_level",
    [IRREGULAR_TWO_WINDOWS] = "two_windows",
    [IRREGULAR_LAST_HOUR_WINDOW] = "last_hour_window",
};

const char *irregularity_word(enum irregularity_kind kind)
{
    return words[kind];
}

bool irregularity_parse(const char *word, enum irregularity_kind *kind)
{
    for (size_t i = 0; i < IRREGULARITIES; i++) {
        if (strcmp(words[i], word) != 0)
            continue;
        if (kind)
            *kind = (enum irregularity_kind)i;
        return true;
    }
    return false;
}
