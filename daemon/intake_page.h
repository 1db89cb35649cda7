/* A page of facts on its way into clocks: replayed one by one, written in one statement.
 *
 * Intake fills it from the source's pages; the escalator, the composer and the reconcile hand over
 * facts that turned out to have changed. */
#ifndef DUBAND_INTAKE_PAGE_H
#define DUBAND_INTAKE_PAGE_H

#include "irregular_page.h"

#include "duban/config.h"
#include "duban/facts.h"
#include "duban/pg.h"

struct context;

struct page_clock {
    const char *case_no; /* these point into the source's result or the configuration */
    const char *clock, *state, *level, *calendar_version;
    const char *policy, *rule_version;
    const char *item_code, *window_code, *department_code, *parent_case_no;
    int64_t rank, severity;
    wall_us due_at, next_at, stopped_at, reached_at;
    int64_t hash, basis_hash, limit_hash;
};

/* What a board shows of a case. */
struct page_facts {
    const char *case_no, *item_code, *item_name, *kind, *stage, *status, *project_class, *parent;
    wall_us received_at, accepted_at;
};

struct page_bad_row {
    const char *case_no;
    char *reason; /* owned */
};

struct intake_page {
    struct page_clock *clocks;
    size_t clock_count, clock_capacity;
    struct page_bad_row *bad;
    size_t bad_count, bad_capacity;
    struct page_facts *good; /* cases that can be worked with */
    size_t good_count, good_capacity;
    const struct config_calendar *ended; /* a calendar that a deadline lies beyond, or NULL */
    const struct config *config;         /* of the cases added; NULL: none yet */
    const char *secret;                  /* of the installation; set once, borrowed */
    struct case_clock *replayed;         /* of the case that is being added */
    struct irregular_page irregular;
};

/* What the page means for the watermark, and who is told of what. */
struct page_write {
    wall_us now;
    bool baseline;      /* first contact: record levels, tell nobody */
    wall_us tell_after; /* a completion before it, never seen open, is not taken */
    bool moves_mark;    /* below */
    wall_us old_mark, new_mark;
    const char *old_mark_case, *new_mark_case;
};

/* Zeroed memory is an empty page, but for `secret`. */
void intake_page_clear(struct intake_page *page); /* keeps the memory */
void intake_page_finish(struct intake_page *page);
bool intake_page_is_empty(const struct intake_page *page);

/* Replays every clock of the case and looks what is irregular, or sets the case aside. Texts are
 * borrowed until the page is sent. */
void intake_page_add(struct intake_page *page, const struct config *config,
                     const struct facts *facts, wall_us now);
void intake_page_add_bad(struct intake_page *page, const char *case_no, const char *reason);

/* Sends duban.open_case_write and duban.intake_write; logs what is set aside. The page may be
 * cleared right after. */
void intake_page_send(const struct intake_page *page, const struct page_write *write, struct pg *pg,
                      pg_done done, void *context);
/* Counts what the write of a page came to, whichever stage sent it; another result is let pass. */
void intake_page_count(const struct context *context, const PGresult *result);

/* One row of the source, decoded and checked, into the page; `facts` holds it when true. */
bool intake_page_decode(struct intake_page *page, const struct config *config,
                        const PGresult *result, int row, wall_us now, struct facts *facts);

#endif
