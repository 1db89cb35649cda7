/* The approval system's view, asked for the facts of a case that the caller may see. */
#ifndef WEB_EXPLAINER_H
#define WEB_EXPLAINER_H

#include "exchange.h"

#include "duban/explanation.h"

/* As pg_done; the context is the exchange. */
typedef pg_done explainer_answered;

/* Asks; where the view can't be asked, `answered` is called at once with a failure. */
void explainer_ask(struct exchange *exchange, const char *case_no, explainer_answered answered);

/* The facts in such an answer, valid as long as it; what is wrong otherwise. */
enum explanation_source explainer_read(const PGresult *result, const struct pg_failure *failure,
                                       struct facts *facts, struct error *error);

#endif
