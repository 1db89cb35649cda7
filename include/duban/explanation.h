/* Why a case stands where it stands: its clocks, their rules and where the law says so, every day
 * that counted or didn't, the levels, who was told of them and whether it arrived.
 *
 * Pure: facts, rules and what the state knows in, one JSON document out (docs/dubanctl.md lists its
 * keys). Names and numbers of persons are masked in it. What people read is made from the document:
 * explanation_tell puts it into words for any form, explanation_html.h is one of them. */
#ifndef DUBAN_EXPLANATION_H
#define DUBAN_EXPLANATION_H

#include "duban/config.h"
#include "duban/facts.h"
#include "duban/locale.h"

#include <jansson.h>

/* What the approval system says of the case. */
enum explanation_source {
    SOURCE_READ,   /* its facts are there */
    SOURCE_ABSENT, /* it has no such case */
    SOURCE_BROKEN, /* it has a row that can't be worked with */
    SOURCE_AWAY,   /* it couldn't be asked */
};

struct explanation_request {
    const struct config *config;
    const char *case_no;
    const char *clock; /* only this one; NULL: all */
    wall_us now;       /* as of this instant */
    enum explanation_source source;
    const struct facts *facts; /* SOURCE_READ: as they were known at `now` */
    const char *problem;       /* SOURCE_BROKEN, SOURCE_AWAY: why */
    const json_t *state;       /* what duban.explain_case answers */
};

/* The document; the caller releases it. */
json_t *explanation_make(const struct explanation_request *request);

/* Whether anybody knows the case: the source, or duban's state. */
bool explanation_is_known(const json_t *document);

/* Where the words go, in the order in which people read them. Texts are valid during the call; a
 * class says what a part is: for colours and styles. */
struct explanation_writer {
    void (*title)(void *context, const char *text, const char *subtitle);
    void (*section)(void *context, const char *class, const char *text);
    void (*field)(void *context, const char *label, const char *text); /* label "": the same */
    void (*table)(void *context, const char *class, const char *caption, size_t column_count,
                  const char *const *columns);
    void (*row)(void *context, const char *class, const char *const *cells); /* one a column */
    void (*end_table)(void *context);
    void (*end)(void *context);
};

/* Tells a document in a language. */
void explanation_tell(const json_t *document, enum locale locale,
                      const struct explanation_writer *writer, void *context);

#endif
