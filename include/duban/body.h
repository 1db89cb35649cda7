/* The webhook's JSON body, as docs/webhook.md documents it. */
#ifndef DUBAN_BODY_H
#define DUBAN_BODY_H

#include "duban/buf.h"
#include "duban/notice.h"

/* Appends one JSON object without a newline. `id` is the message's constant id, `at` the instant
 * of the event. Applicant data only when `include_applicant`. */
void body_render(const struct notice *notice, const char *id, bool include_applicant,
                 struct buf *out);

/* The same as an event of CloudEvents 1.0 in its JSON format; `source` is a URI reference. */
void body_render_cloudevent(const struct notice *notice, const char *id, const char *source,
                            bool include_applicant, struct buf *out);

#endif
