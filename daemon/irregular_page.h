/* What of a page of facts is irregular, on its way into the ledger in the page's own statement. */
#ifndef DUBAND_IRREGULAR_PAGE_H
#define DUBAND_IRREGULAR_PAGE_H

#include "duban/irregularity.h"
#include "duban/pg.h"

struct page_finding {
    const char *case_no, *kind, *window_code, *department_code, *item_code; /* borrowed */
    int32_t number;
    wall_us at, due_at;
    bool by_end;
    char *detail; /* owned */
};

/* A case that counts for rules over many cases. */
struct page_case {
    const char *case_no, *window_code, *department_code, *item_code;
    int64_t key;                   /* of its reception */
    wall_us received_at, ended_at; /* received_at is WALL_NONE: it is no reception */
    int64_t month;                 /* of its completion: year * 12 + month; 0: not completed */
    bool last_hour;
};

struct irregular_page {
    struct page_finding *findings;
    size_t finding_count, finding_capacity;
    struct page_case *cases;
    size_t case_count, case_capacity;
};

/* Zeroed memory is an empty page. */
void irregular_page_clear(struct irregular_page *page); /* keeps the memory */
void irregular_page_finish(struct irregular_page *page);

/* Looks at one case; does nothing when no rule is on. `clocks` as irregularity_find wants them. */
void irregular_page_add(struct irregular_page *page, const struct config *config,
                        const char *secret, const struct facts *facts,
                        const struct case_clock *clocks, wall_us now);

/* Adds the findings: 10 arrays, as duban.irregularity_write takes them. */
void irregular_page_add_findings(const struct irregular_page *page, struct pg_params *params);
/* Adds the cases: 9 arrays; then the rules, the routes and the day. */
void irregular_page_add_rest(const struct irregular_page *page, const struct config *config,
                             wall_us now, struct pg_params *params);

/* Whether irregularities are told: of the result of a page's write, or of the one below. */
bool irregular_told(const PGresult *result);

/* Sends duban.intake_vanished for cases that the source has no more, with what is irregular about
 * that. `params`: now, and the case numbers as an array. The result's first column is how many
 * clocks have ended. */
void irregular_send_vanished(const struct config *config, wall_us now, struct pg_params *params,
                             struct pg *pg, pg_done done, void *context);

#endif
