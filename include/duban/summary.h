/* What a digest 汇总 says: many cases for one recipient, the worst first, counted by level and by
 * department. Pure. */
#ifndef DUBAN_SUMMARY_H
#define DUBAN_SUMMARY_H

#include "duban/buf.h"
#include "duban/locale.h"
#include "duban/notice.h"

#define SUMMARY_CASES_MOST 20 /* that a digest names one by one */

/* One case of a digest; texts are borrowed. */
struct summary_entry {
    const char *label;      /* what has happened, as people call it: 黄牌, 办结 */
    const char *department; /* name or code */
    const char *line;       /* the case in a few words */
    bool late;              /* past its deadline */
    size_t rank;            /* of the level */
    wall_us due_at;
};

struct summary {
    size_t label_count, department_count, case_count;
    struct notice_count *labels;      /* owned; the worst first */
    struct notice_count *departments; /* owned; the most cases first */
    const char **cases;               /* owned, the lines are not; the worst first */
    bool has_more_cases;
};

/* Appends a case in a few words: its number, and how much time is left or that it has ended. */
void summary_line(const struct notice *notice, enum locale locale, struct buf *out);

/* Sorts the entries, the worst first: the late ones, the higher level, the earlier deadline. */
void summary_init(struct summary *summary, struct summary_entry *entries, size_t count);
void summary_finish(struct summary *summary);

/* Lends the notice what it is to say. */
void summary_fill(const struct summary *summary, struct notice *notice);

#endif
