/* The limit of a clock for one case: promised, statutory or the clock's own, and what extensions
 * add to it (行政许可法 42: by whom, and the reason told to the applicant). */
#ifndef DUBAN_CASE_LIMIT_H
#define DUBAN_CASE_LIMIT_H

#include "duban/config.h"
#include "duban/facts.h"

enum extension_verdict {
    EXTENSION_COUNTS,
    EXTENSION_ELSEWHERE, /* it is for another clock, or this one takes none */
    EXTENSION_NO_APPROVER,
    EXTENSION_NO_REASON,
    EXTENSION_OTHER_UNIT, /* than the limit's */
    EXTENSION_TOO_LONG,   /* only a part of it counts, or nothing: more is not allowed */
};

/* "counts", "elsewhere", "no_approver", "no_reason", "other_unit", "too_long". */
const char *extension_verdict_word(enum extension_verdict verdict);

struct case_limit {
    struct limit base, whole;                         /* without and with extensions */
    enum extension_verdict verdicts[EXTENSIONS_MOST]; /* of the facts' extensions */
    int32_t granted[EXTENSIONS_MOST];                 /* what each adds */
};

/* False with a reason when the case lacks the limit. */
bool case_limit_of(const struct config_clock *clock, const struct config_terms *terms,
                   const struct facts *facts, struct case_limit *limit,
                   struct error *error) MUST_USE;

#endif
