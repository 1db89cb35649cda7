/* What was found in the rows of the view, as it is gathered. */
#ifndef CTL_SETUP_ROWS_H
#define CTL_SETUP_ROWS_H

#include "row_kind.h"

#include "duban/facts.h"
#include "duban/tally.h"

#include <stdint.h>

#define ROW_GROUPS_MOST 64
#define ROW_CASES_TOLD  5

/* One kind of mistake. Owned texts. */
struct row_group {
    const struct row_kind *kind;
    char column[ROW_COLUMN_BYTES]; /* "" unless the kind is by column */
    int64_t count;
    char *cases[ROW_CASES_TOLD]; /* the first case numbers */
    char *example;               /* the first sentence, numbers of people masked */
};

/* Zeroed memory is an empty one. */
struct row_report {
    int64_t open, ended, wrong; /* rows looked at: of cases that run, of others; of these wrong */
    bool cut;                   /* there are more than were looked at */
    size_t group_count;
    struct row_group groups[ROW_GROUPS_MOST];
    int64_t without_phone, bad_phone;  /* usable rows whose applicant can't be told */
    struct names windows, departments; /* codes that usable rows name */
};

/* A row that can't be used, and why; or one that can. */
void row_report_wrong(struct row_report *report, const char *case_no, const char *sentence);
void row_report_twice(struct row_report *report, const char *case_no);
void row_report_fine(struct row_report *report, const struct facts *facts);
void row_report_finish(struct row_report *report);

#endif
