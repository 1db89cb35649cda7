/* Which cases a rule is for: conditions over the facts, compiled when the configuration is loaded.
 *
 * Words may hold the wildcards * and ?. Texts belong to the configuration's document. */
#ifndef DUBAN_MATCH_H
#define DUBAN_MATCH_H

#include "duban/facts.h"

enum match_subject {
    MATCH_ITEM,
    MATCH_KIND,
    MATCH_CLASS,
    MATCH_DEPARTMENT,
    MATCH_WINDOW,
    MATCH_PART,      /* whether it is a part of a joint case */
    MATCH_STATUTORY, /* whether it has a statutory limit */
    MATCH_LIMIT,     /* the promised limit */
    MATCH_ATTRIBUTE, /* one of the case's further facts */
    MATCH_ANY,       /* at least one of the nested matches fits */
    MATCH_NOT,       /* none of them does */
};

enum match_order { ORDER_EQUAL, ORDER_LESS, ORDER_AT_MOST, ORDER_MORE, ORDER_AT_LEAST };

/* One thing that is asked of a case. */
struct match_term {
    enum match_subject subject;
    const char *attribute; /* MATCH_ATTRIBUTE: its name */
    size_t word_count;     /* any of these: for ITEM to WINDOW and ATTRIBUTE */
    const char **words;
    bool wanted;            /* MATCH_PART, MATCH_STATUTORY */
    enum match_order order; /* MATCH_LIMIT: how it stands to `limit`, which has the same unit */
    struct limit limit;
    size_t nested_count; /* MATCH_ANY, MATCH_NOT */
    struct match *nested;
};

/* All of its terms; without any, every case fits. */
struct match {
    size_t count;
    struct match_term *terms;
    bool selftest; /* the cases of the self-test and no others: they fit nothing else */
};

bool match_fits(const struct match *match, const struct facts *facts);

/* Frees the terms; zeroed memory is fine. */
void match_finish(struct match *match);

/* Splits ">= 20" into its order and what follows; without a sign it is ORDER_EQUAL. */
const char *match_order_parse(const char *text, enum match_order *order);

#endif
