/* Conditions that duban watches about itself, each told once when it begins and once when it is
 * over. Kept in memory: for what can't be kept in the database, since it is the database itself.
 */
#ifndef DUBAN_ALARM_H
#define DUBAN_ALARM_H

#include "duban/instant.h"

#include <stdbool.h>

#define ALARMS_MOST        8
#define ALARM_DETAIL_BYTES 512

enum alarm_change {
    ALARM_SAME,
    ALARM_RAISED,
    ALARM_OVER,
};

/* One condition. `subject` is a literal, or lives as long as the table. */
struct alarm {
    const char *subject;
    bool holds;                      /* as it was last told */
    bool raised;                     /* it has held for long enough */
    wall_us since;                   /* while it holds or is raised: when that began */
    char detail[ALARM_DETAIL_BYTES]; /* of the raising; cut at a character */
};

/* Zeroed memory knows of no condition. */
struct alarms {
    struct alarm items[ALARMS_MOST];
    size_t count;
};

/* Whether the subject's condition holds `now`, and what that means: it is raised when it has held
 * for `after_us` without a break (or a time that goes back), and over when it holds no more.
 * `detail` is kept from then on: what is over is told in the same words. */
enum alarm_change alarm_update(struct alarms *alarms, const char *subject, bool holds,
                               span_us after_us, const char *detail, wall_us now);

/* NULL for a subject that was never told of. */
const struct alarm *alarm_find(const struct alarms *alarms, const char *subject);

/* The alarm's constant id, the same whoever tells it and however often: receivers of webhooks know
 * a repeat by it. `place` is the centre or the host that it is about. */
#define ALARM_ID_BYTES 32
const char *alarm_id(const char *place, const char *subject, wall_us since, bool over,
                     const char *address, char id[ALARM_ID_BYTES]);

#endif
