/* Telling of alarms: directly, without the database. */
#ifndef DUBAND_ALARM_H
#define DUBAND_ALARM_H

#include "alarm_contacts.h"
#include "context.h"

#include <sys/queue.h>

/* What is to be told; texts are copied. */
struct alarm_words {
    const char *subject, *detail;
    wall_us since; /* with the subject: which alarm it is */
    bool over;
};

/* It was told on one channel at least, or all tries have failed. */
typedef void (*alarm_done)(void *owner, const struct alarm_words *words, bool told);

LIST_HEAD(announcements, announcement);

struct alarm_teller {
    struct context *context;
    const struct alarm_contacts *contacts;
    struct announcements announcements;
    uint64_t random;
};

void alarm_teller_init(struct alarm_teller *teller, struct context *context,
                       const struct alarm_contacts *contacts);
/* After the HTTP client's end; what is under way is dropped without a word. */
void alarm_teller_finish(struct alarm_teller *teller);

/* Sends to all addresses of all channels of the alarms; tries again, with growing pauses, for ten
 * minutes. `done` comes in a later turn of the loop, and may tell of another one. */
void alarm_tell(struct alarm_teller *teller, const struct alarm_words *words, alarm_done done,
                void *owner);

/* Whether somebody is being told of this subject just now. */
bool alarm_is_being_told(const struct alarm_teller *teller, const char *subject);

#endif
