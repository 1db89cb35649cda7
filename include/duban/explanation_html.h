/* Explanations as HTML: readable alone, or as a part of a board's page. No scripts, no handlers, no
 * styles of single elements; every text is escaped. */
#ifndef DUBAN_EXPLANATION_HTML_H
#define DUBAN_EXPLANATION_HTML_H

#include "duban/buf.h"
#include "duban/explanation.h"

/* Appends <article class="explanation">…</article>. Its sections, tables and rows have classes: of
 * the days counted, start, suspended, rest, holiday, same_day, beyond, with today and due; of
 * levels their state and colour-NAME. */
void explanation_html(struct buf *out, const json_t *document, enum locale locale);

/* Appends a whole page with that article and a style sheet in it. */
void explanation_html_page(struct buf *out, const json_t *document, enum locale locale);

/* The style sheet, for whoever shows the article. */
extern const char explanation_css[];

#endif
