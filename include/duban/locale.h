/* The words of a language: kinds, stages, roles, amounts and dates as people read them. */
#ifndef DUBAN_LOCALE_H
#define DUBAN_LOCALE_H

#include "duban/buf.h"
#include "duban/instant.h"
#include "duban/limit.h"
#include "duban/zone.h"

enum locale { LOCALE_ZH_CN, LOCALE_EN };
#define LOCALES 2
extern const char *const locale_words[LOCALES]; /* "zh-CN", "en" */

/* What people call a kind 七件, a stage 环节 or a role; the word itself when it is none of ours,
 * since an approval system may have its own. */
const char *locale_kind(const char *word, enum locale locale);
const char *locale_stage(const char *word, enum locale locale);
const char *locale_role(const char *word, enum locale locale);

/* What people call an event that is no level: "办结" for completed; NULL when it is none of ours.
 */
const char *locale_event(const char *kind, enum locale locale);

/* "7个工作日", "7 working days"; 0 working days are "当日", "the same day". */
void locale_limit(struct buf *out, struct limit limit, enum locale locale);

/* The local day of an instant: "11月25日", "25 Nov". With the year when it isn't that of `today`,
 * another instant. */
void locale_date(struct buf *out, wall_us at, wall_us today, const struct zone *zone,
                 enum locale locale);

/* Day and time: "11月25日17:00". Midnight is the end of its day: "11月25日24:00". */
void locale_deadline(struct buf *out, wall_us at, wall_us today, const struct zone *zone,
                     enum locale locale);

/* Whether two instants lie on one local day. */
bool locale_same_day(wall_us one, wall_us other, const struct zone *zone);

#endif
