/* Kinds of mistakes in the rows of the approval system's view: the sentences that name one case's
 * mistake, told apart so that they can be counted, and put into words with what to do about it. */
#ifndef CTL_ROW_KIND_H
#define CTL_ROW_KIND_H

#include <stdbool.h>

#define ROW_COLUMN_BYTES 32

struct row_kind {
    const char *name;           /* for programs: "unknown_status" */
    const char *begins, *holds; /* the sentence begins with, and has within; NULL: anything */
    bool by_column;             /* each column that begins the sentence is a kind of its own */
    const char *chinese, *english;
    const char *chinese_remedy, *english_remedy;
};

/* The kind of a sentence that row_accept gave, and the column it begins with when that matters
 * ("" otherwise). Never NULL: there is a kind for all others. */
const struct row_kind *row_kind_of(const char *sentence, char column[ROW_COLUMN_BYTES]);

/* A case number that the view shows twice, which no single row can tell. */
extern const struct row_kind row_kind_twice;

#endif
