/* Explanations as text for a terminal, in columns. */
#ifndef CTL_EXPLAIN_TEXT_H
#define CTL_EXPLAIN_TEXT_H

#include "duban/buf.h"
#include "duban/explanation.h"

void explain_text(struct buf *out, const json_t *document, enum locale locale);

#endif
