/* The words of explanations in each language; private to the explanation*.c files. */
#ifndef DUBAN_EXPLANATION_WORDS_H
#define DUBAN_EXPLANATION_WORDS_H

#include "duban/buf.h"
#include "duban/locale.h"

#include <jansson.h>

/* What a word of the document is called; the word itself when it is none of ours. `group` is the
 * key under which it stands: state, ending, effect, verdict, convention, … */
const char *explained_call(const char *group, const char *word, enum locale locale);

/* An event's kind, or the label of its level. */
const char *explained_call_event(const json_t *event, enum locale locale);
/* The label of a level, "正常" for normal. */
const char *explained_call_level(const json_t *level, enum locale locale);

/* "行政许可法 45" as the language has it; a site's own text as it is. */
void explained_add_law(struct buf *out, const char *law, enum locale locale);

/* "2026-05-06（周三）10:00", "Wed 2026-05-06 10:00"; "—" for null. An end at midnight is 24:00 of
 * its day. */
void explained_add_when(struct buf *out, const char *instant, enum locale locale);
void explained_add_end(struct buf *out, const char *instant, enum locale locale);
void explained_add_date(struct buf *out, const char *date, enum locale locale);

/* {"value", "unit"} as locale_limit has it. */
void explained_add_limit(struct buf *out, const json_t *limit, enum locale locale);
/* "3小时20分", "3 h 20 min". */
void explained_add_span(struct buf *out, long long seconds, enum locale locale);

/* Why something wasn't told, or waits: the daemon's English sentence, or the same in Chinese
 * (explanation_reason.c). */
void explained_add_reason(struct buf *out, const char *reason, enum locale locale);

#endif
