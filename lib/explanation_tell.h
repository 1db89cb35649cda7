/* Putting a document into words, part by part; private to the explanation_tell*.c files. */
#ifndef DUBAN_EXPLANATION_TELL_H
#define DUBAN_EXPLANATION_TELL_H

#include "explanation_parts.h"
#include "explanation_words.h"

#define CELLS_MOST      6
#define CELL_BYTES_MOST (64u << 10)

struct teller {
    enum locale locale;
    const struct explanation_writer *writer;
    void *context;
};

/* One of two texts, by the language; both formats take the same arguments. */
static inline const char *say(const struct teller *teller, const char *chinese, const char *english)
    __attribute__((format_arg(2), format_arg(3)));

static inline const char *say(const struct teller *teller, const char *chinese, const char *english)
{
    return teller->locale == LOCALE_EN ? english : chinese;
}

/* The cells of one row, filled one after the other. */
struct cells {
    struct buf items[CELLS_MOST];
};

void cells_init(struct cells *cells);
void cells_finish(struct cells *cells);
/* Tells the row and empties the cells. */
void cells_tell(struct cells *cells, const struct teller *teller, const char *class);

#define AUTO_CELLS __attribute__((cleanup(cells_finish))) struct cells

/* Begins a table with columns in the language; the names stand in pairs: Chinese, English. */
void tell_table(const struct teller *teller, const char *class, const char *caption,
                size_t column_count, const char *const columns[][LOCALES]);
void tell_field(const struct teller *teller, const char *label, const struct buf *text);

/* --- parts --- */

/* All about one clock (explanation_tell_clock.c): its rule; the account of suspensions, days and
 * levels (explanation_tell_account.c); its events. */
void tell_clock(const struct teller *teller, const json_t *clock);
void tell_suspensions(const struct teller *teller, const json_t *clock);
void tell_ledger(const struct teller *teller, const json_t *clock);
void tell_levels(const struct teller *teller, const json_t *clock);

/* Due instants beside each other, irregularities, the joint case, silences
 * (explanation_tell_rest.c). */
void tell_rest(const struct teller *teller, const json_t *document);

/* Why a match fits: "办件类型为即办件" (explanation_tell_match.c). */
void add_reasons(struct buf *out, const struct teller *teller, const json_t *reasons);

/* Events, who was told of each, and whether it arrived (explanation_tell_event.c). */
void tell_events(const struct teller *teller, const json_t *events);
/* "已告知", "未告知：停表中", "已摘牌：…". */
void add_told(struct buf *out, const struct teller *teller, const json_t *event);

#endif
