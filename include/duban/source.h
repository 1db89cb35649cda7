/* The source: statements against the approval system's view, and its rows as facts. */
#ifndef DUBAN_SOURCE_H
#define DUBAN_SOURCE_H

#include "duban/facts.h"
#include "duban/pg.h"
#include "duban/problem.h"

/* Asks for the columns of relation $1 and their types: what source_check compares. */
extern const char source_check_sql[];

/* Which of the contract's columns a view has, in the order of the contract. */
#define SOURCE_COLUMNS_MOST 40
struct source_columns {
    bool has[SOURCE_COLUMNS_MOST];
};

/* Compares the answer to source_check_sql with the contract; adds one problem for each column that
 * is mistyped, or missing and not optional. Without any, `columns` is what the view has. */
bool source_check(const PGresult *result, const char *relation, struct source_columns *columns,
                  struct problems *problems) MUST_USE;

/* The optional columns that the view lacks: "agent_name, agent_phone", or "". Owned text. */
char *source_lacks(const struct source_columns *columns);

/* The statements for one relation. Owned texts. */
struct source_sql {
    char *page;       /* $1 updated_at, $2 case_no, $3 limit: rows after them, by both */
    char *first_page; /* the same, only cases that haven't ended: the first contact */
    char *cases;      /* $1 case numbers; duban-selftest-EPOCH-WINDOW is a case of duban's own, due
                         at that second, which no view holds */
    char *open_after; /* $1 case_no, $2 limit: cases that haven't ended, by number */
    char *touching;  /* $1 from, $2 to: cases that began before the end of a period and hadn't ended
                        before its begin, in any order */
    char *high_mark; /* the greatest updated_at, or null */
};

/* `relation` is "schema.view" or "view"; each part is taken literally and quoted. What the view
 * lacks is null in every row. */
void source_sql_init(struct source_sql *sql, const char *relation,
                     const struct source_columns *columns);
/* Zeroed ones are fine. */
void source_sql_finish(struct source_sql *sql);

/* Decodes one row of page, cases, open_after or touching. Texts point into `result`. What a row
 * says that can't be understood (unknown unit or status, broken JSON) makes it fail with the
 * reason; case_no and updated_at are set all the same. */
bool source_row(const PGresult *result, int row, struct facts *facts, struct error *error) MUST_USE;

#endif
